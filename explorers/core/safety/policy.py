"""The one policy of safety: which action must not be done, whoever chose it and on whichever platform."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias
from urllib.parse import urlsplit

from explorers.core.safety.addresses import denied_word
from explorers.core.safety.chords import CLOSING, chord_of
from explorers.core.safety.languages import changes_language, lists_languages, names_language
from explorers.core.safety.packages import denied_package, package_of
from explorers.core.safety.paths import outside_home
from explorers.core.safety.reach import PULLED, entered, only, presses_enter, sent_by, swept, typed_into
from explorers.core.safety.scene import PRESSED, Scene
from explorers.core.safety.terminals import refused_in_terminal, terminals
from explorers.core.safety.walls import (
    Wall,
    is_captcha,
    is_password_field,
    is_payment_field,
    sets_password,
    wall,
    walls,
)
from explorers.core.safety.words import CONFIRMED, DECLINED, DENIED, ENDED, MESSAGES
from schemas.actions import Action, Click, Drag, Invoke, Key, NewTab, Open, Select, Swipe, Type, Upload
from schemas.errors import ConfigurationError
from schemas.folding import parted
from schemas.records import Node, Observation
from schemas.redaction import is_secret, names_card, redact_location

Consent: TypeAlias = Callable[[str, Observation, Action], bool]
"""Is asked with a reason whether an action may be done all the same."""

Asked: TypeAlias = Literal["anywhere", "as a whole", "never"]
"""Where in a name a word counts."""

_COMPONENT = re.compile(r"[A-Za-z]\w*(?:\.[A-Za-z]\w*)+(?:/[\w.$]+)?")

HARMLESS = frozenset({"get", "dialog"})
"""Ways of sending a form that change nothing on the site."""

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):(?!\d+(?:[/?#]|$))", re.IGNORECASE)
_BLANKS = re.compile(r"[\x00-\x20\x7f]")
_LINKS = frozenset({"http", "https", "javascript"})
_PLACES = frozenset({"http", "https"})
_SHOWN = 100
_FEW = 4
"""Words of what is pulled to say yes: `Slide to pay`. A card that is moved has a title."""

_SETS = "needs consent: it sets a password"


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why an action must not be done; `confirmable` says that consent lifts it."""

    reason: str
    confirmable: bool = False


@dataclass(frozen=True, slots=True)
class Safety:
    """What must not be done. The words of `explorers.core.safety.words` hold by default.

    `deny`, `confirm` and `allow` are regular expressions, searched without regard to case in an element's name and in
    the address of its link: `deny` refuses, `allow` lifts a default, `confirm` asks. `consent` is asked where something
    needs to be confirmed; without it the answer is no. `login_hosts` are hosts besides loopback on which a login may
    be sent. `packages` are the apps of a phone that may be used; without any, all but those for settings, calls,
    messages, accounts and purchases. `changes` is how many actions of an episode may change something; None is any
    number.

    Raises:
        ConfigurationError: for a pattern that is none, or a negative number.
    """

    deny: tuple[str, ...] = ()
    confirm: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    consent: Consent | None = None
    login_hosts: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    changes: int | None = None

    def __post_init__(self) -> None:
        """Refuses patterns that are none, and a negative number."""
        for pattern in (*self.deny, *self.confirm, *self.allow):
            try:
                re.compile(pattern)
            except re.error as error:
                raise ConfigurationError(f"expected a regular expression, found {pattern!r}: {error}") from error
        if self.changes is not None and self.changes < 0:
            raise ConfigurationError(f"expected a number of changing actions from 0, found {self.changes}")

    def refuses(self, observation: Observation, action: Action) -> str | None:
        """Why the action must not be done on what is seen, or None if it may."""
        doubt = self._doubt(Scene(observation), action)
        if doubt is None:
            return None
        if doubt.confirmable and self.agrees(doubt.reason, observation, action):
            return None
        return doubt.reason

    def agrees(self, reason: str, observation: Observation, action: Action) -> bool:
        """Whether there is consent to what needs it."""
        return self.consent is not None and self.consent(reason, observation, action)

    def lifts(self, node: Node) -> bool:
        """Whether a pattern says that an element may be used whatever it does."""
        return _search(self.allow, (_name(node), node.href or "")) is not None

    def offers(self, scene: Scene, index: int) -> bool:
        """Whether an element may be used as far as can be told before: a policy need not propose it otherwise."""
        doubt = self._typing(scene, index) if scene.nodes[index].has("editable") else self._pressing(scene, index)
        return doubt is None or (doubt.confirmable and self.consent is not None)

    def may_change(self, observation: Observation, action: Action) -> bool:
        """Whether the action may change something: it sends a form, or presses what is neither link nor field."""
        scene = Scene(observation)
        match action:
            case Type() | Key():
                pressed = only(sent_by(scene, action))
            case _:
                pressed = scene.pressed(action) if action.presses else []
        return any(
            scene.nodes[index].role in ("button", "menuitem", "switch") and scene.method(index) not in HARMLESS
            for index in pressed
        )

    # ---- inside

    def _doubt(self, scene: Scene, action: Action) -> Doubt | None:
        package = package_of(scene.observation)
        if package is not None and (denial := self._app(package, action)) is not None:
            return Doubt(denial)
        told = refused_in_terminal(action)
        if told is not None and any(not self.lifts(scene.nodes[index]) for index in terminals(scene, action)):
            return Doubt(told)
        match action:
            case Open(str(location)) | NewTab(str(location)):
                return self._opening(location)
            case Drag(start, end):
                # What is moved is not pressed, but for what is pulled to say yes: by its role, or its few words.
                pulled = [index for index in scene.reached(start) if _is_pulled(scene.nodes[index])]
                return _first(self._pressing(scene, index) for index in (*pulled, *scene.pressed(Click(end))))
            case Swipe():
                return _first(self._pressing(scene, index) for index in swept(scene, action))
            case Upload(point=point):
                return _first(self._pressing(scene, index) for index in scene.reached(point)[-1:])
            case Invoke(name):
                pressed = scene.pressed(action)
                doubts = (self._pressing(scene, index) for index in pressed)
                return self._named(name, Node("button", name), asks="anywhere") or _first(doubts)
            case Select():
                return self._choosing(scene, action)
            case Type(text) if scene.is_desktop and any(
                map(outside_home, text.splitlines() if presses_enter(scene, action) else [text])
            ):
                return Doubt("denied: the path leads out of the episode's home")
            case Type():
                typing = _first(self._typing(scene, index) for index in typed_into(scene, action))
                return typing or self._entering(scene, action)
            case Key():
                return self._key(scene, action)
            case _:
                pressed = scene.pressed(action) if action.presses else []
                return _first(self._pressing(scene, index) for index in pressed)

    def _app(self, package: str, action: Action) -> str | None:
        """Whether an action is in an app, or opens one, that must not be used; leaving such an app is no use of it."""
        if isinstance(action, Open) and _COMPONENT.fullmatch(action.location):
            return denied_package(action.location.partition("/")[0], self.packages)
        if isinstance(action, Open):
            if ":" not in action.location:
                return None  # the name of an app opens nothing: its package does
            # On a phone `tel:112` is a call, and no host with a port.
            scheme = _BLANKS.sub("", action.location).partition(":")[0].lower()
            return f"denied: {scheme}: is not explored" if scheme not in _PLACES else None
        return denied_package(package, self.packages) if action.touches_app else None

    def _key(self, scene: Scene, action: Key) -> Doubt | None:
        chord, focused = chord_of(action.keys), scene.focused
        if chord in CLOSING:
            return Doubt(f"denied: the keys {action.keys} close, lock or delete")
        if chord == {"delete"} and focused is not None and not scene.nodes[focused].has("editable"):
            return Doubt("denied: Delete outside a field deletes what is selected")
        return self._entering(scene, action)

    def _entering(self, scene: Scene, action: Type | Key) -> Doubt | None:
        """Whether keys press what must not be pressed, or Enter sends a text to somebody where no button does."""
        sender = sent_by(scene, action)
        if sender is not None:
            return self._pressing(scene, sender)
        index = entered(scene, action)
        if index is None or (field := scene.nodes[index]).role == "searchbox" or self.lifts(field) or scene.is_desktop:
            return None
        if (doubt := self._sending(scene, index)) is not None:
            return doubt
        if (word := MESSAGES.find(field.name)) is None:
            return None
        return Doubt(f"needs consent: Enter sends what is in {field.name[:_SHOWN]!r}: {word!r}", confirmable=True)

    def _opening(self, location: str) -> Doubt | None:
        """A place is refused by its scheme, and where to go there is to act: `/logout`."""
        bare = _BLANKS.sub("", location)
        scheme = _scheme(bare)
        if scheme is not None and scheme not in _PLACES:
            return Doubt(f"denied: {scheme}: is not explored")
        if scheme is None:
            return self._named(location, Node("link", location), asks="never")
        return self._named("", Node("link", href=bare), asks="never")

    def _pressing(self, scene: Scene, index: int) -> Doubt | None:
        node = scene.nodes[index]
        if is_captcha(node):
            return Doubt(f"a test for humans: {node.name[:_SHOWN]}".rstrip(": "))
        scheme = _scheme(_BLANKS.sub("", node.href)) if node.href else None
        if scheme is not None and scheme not in _LINKS:
            return Doubt(f"denied: the link leads to {scheme}:, which is not explored")
        # What leads to another page may be named like it; what does something here is what it is called.
        asks: Asked = "as a whole" if _leads_elsewhere(node, scene.observation.location) else "anywhere"
        doubt = self._named(_name(node), node, asks=asks) or self._setting(scene, index)
        if doubt is None and node.description:
            # It may be prose: of a long one only the beginning counts, as of a link's name.
            doubt = self._named(node.description, Node("link"), asks=asks)
        if doubt is None and node.role == "button":
            doubt = self._answering(scene, index)
        if doubt is None and (node.role == "button" or node.field in ("submit", "image")):
            return self._sending(scene, index)
        return doubt

    def _answering(self, scene: Scene, index: int) -> Doubt | None:
        """Whether a button may say yes to what a dialog asks: `Delete this record?`, `Confirm payment`."""
        node, dialog = scene.nodes[index], scene.enclosing(index, ("dialog", "alertdialog"))
        if dialog is None or DECLINED.is_all(node.name) or not any(map(str.isalnum, node.name)):
            return None
        inside = [scene.nodes[each] for each in scene.within(dialog)]
        titles = [scene.nodes[dialog], *(each for each in inside if each.role == "heading")]
        return _first(self._named(each.name, Node("link"), asks="anywhere") for each in titles if each.name)

    def _setting(self, scene: Scene, index: int) -> Doubt | None:
        """Whether pressing the element changes what every later episode would begin with: the language."""
        said = changes_language(scene, index)
        if said is None or _search(self.allow, (scene.nodes[index].name, said)) is not None:
            return None
        return Doubt(f"denied: the language is left as it is: {(redact_location(said) or '')[:_SHOWN]!r}")

    def _choosing(self, scene: Scene, action: Select) -> Doubt | None:
        """An option is told by its own words, and by the list that it is in."""
        named = self._named(action.option, Node("option", action.option), asks="as a whole")
        if named is not None or _search(self.allow, (action.option,)) is not None:
            return named
        lists = [scene.nodes[index] for index in scene.reached(action.point) if scene.nodes[index].options]
        if names_language(action.option) or any(map(lists_languages, lists)):
            return Doubt(f"denied: the language is left as it is: {action.option[:_SHOWN]!r}")
        return None

    def _typing(self, scene: Scene, index: int) -> Doubt | None:
        node = scene.nodes[index]
        if is_password_field(node) and not self.lifts(node) and sets_password(scene.observation, _held(scene, index)):
            return Doubt(_SETS, confirmable=True)
        if not (is_secret(node) or names_card(node)) or self._trusts(scene.observation.location):
            return None
        standing = next((each for each in walls(scene.observation) if each != "captcha"), None)
        return None if standing is None else Doubt(f"no secret is typed at a {standing} wall")

    def _sending(self, scene: Scene, index: int) -> Doubt | None:
        """Whether pressing the element, or Enter in it, sends a login, a payment or a new password."""
        node, held = scene.nodes[index], _held(scene, index)
        if any(map(is_payment_field, held)):
            return Doubt("needs consent: it sends a payment", confirmable=True)
        filled = any(each.value and is_password_field(each) for each in held)
        if filled and not self.lifts(node) and sets_password(scene.observation, held):
            return Doubt(_SETS, confirmable=True)
        if not any(map(is_password_field, held)) or self._trusts(scene.observation.location):
            return None
        if "login" in walls(scene.observation):
            return Doubt("denied: no login is sent on a host that is not loopback")
        return None

    def _named(self, name: str, node: Node, *, asks: Asked) -> Doubt | None:
        """What is said against an element by its name, its ids and its address.

        `asks` says where in the name a word counts for which consent is needed. How its form is sent does not matter:
        a script may send it otherwise than the form says.
        """
        texts = (name, node.href or "")
        if (pattern := _search(self.deny, texts)) is not None:
            return Doubt(f"denied by the pattern {pattern!r}")
        if _search(self.allow, texts) is not None:
            return None
        if (pattern := _search(self.confirm, texts)) is not None:
            return Doubt(f"needs consent by the pattern {pattern!r}", confirmable=True)
        link = node.role in ("link", "generic", "treeitem", "option")
        if (word := DENIED.find(name, link=link)) is not None:
            return Doubt(f"denied: {word!r} in {name[:_SHOWN]!r}")
        for text in filter(None, (node.test_id, node.id)):
            # A name may be in any language: ids are written by programmers.
            if (word := ENDED.find(parted(text))) is not None:
                return Doubt(f"denied: {word!r} in the id {text[:_SHOWN]!r}")
        if node.href and (word := denied_word(node.href)) is not None:
            return Doubt(f"denied: {word!r} in {(redact_location(node.href) or '')[:_SHOWN]!r}")
        if asks == "never":
            return None
        word = CONFIRMED.is_all(name) if asks == "as a whole" else CONFIRMED.find(name, link=link)
        if word is not None:
            return Doubt(f"needs consent: {word!r} in {name[:_SHOWN]!r}", confirmable=True)
        return None

    def _trusts(self, location: str | None) -> bool:
        """Whether a login may be sent there: on this machine, and where it was said."""
        try:
            host = urlsplit(location or "").hostname or ""
        except ValueError:
            return False
        return is_loopback(host) or host in self.login_hosts


def _is_pulled(node: Node) -> bool:
    return node.role in PULLED or (node.role in PRESSED and len(node.name.split()) <= _FEW)


def _held(scene: Scene, index: int) -> list[Node]:
    """What is in the forms that an element belongs to: one around it, and one that names it as its own from afar.

    Outside every form a button is taken for that of the fields that are in none either; one that says that it sends
    belongs to a form that is elsewhere, whichever that is.
    """
    node, form = scene.nodes[index], scene.form(index)
    twins = [other for other, each in enumerate(scene.nodes) if node.path and each.path == node.path and other != index]
    forms = {each for each in (form, *map(scene.form, twins)) if each is not None}
    if form is None and node.field in ("submit", "image"):
        return list(scene.nodes)
    if not forms:
        return [scene.nodes[each] for each in scene.loose]
    return [scene.nodes[each] for around in sorted(forms) for each in (around, *scene.within(around))]


def noted(observation: Observation) -> Observation:
    """The observation with the wall that it stands at in its notice."""
    standing: Wall | None = wall(observation)
    if standing is None:
        return observation
    return replace(observation, notice="; ".join(filter(None, (observation.notice, f"{standing} wall"))))


def is_loopback(host: str) -> bool:
    """Whether a host, as a browser writes it, is this machine."""
    host = host.rstrip(".").lower()
    return (
        host in ("localhost", "::1")
        or host.endswith(".localhost")
        or re.fullmatch(r"127(?:\.\d+){3}", host) is not None
    )


def _scheme(location: str) -> str | None:
    match = _SCHEME.match(location)
    return match[1].lower() if match else None


def _leads_elsewhere(node: Node, location: str | None) -> bool:
    """Whether an element is a link to another page: one to a place on its own page is a button."""
    if not node.href or _scheme(node.href) not in _PLACES:
        return False
    return node.href.partition("#")[0] != (location or "").partition("#")[0]


def _name(node: Node) -> str:
    """What an element is called; one without a name by its ids, which name most icons."""
    return node.name or parted(node.test_id or node.id or "")


def _search(patterns: tuple[str, ...], texts: Iterable[str]) -> str | None:
    for pattern in patterns:
        if any(re.search(pattern, text, re.IGNORECASE) for text in texts if text):
            return pattern
    return None


def _first(doubts: Iterable[Doubt | None]) -> Doubt | None:
    """The first doubt that consent does not lift, else the first."""
    raised = [doubt for doubt in doubts if doubt is not None]
    return min(raised, key=lambda doubt: doubt.confirmable, default=None)
