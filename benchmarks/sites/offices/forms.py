"""The forms: their fields, how each is labelled, and what the server takes."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

Values = Mapping[str, str]
Check = Callable[[str], str | None]
"""Why a value is not taken, or None."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field: `told` is how it is labelled (for, around, beside, placeholder), `browser` has the browser check it."""

    name: str
    label: str
    type: str = "text"
    required: bool = True
    check: Check | None = None
    options: tuple[str, ...] = ()
    hint: str = ""
    told: str = "for"
    browser: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """A form with what must be true of its values together."""

    title: str
    fields: tuple[Field, ...]
    together: Callable[[Values], dict[str, str]] = lambda _values: {}


def matches(pattern: str, why: str) -> Check:
    """A check by a regular expression that the whole value must match."""
    return lambda value: None if re.fullmatch(pattern, value) else why


def number(low: float, high: float) -> Check:
    """A check that a value is a number in a range."""

    def check(value: str) -> str | None:
        try:
            return None if low <= float(value) <= high else f"Must be between {low:g} and {high:g}."
        except ValueError:
            return "Enter a number."

    return check


def day(value: str) -> str | None:
    """Checks that a value is a date."""
    try:
        date.fromisoformat(value)
    except ValueError:
        return "Enter a valid date (YYYY-MM-DD)."
    return None


def german_day(value: str) -> str | None:
    """Checks that a value is a date as it is written in Germany."""
    return (
        None
        if re.fullmatch(r"(0[1-9]|[12]\d|3[01])\.(0[1-9]|1[0-2])\.\d{4}", value)
        else "Enter a valid date: DD.MM.YYYY"
    )


MAIL = matches(r"[\w.+-]+@[\w-]+(\.[\w-]+)+", "Enter a valid email address.")
PHONE = matches(r"\+?[\d ()/-]{6,20}", "Enter a valid phone number.")
TIME = matches(r"([01]\d|2[0-3]):[0-5]\d", "Enter a valid time (HH:MM).")
COUNTRIES = ("- choose -", "Austria", "France", "Germany", "Italy", "Spain")
POSTCODES = {"Austria": r"\d{4}", "France": r"\d{5}", "Germany": r"\d{5}", "Italy": r"\d{5}", "Spain": r"\d{5}"}


def in_order(first: str, last: str) -> Callable[[Values], dict[str, str]]:
    """The last day must not be before the first."""

    def together(values: Values) -> dict[str, str]:
        return {last: "Must not be before the first day."} if values[last] < values[first] else {}

    return together


def _member(values: Values) -> dict[str, str]:
    wrong = {}
    if not re.fullmatch(POSTCODES.get(values["country"], r".+"), values["postcode"]):
        wrong["postcode"] = f"This is not a valid postcode of {values['country']}."
    if values["mail2"] != values["mail"]:
        wrong["mail2"] = "The two addresses must be the same."
    if values["password2"] != values["password"]:
        wrong["password2"] = "The two passwords must be the same."
    return wrong


FORMS: Mapping[str, Form] = MappingProxyType(
    {
        "members": Form(
            "New member",
            (
                Field("salutation", "Salutation", "radio", options=("Ms", "Mr", "None")),
                Field("first", "First name"),
                Field("last", "Last name"),
                Field("born", "Date of birth", "date", check=day),
                Field("company", "Company", required=False),
                Field("street", "Street and number"),
                Field("city", "City"),
                Field("country", "Country", "select", options=COUNTRIES),
                Field("postcode", "Postcode"),
                Field("phone", "Telephone", "tel", check=PHONE),
                Field("mail", "E-mail", "email", check=MAIL, browser=True),
                Field("mail2", "Confirm e-mail", "email", check=MAIL, browser=True),
                Field("user", "User name", check=matches(r"[a-z0-9_]{4,20}", "Must be 4 to 20 letters or digits.")),
                Field("password", "Password", "password", check=matches(r".{8,}", "Too short.")),
                Field("password2", "Repeat the password", "password"),
                Field("website", "Website", "url", required=False, browser=True),
                Field("plan", "Membership", "select", options=("Choose a plan", "Basic", "Family", "Student")),
                Field("newsletter", "Send me the newsletter", "checkbox", required=False, told="around"),
                Field("about", "About you", "textarea", required=False),
                Field("terms", "I accept the terms", "checkbox", told="around"),
            ),
            _member,
        ),
        "travel": Form(
            "Travel request",
            (
                Field("traveller", "Traveller's name", told="beside"),
                Field(
                    "staff", "Staff number", check=matches(r"\d{5}", "Must be exactly 5 digits."), hint="5-digit number"
                ),
                Field(
                    "department", "Department", "select", options=("", "Sales", "Research", "Finance"), told="beside"
                ),
                Field("mail", "Mail", check=MAIL, told="beside"),
                Field("phone", "Phone", check=PHONE, told="beside"),
                Field("purpose", "Purpose of the journey", told="beside"),
                Field("from", "Departure city", told="beside"),
                Field("to", "City of destination", told="beside"),
                Field("land", "Country of destination", told="beside"),
                Field("start", "First day", "date", check=day, told="beside"),
                Field("end", "Last day", "date", check=day, told="beside"),
                Field("leave", "Time of departure", "time", check=TIME, told="beside"),
                Field("people", "Number of travellers", "number", check=number(1, 8), hint="(1-8)", told="beside"),
                Field("budget", "Estimated cost in euro", check=number(0, 5000), hint="at most 5000", told="beside"),
                Field("means", "Means of transport", "radio", options=("Train", "Car", "Plane")),
                Field("hotel", "Hotel needed", "checkbox", required=False, told="around"),
                Field("nights", "Nights", "number", required=False, check=number(0, 30), told="beside"),
                Field("visa", "Visa needed", "select", options=("please select", "yes", "no"), told="beside"),
                Field("boss", "Approved by", told="beside"),
                Field("note", "Note", "textarea", required=False, told="beside"),
            ),
            in_order("start", "end"),
        ),
        "rooms": Form(
            "Book a room",
            (
                Field("title", "Title of the meeting"),
                Field("room", "Room", "select", options=("", "Linden", "Oak", "Birch")),
                Field("day", "Day (DD.MM.YYYY)", check=german_day),
                Field("begins", "Begins at", "time", check=TIME),
                Field("ends", "Ends at", "time", check=TIME),
                Field("seats", "Seats", "number", check=number(2, 40), hint="between 2 and 40"),
                Field("contact", "Contact e-mail", "email", check=MAIL, browser=True),
            ),
            in_order("begins", "ends"),
        ),
        "parts": Form(
            "New spare part",
            (
                Field("name", "Name", told="placeholder"),
                Field("code", "Code", check=matches(r"[A-Z]{2}-\d{4}", "Must be like AB-1234."), hint="e.g. AB-1234"),
                Field("maker", "Company", told="placeholder"),
                Field("year", "Year", "number", check=number(1990, 2026)),
                Field("price", "Price", "number", check=number(0.5, 999)),
                Field("stock", "Quantity", "number", check=number(0, 500), hint="no more than 500"),
                Field("colour", "Colour", "select", options=("---", "red", "green", "blue")),
                Field(
                    "text", "Description", "textarea", check=matches(r"(?s).{20,}", "Must be at least 20 characters.")
                ),
            ),
        ),
        "visitors": Form(
            "Announce a visitor",
            (
                Field("visitor", "Full name"),
                Field("firm", "Organisation"),
                Field("arrival", "Arrives", "datetime-local"),
                Field("departure", "Leaves", "datetime-local"),
                Field("plate", "Number plate", required=False),
                Field("host", "Contact person"),
                Field("link", "Homepage", "url", browser=True, required=False),
                Field("agreed", "I confirm that the visitor knows the rules", "checkbox", told="around"),
            ),
            in_order("arrival", "departure"),
        ),
    }
)
