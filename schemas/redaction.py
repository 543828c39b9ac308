"""What must never be written down: secrets in trees, in actions, and wherever else they turn up again."""

import base64
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, assert_never
from urllib.parse import quote, quote_plus

from schemas.actions import (
    Action,
    Answer,
    Back,
    Check,
    Click,
    CloseTab,
    DoubleClick,
    Drag,
    FocusTab,
    Forward,
    Home,
    Hover,
    Invoke,
    Key,
    LongPress,
    Maximize,
    MiddleClick,
    MoveWindow,
    NewTab,
    Open,
    Reload,
    RightClick,
    Rotate,
    Scroll,
    ScrollTo,
    Select,
    Stop,
    Swipe,
    Type,
    Upload,
    Wait,
)
from schemas.records import Node, Task, Tree
from schemas.secret_names import CARDS, names_secret
from schemas.secret_texts import MASK as MASK
from schemas.secret_texts import looks_secret, secrets_in
from schemas.secret_texts import redact_location as redact_location
from schemas.secret_texts import redact_text as redact_text

_FIELDS = frozenset({"textbox", "combobox", "listbox", "spinbutton"})
_LABELS = frozenset({"text", "cell", "gridcell", "rowheader", "term", "heading"})
_SHOWING = frozenset({"text", "cell", "gridcell", "definition", "status", "paragraph", "listitem"})
_BETWEEN = frozenset({"list", "listitem", "row", "group", "generic", "table", "definition", "cell", "status"})
_LABEL = 60
"""Characters of what stands before a field, or before what it shows, at most."""

_BEGINNING = 40
"""Characters of a longer secret that are enough to know it by: messages cut what they quote."""

_TELLING = 6
"""Characters of what a text says to be a secret, if it is to be hidden elsewhere."""

_MOST = 200
"""Secrets of an episode that are known by their text; a page that has more is there to make its reader slow."""

_BULLETS = re.compile(r"[•●*·\s]*")
_EVERYDAY = re.compile(
    r"[^\W\d_]{1,7}|(?:password|passwort|kennwort|username|administrator|undefined)"
    r"|[^\W\d_]{1,12}(?:[ '-][^\W\d_]{1,12}){1,3}",
    re.IGNORECASE,
)


def is_secret(node: Node) -> bool:
    """Whether what a field holds must not be recorded: by its kind, or because its name asks for a secret.

    A list is one only if its name says nothing else: `Password policy` is chosen from a list.
    """
    if node.has("password") or node.has("secret") or node.field == "password":
        return True
    if node.role not in _FIELDS and not (node.has("editable") and node.role != "searchbox"):
        return False
    return names_card(node) or calls_for_secret((node.name, node.id or ""), whole=bool(node.options))


def calls_for_secret(names: Iterable[str], *, whole: bool = False) -> bool:
    """Whether one of the names of a field says that it takes a secret; as a `whole`, if that name says nothing else."""
    return any(names_secret(name, whole=whole) for name in names)


def names_card(node: Node) -> bool:
    """Whether a field asks for the number or the code of a payment card: by its kind, or its name in some languages."""
    return node.role in ("textbox", "spinbutton", "combobox") and (
        node.field == "card" or CARDS.search(f"{node.name} {node.id or ''}") is not None
    )


def redact_tree(tree: Tree) -> Tree:
    """The tree with the values of secret fields masked, and what is shaped or labelled as a secret.

    An empty field stays empty: that something was typed into it is no secret, and a step that nobody sees is a no-op.
    """
    return KnownSecrets().redact_tree(tree)


def redact_action(action: Action, target: Node | None, known: "KnownSecrets | None" = None) -> Action:
    """The action as it may be written down: what goes into a secret field is masked, and secrets in other texts."""
    secret = target is not None and is_secret(target)
    hide: Callable[[str], str] = redact_text if known is None else known.hide

    def entered(text: str) -> str:
        return MASK if secret and text else hide(text)

    match action:
        case Type(text):
            return _replaced(action, text=entered(text))
        case Select(option):
            return _replaced(action, option=entered(option))
        case Key(keys):
            return Key(MASK) if secret and len(keys) == 1 else action
        case Open(location) | NewTab(location):
            return _replaced(action, location=None if location is None else hide(redact_location(location) or ""))
        case Answer(text):
            return _replaced(action, text=hide(text))
        case Upload(files):
            return _replaced(action, files=tuple(map(hide, files)))
        case Invoke(name):
            return _replaced(action, name=hide(name))
        case ScrollTo():  # a path of the tree, which was redacted
            return action
        case Click() | DoubleClick() | RightClick() | MiddleClick() | LongPress() | Hover() | Check():
            return action
        case Scroll() | Swipe() | Drag() | FocusTab() | CloseTab() | Maximize() | MoveWindow() | Rotate():
            return action
        case Back() | Forward() | Reload() | Home() | Wait() | Stop():
            return action
        case _:
            assert_never(action)


def redact_task(task: Task) -> Task:
    """The task as it may be written down, with a start, a goal and conditions that hold no secret."""
    return replace(
        task,
        text=redact_text(task.text),
        start=None if task.start is None else redact_text(task.start),
        setup=None if task.setup is None else redact_text(task.setup),
        check=None if task.check is None else redact_text(task.check),
    )


class KnownSecrets:
    """The secrets of one episode that are known by their text, and the fields that held one once.

    What a secret field held, or what was typed into it, is hidden wherever it turns up: in a greeting, in an address,
    in a title. A few everyday words (`admin`), and less than four characters, are hidden in their field alone.
    """

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._texts: set[str] = set()
        self._plain: set[str] = set()
        self._fields: set[tuple[str, str, str]] = set()
        self._spellings: tuple[str, ...] | None = ()
        self._pattern: re.Pattern[str] | None = None
        for text in texts:
            self.learn(text)

    @property
    def texts(self) -> tuple[str, ...]:
        """What is hidden wherever it turns up, the longest first."""
        return tuple(sorted(self._texts, key=lambda text: (-len(text), text)))

    @property
    def plain(self) -> tuple[str, ...]:
        """What was entered into secret fields, and is none."""
        return tuple(sorted(self._plain))

    def learn(self, text: str) -> None:
        """Has a text hidden from now on, if it tells more than an everyday word does."""
        text = text.strip()
        if text in self._texts or len(self._texts) >= _MOST:
            return
        if len(text) < 4 or MASK in text or _BULLETS.fullmatch(text):
            return
        if text in self._plain or _EVERYDAY.fullmatch(text) or names_secret(text, whole=True):
            return
        self._texts.add(text)
        self._spellings = self._pattern = None

    def learn_typed(self, action: Action, target: Node | None, nodes: Iterable[Node]) -> None:
        """Has what an action enters into a secret field hidden, unless the `nodes` say the same: then it is none."""
        if not isinstance(action, Type | Select) or target is None or not is_secret(target):
            return
        text = (action.text if isinstance(action, Type) else action.option).strip()
        if any(text in node.name for node in nodes):
            self._plain.add(text)
        else:
            self.learn(text)

    def learn_location(self, location: str | None) -> None:
        """Has the secrets of an address hidden, in clear and as a request for a login carries them."""
        for text in secrets_in(location):
            if any(map(str.isdigit, text)) or len(text) >= 12:
                self.learn(text)
        user = re.match(r"[a-z]+://([^/?#@]*:[^/?#@]*)@", location or "")
        if user is not None:
            self.learn(base64.b64encode(user[1].encode()).decode())

    def hide(self, text: str) -> str:
        """The text with all that is known masked, and what is shaped like a key."""
        return self._hide_known(redact_text(text), MASK)

    def hide_location(self, location: str | None) -> str | None:
        """The address with its secrets masked, and all that is known."""
        redacted = redact_location(location)
        return None if redacted is None else self._hide_known(redacted, quote(MASK))

    def _hide_known(self, text: str, mask: str) -> str:
        if not self._texts:
            return text
        if self._spellings is None or self._pattern is None:
            self._spellings = tuple(dict.fromkeys(each for known in self.texts for each in _spellings(known)))
            whole = "|".join(map(re.escape, self._spellings))
            begun = "|".join(re.escape(each[:_BEGINNING]) for each in self._spellings if len(each) > _BEGINNING)
            self._pattern = re.compile(rf"(?<![^\W_])(?:{whole})(?![^\W_])" + (rf"|(?:{begun})\S*" if begun else ""))
        if not any(each[:_BEGINNING] in text for each in self._spellings):
            return text  # the rule, and much quicker
        return self._pattern.sub(mask, text)

    def redact_tree(self, tree: Tree, *, place: str | None = None) -> Tree:
        """The tree without secrets; learns those that it holds.

        With a `place`, a field there that was one for a password once stays one, whatever it says of itself later.
        """
        fields = _secret_fields(tree.nodes)
        if place is not None:
            fields |= {index for index, node in enumerate(tree.nodes) if _place_of(node, place) in self._fields}
            self._fields |= {_place_of(tree.nodes[index], place) for index in fields}
        shown = _shown_secrets(tree.nodes)
        for index in sorted(fields):
            self.learn(tree.nodes[index].value or "")
        for index in sorted(shown):
            self.learn(tree.nodes[index].name)
        for node in tree.nodes:
            self._learn_said(node.name)
        nodes = tuple(
            self._redacted(node, field=index in fields, shown=index in shown) for index, node in enumerate(tree.nodes)
        )
        return replace(tree, nodes=nodes)

    def _learn_said(self, text: str) -> None:
        """Has what a text says to be a secret hidden where it stands alone, too."""
        if (redacted := redact_text(text)) is not text and redacted != text:
            for word in text.split():
                bare = word.strip("\"'“”„«».,;:=!?()[]{}")
                if (
                    word not in redacted
                    and len(bare) >= _TELLING
                    and any(map(str.isalpha, bare))
                    and looks_secret(bare)
                ):
                    self.learn(bare)

    def _redacted(self, node: Node, *, field: bool, shown: bool) -> Node:
        """The node without secrets; the same object where it holds none, which is the rule."""
        parts: dict[str, Any] = {"name": MASK if shown else self.hide(node.name)}
        if node.value:
            parts["value"] = MASK if field else self.hide(node.value)
        if node.options:
            parts["options"] = tuple(MASK if field else self.hide(option) for option in node.options)
        if node.description:
            parts["description"] = self.hide(node.description)
        if node.href:
            parts["href"] = self.hide_location(node.href)
        if node.id:
            parts["id"] = self.hide(node.id)
        if node.test_id:
            parts["test_id"] = self.hide(node.test_id)
        if node.path:
            parts["path"] = self._hide_known(node.path, MASK)
        if field and not node.has("password"):
            parts["flags"] = tuple(sorted({*node.flags, "secret"}))
        changed = {name: part for name, part in parts.items() if part != getattr(node, name)}
        return replace(node, **changed) if changed else node


def _secret_fields(nodes: Sequence[Node]) -> set[int]:
    """The indexes of fields that hold a secret; one without a name is called by the text before it."""
    fields: set[int] = set()
    label: int | None = None
    for index, node in enumerate(nodes):
        nameless = node.role in _FIELDS and not node.name and not node.options
        if is_secret(node) or (nameless and label is not None and index - label <= 2):
            fields.add(index)
        label = index if _announces(node) else label if node.role in _BETWEEN else None
    return fields


def _shown_secrets(nodes: Sequence[Node]) -> set[int]:
    """The indexes of what only shows a secret: what its column, or what stands before it, says that it is."""
    shown: set[int] = set()
    announced = False
    for index, node in enumerate(nodes):
        candidate = node.role in _SHOWING and not node.has("editable") and looks_secret(node.name)
        if candidate and (announced or names_secret(node.column or "")):
            shown.add(index)
            announced = True  # recovery codes come in lists
        elif _announces(node) or (node.role == "button" and names_secret(node.name)):
            announced = True  # what `Show API key` shows comes after it
        elif node.role not in _BETWEEN or node.name:
            announced = False
    return shown


def _announces(node: Node) -> bool:
    return node.role in _LABELS and len(node.name) <= _LABEL and names_secret(node.name)


def _place_of(node: Node, place: str) -> tuple[str, str, str]:
    return place, node.id or node.path or "", node.name


def _spellings(text: str) -> tuple[str, ...]:
    """The text as it may be written elsewhere: in an address, in JSON, in HTML."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    html = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text, quote(text, safe=""), quote(text), quote_plus(text), escaped, html


def _replaced(action: Action, **parts: object) -> Action:
    """The action with these parts; the same object where they are what they were."""
    if all(getattr(action, name) == part for name, part in parts.items()):
        return action
    return replace(action, **parts)  # type: ignore[arg-type]
