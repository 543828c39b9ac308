"""What a field asks for: a name, a date, a number, a search ..., by its type and by what it is called."""

import re
from typing import Literal

from explorers.core.affordances import is_search
from schemas.records import Node

FieldKind = Literal[
    "password",
    "email",
    "number",
    "date",
    "datetime",
    "time",
    "month",
    "week",
    "phone",
    "url",
    "search",
    "first name",
    "last name",
    "name",
    "user name",
    "ip address",
    "company",
    "job",
    "street",
    "city",
    "country",
    "state",
    "postcode",
    "price",
    "year",
    "colour",
    "title",
    "sentence",
    "paragraph",
    "words",
]

_BY_TYPE: dict[str, FieldKind] = {
    "password": "password",
    "email": "email",
    "number": "number",
    "range": "number",
    "date": "date",
    "datetime-local": "datetime",
    "time": "time",
    "month": "month",
    "week": "week",
    "tel": "phone",
    "url": "url",
}

_NAMES: tuple[tuple[FieldKind, str], ...] = (
    ("email", r"\b(?:e[ -]?)?mails?\b|courriel|correo"),
    ("ip address", r"\bip(?:v[46])?(?: address)?\b"),
    ("user name", r"\buser[ -]?name|\blog[ -]?in\b|\bnick(?:name)?\b|benutzername|nom d.utilisateur"),
    ("first name", r"\b(?:first|given|fore)[ -]?name|vorname|prénom|\bnombre de pila"),
    ("last name", r"\b(?:last|family|sur)[ -]?name|nachname|nom de famille|apellidos?"),
    ("company", r"\b(?:company|organi[sz]ation|employer|business|firma|entreprise|empresa)\b"),
    ("job", r"\b(?:job|profession|occupation|position|beruf)\b"),
    ("postcode", r"\b(?:zip|post(?:al)?)[ -]?(?:code)?\b|postleitzahl|\bplz\b|code postal"),
    ("street", r"\b(?:street|address|addr|straße|strasse|adresse|dirección)\b"),
    ("city", r"\b(?:city|town|village|stadt|ort|ville|ciudad)\b"),
    ("country", r"\b(?:country|nation|land|pays|país)\b"),
    ("state", r"\b(?:state|province|region|county|bundesland)\b"),
    ("phone", r"\b(?:tele)?phone|\bmobile\b|\btel\b|\bfax\b|telefon|téléphone|teléfono"),
    ("url", r"\b(?:url|website|web ?site|homepage|link)\b"),
    ("datetime", r"\bdate[ -]?time\b|\btime ?stamp\b"),
    ("date", r"\b(?:date|birthday|born|due|day|datum|fecha)\b"),
    ("time", r"\b(?:time|hour|uhrzeit|heure|hora)\b"),
    ("year", r"\b(?:year|jahr|année|año)\b"),
    ("price", r"\b(?:price|amount|cost|total|preis|prix|precio)\b"),
    ("number", r"\b(?:number|count|quantity|qty|age|size|width|height|limit|offset|order|anzahl|alter)\b"),
    ("colour", r"\bcolou?r\b"),
    ("title", r"\b(?:title|subject|headline|heading|betreff|titel|titre|título|what needs)\b"),
    ("sentence", r"\b(?:description|summary|caption|tagline|reason|beschreibung|résumé)\b"),
    ("paragraph", r"\b(?:comment|message|note|notes|body|content|text|bio|about)\b"),
    ("name", r"\b(?:name|author|person|contact|nom|nombre)\b"),
)
_BY_NAME = tuple((kind, re.compile(words, re.IGNORECASE)) for kind, words in _NAMES)


_NUMBERS: tuple[FieldKind, ...] = ("year", "price")
"""What a field for a number may ask for more closely."""


def kind_of(node: Node) -> FieldKind:
    """What the field asks for: by its type, else its role, else its name and id; `words` if nothing says it."""
    by_type = _BY_TYPE.get(node.field or "")
    if by_type is not None and by_type != "number":
        return by_type
    if node.has("password"):
        return "password"
    if is_search(node):
        return "search"
    called = " ".join(re.sub(r"[_\W]+", " ", each) for each in (node.name, node.id or "") if each)
    named = next((kind for kind, words in _BY_NAME if words.search(called)), None)
    if by_type == "number" or node.role == "spinbutton":
        return next((kind for kind, words in _BY_NAME if kind in _NUMBERS and words.search(called)), "number")
    if named is not None:
        return _longer(named) if node.has("multiline") else named
    return "paragraph" if node.has("multiline") else "words"


def _longer(kind: FieldKind) -> FieldKind:
    """What a field of several lines asks for: an address stays one, a text becomes a paragraph."""
    return kind if kind in ("street", "email", "url") else "paragraph"
