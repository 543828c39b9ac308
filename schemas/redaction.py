"""What must never be written down: passwords, and secrets in addresses."""

import re
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from schemas.actions import Action, Type
from schemas.records import Node, Tree

MASK = "••••••"

_SECRET = re.compile(
    r"(?:^|[_-])(?:pass(?:word|wd)?|pwd|secret|token|api[_-]?key|auth|signature|session(?:id)?)$", re.I
)
_CARD = re.compile(r"\b(?:card.?number|cc.?num(?:ber)?|cvc|cvv|security code)\b", re.I)


def is_secret(node: Node) -> bool:
    """Whether what a field holds must not be recorded: a password, or a payment card."""
    return "password" in node.flags or node.field == "password" or (node.value is not None and _names_card(node))


def redact_tree(tree: Tree) -> Tree:
    """The tree with the values of secret fields masked."""
    if not any(is_secret(node) for node in tree.nodes):
        return tree
    return replace(tree, nodes=tuple(replace(node, value=MASK) if is_secret(node) else node for node in tree.nodes))


def redact_action(action: Action, target: Node | None) -> Action:
    """The action as it may be written down: text typed into a secret field is masked."""
    if isinstance(action, Type) and target is not None and (is_secret(target) or _names_card(target)):
        return replace(action, text=MASK)
    return action


def redact_location(location: str | None) -> str | None:
    """The location without user name and password, and with the values of secret query fields masked."""
    if not location or "://" not in location:
        return location
    try:
        parts = urlsplit(location)
    except ValueError:
        return location
    host = parts.netloc.rpartition("@")[2]
    fields = parse_qsl(parts.query, keep_blank_values=True)
    if any(_SECRET.search(name) for name, _ in fields):
        query = urlencode([(name, MASK if _SECRET.search(name) else value) for name, value in fields])
        return urlunsplit(parts._replace(netloc=host, query=query))
    return location if host == parts.netloc else urlunsplit(parts._replace(netloc=host))


def _names_card(node: Node) -> bool:
    return node.role in ("textbox", "spinbutton") and _CARD.search(f"{node.name} {node.id or ''}") is not None
