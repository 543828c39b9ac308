"""Values for one form that fit together: one person, one place, one span of days; and values that don't fit.

Nobody's own: names by Faker, mail at example hosts, telephone numbers of those that are kept for fiction.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from explorers.policies.demands import Demand
from explorers.policies.fields import FieldKind, kind_of
from explorers.policies.generated import FIRST_DAY, PASSWORD, TextGenerator
from schemas.records import Node


@dataclass(frozen=True, slots=True)
class Place:
    """A city with what is true of it."""

    country: str
    code: str
    state: str
    city: str
    postcode: str
    phone: str


PLACES = (
    Place("United States", "US", "Illinois", "Chicago", "60601", "+1 312 555 0142"),
    Place("Germany", "DE", "Berlin", "Berlin", "10115", "+49 30 23125 042"),
    Place("United Kingdom", "GB", "England", "Leeds", "LS1 4AP", "+44 113 496 0142"),
    Place("France", "FR", "Île-de-France", "Paris", "75001", "+33 1 99 00 14 20"),
    Place("Spain", "ES", "Madrid", "Madrid", "28001", "+34 910 000 142"),
    Place("Italy", "IT", "Lazio", "Rome", "00184", "+39 06 5550 0142"),
    Place("Netherlands", "NL", "Utrecht", "Utrecht", "3511 AB", "+31 30 555 0142"),
    Place("Austria", "AT", "Vienna", "Vienna", "1010", "+43 1 555 0142"),
    Place("Switzerland", "CH", "Zurich", "Zurich", "8001", "+41 44 555 01 42"),
    Place("Norway", "NO", "Vestland", "Bergen", "5003", "+47 55 50 01 42"),
    Place("Poland", "PL", "Mazovia", "Warsaw", "00-001", "+48 22 555 01 42"),
    Place("Portugal", "PT", "Porto", "Porto", "4000-001", "+351 22 555 0142"),
    Place("Canada", "CA", "Ontario", "Toronto", "M5H 2N2", "+1 416 555 0142"),
    Place("Australia", "AU", "Victoria", "Melbourne", "3000", "+61 3 5550 0142"),
    Place("Japan", "JP", "Tokyo", "Tokyo", "100-0001", "+81 3 5550 0142"),
    Place("Brazil", "BR", "São Paulo", "São Paulo", "01001-000", "+55 11 5550 0142"),
    Place("India", "IN", "Delhi", "New Delhi", "110001", "+91 11 5550 0142"),
)
"""The first is that of a form that asks for no country."""

_END = re.compile(
    r"\b(?:end|ends|until|till|to|through|return|returns|check[ -]?out|departure|leav\w+|due|expir\w+|deadline|closes?|"
    r"finish\w*|last day|bis|ende|abreise|fin|hasta|jusqu\w*|max(?:imum)?)\b",
    re.IGNORECASE,
)
_BEGIN = re.compile(
    r"\b(?:start|starts|begin\w*|from|since|check[ -]?in|arriv\w+|opens?|first day|von|beginn|anreise|début|desde|"
    r"inicio|min(?:imum)?)\b",
    re.IGNORECASE,
)
_BIRTH = re.compile(r"\b(?:birth\w*|born|geburt\w*|naissance|nacimiento)\b", re.IGNORECASE)
_AGAIN = re.compile(
    r"\b(?:again|confirm\w*|repeat|re-?enter|re-?type|verif\w+|wiederholen|bestätigen)\b", re.IGNORECASE
)
_OTHER = re.compile(r"\b(?:destination|to|zielort?|arrival|delivery|shipping)\b", re.IGNORECASE)
"""What a field says that asks for another place than the first one."""

_PERSONAL: tuple[FieldKind, ...] = ("email", "phone", "first name", "last name", "user name", "street", "job")
_PERSON = re.compile(
    r"\b(?:person|people|authors?|contacts?|members?|participants?|customers?|clients?|owners?|employees?|patients?|"
    r"students?|teachers?|payers?|senders?|recipients?|guests?|friends?|your|full name|birth\w*|born|age|gender)\b",
    re.IGNORECASE,
)
"""What fields ask for whose form is about somebody; the name of anything else is a title."""

_ADULT = 24
"""Years that whoever is made up has lived, at least."""

MALFORMED: dict[FieldKind, str] = {
    "email": "no address",
    "url": "no address",
    "date": "31.31.31",
    "time": "99:99",
    "number": "-99999999",
    "phone": "call me",
    "postcode": "?",
    "price": "much",
    "year": "long ago",
}
"""What a field of the kind should refuse."""


class FittingValues:
    """Makes up the values of one form, asked field by field; the same for the same `chance` and the same fields."""

    def __init__(self, generate: TextGenerator, chance: Random) -> None:
        self._generate = generate
        self._chance = chance
        self._made: dict[str, str] = {}
        self._place: Place | None = None
        self._first_day = FIRST_DAY + timedelta(days=chance.randint(0, 90))
        self._days = chance.randint(2, 14)
        self._low = chance.choice((2, 3, 5))
        self._of_person = False

    def settle(self, nodes: Iterable[Node]) -> None:
        """Chooses the place of the form among the countries that its lists offer, and whether it is about somebody."""
        for node in nodes:
            known = [place for place in PLACES if place.country in node.options or place.code in node.options]
            if known and self._place is None:
                self._place = self._chance.choice(known)
            self._of_person = self._of_person or kind_of(node) in _PERSONAL or _says(node, _PERSON)

    def text(self, node: Node, demand: Demand, before: Iterable[Node] = ()) -> str:
        """A text that the field should take; `before` are the fields of the form that come before it.

        What a field demands decides over everything else; what is asked for again is said again.
        """
        kind = kind_of(node)
        if demand.kind is not None and kind not in ("password", "datetime"):
            kind = demand.kind
        if _AGAIN.search(node.name) or _AGAIN.search((node.id or "").replace("_", " ")):
            for other in before:
                if kind_of(other) == kind and other.value and not other.has("password"):
                    return other.value
        text = self._text(node, kind, demand)
        return demand.fit(text, kind)

    def option(self, node: Node, options: list[str]) -> str:
        """One of the options: the country of the place that the other fields name, where there are countries."""
        for place in self._places():
            for told in (place.country, place.code):
                if told in options and kind_of(node) in ("country", "words", "name"):
                    self._place = place
                    return told
        if self._place is not None and self._place.state in options:
            return self._place.state
        return self._chance.choice(options)

    def malformed(self, node: Node) -> str | None:
        """A text that the field should refuse; None where it would take any."""
        kind = kind_of(node)
        if kind in ("date", "time", "number") and node.field in ("date", "time", "datetime-local"):
            return None  # a browser's own field takes no such text
        return MALFORMED.get(kind)

    def before_the_begin(self, node: Node) -> str | None:
        """For the end of a span a day before its begin; None for any other field."""
        if kind_of(node) != "date" or not _says(node, _END) or _says(node, _BEGIN):
            return None
        return (self._first_day - timedelta(days=30)).isoformat()

    # ---- inside

    def _places(self) -> tuple[Place, ...]:
        return PLACES if self._place is None else (self._place,)

    def _at(self) -> Place:
        self._place = self._place or PLACES[0]
        return self._place

    def _once(self, node: Node, kind: FieldKind) -> str:
        """What was made up for the kind; one value of it in a form."""
        if kind not in self._made:
            self._made[kind] = self._generate(node, kind, self._chance)
        return self._made[kind]

    def _text(self, node: Node, kind: FieldKind, demand: Demand) -> str:
        place = self._at()
        if _says(node, _OTHER):
            place = PLACES[1] if place is PLACES[0] else PLACES[0]
        match kind:
            case "password":
                return PASSWORD
            case "first name" | "last name":
                return self._once(node, kind)
            case "name" if not (self._of_person or _says(node, _PERSON)):
                return self._generate(node, "title", self._chance)
            case "name":
                return f"{self._once(node, 'first name')} {self._once(node, 'last name')}"
            case "email":
                return f"{self._plain('first name', node)}.{self._plain('last name', node)}@mail.example"
            case "user name":
                return f"{self._plain('first name', node)}{self._chance.randint(10, 99)}"
            case "company":
                return self._once(node, kind)
            case "url":
                return f"https://www.{self._plain('last name', node)}.example/"
            case "country":
                return place.country
            case "state":
                return place.state
            case "city":
                return place.city
            case "postcode":
                return place.postcode
            case "phone":
                return place.phone
            case "date" | "datetime" | "month" | "week" | "year":
                return self._when(node, kind, demand)
            case "time":
                return "17:30" if _says(node, _END) and not _says(node, _BEGIN) else "09:00"
            case "number" | "price":
                return self._number(node, kind, demand)
        return self._generate(node, kind, self._chance)

    def _plain(self, kind: FieldKind, node: Node) -> str:
        """A name as an address takes it: small letters without marks."""
        bare = unicodedata.normalize("NFKD", self._once(node, kind))
        return re.sub(r"[^a-z]", "", bare.encode("ascii", "ignore").decode().lower()) or "someone"

    def _when(self, node: Node, kind: FieldKind, demand: Demand) -> str:
        day = self._first_day
        if _says(node, _BIRTH):
            day = date(FIRST_DAY.year - _ADULT - self._chance.randint(0, 30), day.month, min(day.day, 28))
        elif _says(node, _END) and not _says(node, _BEGIN):
            day += timedelta(days=self._days)
        elif kind == "year":
            day = date(day.year - self._chance.randint(1, 20), 1, 1)
        match kind:
            case "datetime":
                return f"{day.isoformat()}T{'17:30' if _says(node, _END) else '09:00'}"
            case "month":
                return day.strftime("%Y-%m")
            case "week":
                year, week, _ = day.isocalendar()
                return f"{year}-W{week:02}"
            case "year":
                return str(day.year)
        return demand.day(day)

    def _number(self, node: Node, kind: FieldKind, demand: Demand) -> str:
        low, high = demand.low, demand.high
        if low is not None or high is not None:
            most = high if high is not None else (low or 0) + 10
            least = low if low is not None else min(1.0, most)
            number = least + (most - least) * (0.75 if _says(node, _END) else 0.25)
            return f"{number:.2f}" if kind == "price" else str(round(min(max(number, least), most)))
        if kind == "price":
            return self._generate(node, kind, self._chance)
        return str(self._low + (5 if _says(node, _END) else 0))


def _says(node: Node, words: re.Pattern[str]) -> bool:
    return words.search(f"{node.name} {re.sub(r'[_-]+', ' ', node.id or '')}") is not None
