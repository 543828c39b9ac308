"""Walls: a login, a captcha, a payment. Recognised from the tree alone, in the languages of the words."""

import re
from collections.abc import Collection
from typing import Literal, TypeAlias
from urllib.parse import urlsplit

from explorers.core.safety.words import HUMANS, LOGINS, SIGN_UPS
from schemas.records import Node, Observation
from schemas.redaction import names_card

Wall: TypeAlias = Literal["login", "captcha", "payment"]

_CHALLENGE = re.compile(
    r"(?:google\.com|recaptcha\.net)/recaptcha/|hcaptcha\.com/|challenges\.cloudflare\.com/|arkoselabs\.com/|"
    r"funcaptcha\.com/|captcha-delivery\.com/|/cdn-cgi/challenge-platform/",
    re.IGNORECASE,
)
_CHALLENGE_FRAME = re.compile(
    r"\b(?:re|h|fun)?captcha\b|\bcloudflare security challenge\b|\bturnstile\b", re.IGNORECASE
)
_TELLING = frozenset({"button", "link", "heading", "form", "region", "dialog", "tab"})
_REFUSED = re.compile(r"(?:^|; )HTTP 40[13](?:;|$)")
"""How the notice of a page says that it is not for everybody."""

_NAMING = 2
"""Fields beside a password that say whose it is: a name, and perhaps a place."""

_LONGEST = 200
"""Characters of a name that is looked at: a wall says it briefly, and a page may be made of long texts."""


def wall(observation: Observation) -> Wall | None:
    """The wall that the page stands at, or None; a captcha comes before a payment, and that before a login."""
    return next(iter(walls(observation)), None)


def walls(observation: Observation) -> tuple[Wall, ...]:
    """Every wall that the page has, the hardest first."""
    if observation.tree is None:
        return ()
    nodes = observation.tree.nodes
    standing: list[Wall] = []
    if any(map(is_captcha, nodes)):
        standing.append("captcha")
    if any(map(is_payment_field, nodes)):
        standing.append("payment")
    if any(map(is_password_field, nodes)) and _says_login(observation):
        standing.append("login")
    return tuple(standing)


def signs_of_login(observation: Observation) -> frozenset[str]:
    """What a screen has that only those are shown who are not signed in, in any language and in those of the words."""
    if observation.tree is None:
        return frozenset()
    signs = {"a password field"} if any(map(is_password_field, observation.tree.nodes)) else set()
    signs |= {"no way in"} if _REFUSED.search(observation.notice or "") else set()
    return frozenset(signs | ({"words of a login"} if _says_login(observation) else set()))


def is_captcha(node: Node) -> bool:
    """Whether an element belongs to a test for humans: its frame, its box to tick, its words."""
    if node.role == "iframe":
        return bool(_CHALLENGE.search(node.href or "") or _CHALLENGE_FRAME.search(node.name))
    return 0 < len(node.name) <= _LONGEST and HUMANS.find(node.name) is not None


def is_payment_field(node: Node) -> bool:
    """Whether it is a field for the number or the code of a payment card."""
    return names_card(node) and (node.has("editable") or node.has("secret"))


def is_password_field(node: Node) -> bool:
    """Whether it is a field for a password."""
    return node.has("password") or node.field == "password"


def sets_password(observation: Observation, form: Collection[Node]) -> bool:
    """Whether what a form holds sets a password where one is in use, after which nobody gets in with the old one.

    It does so unless it says that it signs in, or looks so: a password, and one or two fields that say whose it is.
    With more than one field for a password it must say that it makes an account.
    """
    passwords = sum(map(is_password_field, form))
    others = sum(node.has("editable") for node in form) - passwords
    if not passwords or (passwords == 1 and 0 < others <= _NAMING):
        return False
    words = LOGINS if passwords == 1 else SIGN_UPS
    told = [node for node in form if node.role in ("button", "form")]
    told += [node for node in observation.nodes if node.role in ("heading", "dialog")]
    texts = (observation.title or "", _path(observation.location), *(node.name for node in told))
    return not any(len(text) <= _LONGEST and words.find(text) is not None for text in texts)


def _says_login(observation: Observation) -> bool:
    assert observation.tree is not None
    if LOGINS.find(observation.title or "") or LOGINS.find(_path(observation.location)):
        return True
    return any(
        node.role in _TELLING and 0 < len(node.name) <= _LONGEST and LOGINS.find(node.name) is not None
        for node in observation.tree.nodes
    )


def _path(location: str | None) -> str:
    try:
        return urlsplit(location or "").path
    except ValueError:
        return ""
