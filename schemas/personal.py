"""Personal data in text: e-mail addresses, telephone numbers, bank accounts, payment cards. No names.

An option of the explorers. What is found is replaced by marks that say what it was, of no fixed length; what only looks
like it (a card number with a wrong check digit, a date) stays.
"""

import re
from dataclasses import replace
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from schemas.records import Box, Node, Tree

EMAIL, PHONE, ACCOUNT, CARD = "⟨e-mail⟩", "⟨phone⟩", "⟨account⟩", "⟨card⟩"

_EMAIL = re.compile(r"(?<![\w.+%-])[\w.+%-]{1,64}@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}(?![\w-])")
_ACCOUNT = re.compile(r"(?<![A-Z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Z0-9])")
_DIGITS = re.compile(r"(?<![\w.,:/-])(?:\d[ -]?){11,18}\d(?![\w/-]|[.,:]\d)")
_PHONE = re.compile(
    r"(?<![\w.,:/+-])(?<!\d )(?:"
    r"\+\d{1,3}[ ./-]?(?:\(0?\d{0,4}\)[ ./-]?)?\d(?:[ ./-]?\d){5,12}"
    r"|\(\d{2,5}\)[ ./-]?\d(?:[ ./-]?\d){4,9}"
    r"|0\d{1,4}[ /-]\d(?:[ -]?\d){4,9}"
    r"|\d{3}[-. ]\d{3}[-. ]\d{4}"
    r")(?![\w/-]|[.,: ]\d)"
)
_DATE = re.compile(r"(?:19|20)\d\d[-./ ]\d{1,2}[-./ ]\d{1,2}|\d{1,2}[-./ ]\d{1,2}[-./ ](?:19|20)\d\d")
_LONGEST = 20_000
"""Characters of a text that are searched; trees hold shorter ones (`schemas.trees.TEXT_LIMIT`)."""


def redact_personal_text(text: str) -> str:
    """The text with what is personal replaced; the same object where nothing is."""
    if not ("@" in text or any(map(str.isdigit, text))):
        return text
    head, rest = text[:_LONGEST], text[_LONGEST:]
    redacted = _EMAIL.sub(EMAIL, head)
    redacted = _ACCOUNT.sub(lambda match: ACCOUNT if _is_account(match[0]) else match[0], redacted)
    redacted = _DIGITS.sub(lambda match: CARD if _is_card(match[0]) else match[0], redacted)
    redacted = _PHONE.sub(lambda match: match[0] if _DATE.search(match[0]) else PHONE, redacted)
    return text if redacted == head else redacted + rest


def redact_personal(tree: Tree) -> tuple[Tree, tuple[Box, ...]]:
    """The tree with what is personal replaced, and the boxes in which it is drawn."""
    nodes, boxes = [], []
    for node in tree.nodes:
        redacted = _redacted(node)
        nodes.append(redacted)
        parts = ((each.name, each.value, each.options, each.description) for each in (redacted, node))
        shown = len(set(parts)) > 1
        if shown and node.box is not None:
            boxes.append(node.box)
    if all(new is old for new, old in zip(nodes, tree.nodes, strict=True)):
        return tree, ()
    return replace(tree, nodes=tuple(nodes)), tuple(boxes)


def redact_personal_location(location: str | None) -> str | None:
    """The location with what is personal replaced in its path, query and fragment."""
    if not location:
        return location
    if location.startswith(("mailto:", "tel:", "sms:")):
        return f"{location.partition(':')[0]}:{quote(EMAIL if location.startswith('mailto:') else PHONE)}"
    try:
        parts = urlsplit(location)
    except ValueError:
        return redact_personal_text(location)
    redacted = parts._replace(
        path=_redact_quoted(parts.path), query=_redact_quoted(parts.query), fragment=_redact_quoted(parts.fragment)
    )
    return location if redacted == parts else urlunsplit(redacted)


def _redacted(node: Node) -> Node:
    redacted = replace(
        node,
        name=redact_personal_text(node.name),
        value=None if node.value is None else redact_personal_text(node.value),
        href=redact_personal_location(node.href),
        options=tuple(map(redact_personal_text, node.options)),
        column=None if node.column is None else redact_personal_text(node.column),
        description=None if node.description is None else redact_personal_text(node.description),
    )
    return node if redacted == node else redacted


def _redact_quoted(part: str) -> str:
    """A part of an address: each field is looked at decoded, and left as it was where nothing is found."""
    if not part:
        return part
    fields = re.split(r"([&;=/])", part)
    for index, field in enumerate(fields):
        plain = unquote(field.replace("+", " "))
        redacted = redact_personal_text(plain)
        if redacted != plain:
            fields[index] = quote(redacted)
    return "".join(fields)


def _is_card(text: str) -> bool:
    """Whether the digits are those of a payment card: 13 to 19 with a check digit (ISO/IEC 7812-1, Luhn)."""
    digits = [int(each) for each in text if each.isdecimal()]
    if not 13 <= len(digits) <= 19 or len(set(digits)) == 1:
        return False
    doubled = [digit * 2 - 9 if digit > 4 else digit * 2 for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _is_account(text: str) -> bool:
    """Whether it is an IBAN: of 15 to 34 characters, with a check number (ISO 13616)."""
    compact = text.replace(" ", "")
    if not (15 <= len(compact) <= 34 and compact.isascii()):
        return False
    turned = compact[4:] + compact[:4]
    return int("".join(str(int(each, 36)) for each in turned)) % 97 == 1
