# ruff: noqa: RUF001 - names of fields in other scripts look like Latin ones
"""What must never be written down: passwords, and secrets in addresses."""

import re
from dataclasses import replace
from urllib.parse import quote, unquote_plus, urlsplit, urlunsplit

from schemas.actions import Action, Key, Open, Type
from schemas.records import Node, Tree

MASK = "••••••"

_SECRET = re.compile(
    r"(?:^|[_\-.\[])(?:pass(?:word|wd)?|pwd|secret|token|jwt|otp|api[_-]?key|auth|sig(?:nature)?|credential"
    r"|session(?:[_-]?id)?|[a-z]+sess(?:ion)?id)\]?$",
    re.I,
)
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_ADDRESS = re.compile(r"//|\?|#")
_FIELD = re.compile(r"([^&?;=]+)=([^&;]*)")
_CARD = re.compile(
    r"\b(?:card.?num(?:ber)?|cc.?num(?:ber)?|cc.?csc|cc.?cvc|cvc2?|cvv2?|csc|security code|credit.?card|debit.?card"
    r"|kartennummer|kreditkarten?(?:nummer)?|prüfziffer|prüfnummer|num[eé]ro de (?:la )?carte"
    r"|carte (?:bancaire|de crédit)|cryptogramme|n[uú]mero de (?:la )?tarjeta|tarjeta de crédito|código de seguridad"
    r"|numero (?:di|della) carta|carta di credito|codice di sicurezza"
    r"|n[uú]mero do cartão|cartão de crédito|código de segurança|kaartnummer"
    r"|beveiligingscode|numer karty|kod bezpieczeństwa|номер карты|код безопасности|kart numarası|kredi kartı"
    r"|güvenlik kodu|رقم البطاقة|بطاقة الائتمان|رمز الأمان)\b"
    r"|卡号|卡號|信用卡|安全码|安全碼|カード番号|クレジットカード|セキュリティコード|카드 ?번호|신용카드|보안 ?코드",
    re.I,
)


def is_secret(node: Node) -> bool:
    """Whether what a field holds must not be recorded: a password, a payment card, a one-time code."""
    if node.has("password") or node.has("secret") or node.field == "password":
        return True
    return node.value is not None and names_card(node)


def names_card(node: Node) -> bool:
    """Whether a field asks for the number or the code of a payment card, by its name, in fourteen languages."""
    return node.role in ("textbox", "spinbutton") and _CARD.search(f"{node.name} {node.id or ''}") is not None


def redact_tree(tree: Tree) -> Tree:
    """The tree with the values of secret fields masked, and secrets in the addresses of links.

    An empty field stays empty: that something was typed into it is no secret, and a step that nobody sees is a no-op.
    """
    return replace(tree, nodes=tuple(_redact_node(node) for node in tree.nodes))


def redact_action(action: Action, target: Node | None) -> Action:
    """The action as it may be written down: secrets in an address, and text typed into a secret field, are masked."""
    match action:
        case Type() if target is not None and (is_secret(target) or names_card(target)):
            return replace(action, text=MASK)
        case Key(keys) if len(keys) == 1 and target is not None and is_secret(target):
            return Key(MASK)
        case Open(location):
            return Open(redact_location(location) or "")
        case _:
            return action


def redact_location(location: str | None) -> str | None:
    """The location without user name and password, and with the values of secret fields masked, in its fragment too.

    The rest stays as it was written. Of an address that can't be taken apart only the scheme is kept.
    """
    if not location or not _ADDRESS.search(location):
        return location
    try:
        parts = urlsplit(location)
    except ValueError:
        return location.partition(":")[0] + ":" + MASK
    redacted = parts._replace(
        netloc=parts.netloc.rpartition("@")[2],
        query=_redact_fields(parts.query),
        fragment=_redact_fields(parts.fragment),
    )
    return location if redacted == parts else urlunsplit(redacted)


def _redact_node(node: Node) -> Node:
    value = MASK if node.value and is_secret(node) else node.value
    href = redact_location(node.href)
    return node if value == node.value and href == node.href else replace(node, value=value, href=href)


def _redact_fields(query: str) -> str:
    """The query, or a fragment that may hold one after a route, with the values of its secret fields masked."""
    return _FIELD.sub(lambda field: field[1] + "=" + quote(MASK) if _names_secret(field[1]) else field[0], query)


def _names_secret(name: str) -> bool:
    return _SECRET.search(_HUMP.sub("_", unquote_plus(name))) is not None
