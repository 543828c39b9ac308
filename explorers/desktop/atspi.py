"""What applications say of themselves on the accessibility bus (AT-SPI), read in as few rounds as can be.

One call (`Cache.GetItems`) gives most of an application's tree. What it leaves out, cells that nobody asked for yet and
all of Qt's, is asked for level by level; boxes, texts and values for what is showing alone. All calls of a round are
posted before the first answer is waited for.

Two questions are never asked, because they end or stop applications: `Properties.GetAll` (Qt 5 crashes), and the
children of a table that makes them as they are asked for (LibreOffice has two thousand million cells).
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from explorers.desktop.accessible import (
    ITEMS,
    Accessible,
    AccessibleState,
    Application,
    box_of,
    items_by_parent,
    states_of,
)
from explorers.desktop.bus import DAEMON, Bus, BusGone, NoAnswer, socket_path
from explorers.desktop.display import Window
from explorers.desktop.roles import Role
from explorers.desktop.showing import MENU_DEPTH, hidden_icons, hidden_items, reveal, untold_popups, within
from explorers.desktop.wire import BusError
from schemas.records import Box

REGISTRY = "org.a11y.atspi.Registry"
ROOT = "/org/a11y/atspi/accessible/root"
NULL = "/org/a11y/atspi/null"
APPLICATION_LIMIT = 24
CHILD_LIMIT = 1_000
"""Children that are asked for one by one; where there are more, those on the screen are looked for instead."""

NODE_LIMIT = 6_000
"""Showing nodes that are looked at in one look."""

DEPTH_LIMIT = 60
TEXT_LIMIT = 20_000
"""Characters of a text that are asked for, where an application knows its length."""

_ACCESSIBLE, _COMPONENT = "org.a11y.atspi.Accessible", "org.a11y.atspi.Component"
_TEXT, _VALUE, _ACTION = "org.a11y.atspi.Text", "org.a11y.atspi.Value", "org.a11y.atspi.Action"
_PROPERTIES = "org.freedesktop.DBus.Properties"
_LABELLED_BY = 2


# Roles whose texts are values or contents; of all others the name says enough.
_TEXTUAL = frozenset(
    {
        Role.DATE_EDITOR, Role.ICON, Role.LABEL, Role.PASSWORD_TEXT, Role.SPIN_BUTTON, Role.STATUS_BAR, Role.TABLE_CELL,
        Role.TERMINAL, Role.TEXT, Role.TOOL_TIP, Role.PARAGRAPH, Role.AUTOCOMPLETE, Role.EDITBAR, Role.ENTRY,
        Role.CAPTION, Role.DOCUMENT_FRAME, Role.HEADING, Role.DOCUMENT_SPREADSHEET, Role.DOCUMENT_PRESENTATION,
        Role.DOCUMENT_TEXT, Role.DOCUMENT_WEB, Role.DOCUMENT_EMAIL, Role.STATIC,
    }
)  # fmt: skip
_NAMED = frozenset({Role.ICON, Role.LABEL})
"""Of these the text is asked for where they have no name: GTK 2 names the entries of an icon view by nothing else."""

_NUMERIC = frozenset(
    {
        Role.DIAL, Role.PROGRESS_BAR, Role.SCROLL_BAR, Role.SLIDER, Role.SPIN_BUTTON, Role.LEVEL_BAR, Role.RATING,
    }
)  # fmt: skip
_ACTING = frozenset(
    {
        Role.ARROW, Role.CHECK_BOX, Role.CHECK_MENU_ITEM, Role.COLUMN_HEADER, Role.COMBO_BOX, Role.DESKTOP_ICON,
        Role.ICON, Role.IMAGE, Role.LABEL, Role.LIST, Role.LIST_ITEM, Role.MENU, Role.MENU_ITEM, Role.PAGE_TAB,
        Role.PANEL, Role.PROGRESS_BAR, Role.PUSH_BUTTON, Role.RADIO_BUTTON, Role.RADIO_MENU_ITEM, Role.SLIDER,
        Role.SPIN_BUTTON, Role.TABLE, Role.TABLE_CELL, Role.TABLE_COLUMN_HEADER, Role.TEAROFF_MENU_ITEM, Role.TEXT,
        Role.TOGGLE_BUTTON, Role.UNKNOWN, Role.ENTRY, Role.LINK, Role.TABLE_ROW, Role.TREE_ITEM,
        Role.PUSH_BUTTON_MENU,
    }
)  # fmt: skip
_LABELLED = frozenset(
    {
        Role.CHECK_BOX, Role.COMBO_BOX, Role.DATE_EDITOR, Role.DIAL, Role.LIST, Role.PASSWORD_TEXT, Role.PUSH_BUTTON,
        Role.RADIO_BUTTON, Role.SCROLL_BAR, Role.SLIDER, Role.SPIN_BUTTON, Role.TABLE, Role.TEXT, Role.TOGGLE_BUTTON,
        Role.TREE, Role.TREE_TABLE, Role.AUTOCOMPLETE, Role.ENTRY, Role.LIST_BOX,
    }
)  # fmt: skip


class Registry:
    """The accessibility bus of one desktop; used by one thread, and closed by its maker.

    Raises:
        BusGone: if nobody listens there.
        BusError: if the registry does not start.
        NoAnswer: if it does not answer.
    """

    def __init__(self, path: str) -> None:
        self.bus = Bus(path)
        self._pids: dict[str, int] = {}
        # Toolkits say nothing, and GTK has no cache, before somebody listens.
        for event in ("object:", "window:"):
            self.bus.call(REGISTRY, "/org/a11y/atspi/registry", REGISTRY, "RegisterEvent", "s", event)
        for interface in ("Object", "Window"):
            rule = f"type='signal',interface='org.a11y.atspi.Event.{interface}'"
            self.bus.call(*DAEMON, "AddMatch", "s", rule)

    @property
    def events(self) -> int:
        """How many events have been told so far, as far as they were taken from the bus."""
        return self.bus.signals

    def read(self, *, until: float, popups: Sequence[Window] = ()) -> list[Application]:
        """All applications with what is showing of them; one that does not answer by then has no root.

        `popups` are the windows of menus that are there, in which something shows whatever it says.

        Raises:
            BusGone: if the bus is gone.
            NoAnswer: if the registry itself does not answer.
        """
        serial = self.bus.post(REGISTRY, ROOT, _ACCESSIBLE, "GetChildren")
        try:
            (refs,) = self.bus.answer(serial, until=until)
        except BusError:
            refs = []
        names = list(dict.fromkeys(str(name) for name, _ in refs if name))[:APPLICATION_LIMIT]
        self._learn_pids(names, until)
        items = {
            name: self.bus.post(name, "/org/a11y/atspi/cache", "org.a11y.atspi.Cache", "GetItems") for name in names
        }
        roots = {name: self._ask(name, str(path)) for name, path in refs if name in items}
        applications = []
        for name in names:
            asked = roots[name]
            answered = self.bus.settle((items[name], *asked.serials), until=until)
            cached = self.bus.take_bytes(items[name], ITEMS)
            root = asked.answered(self.bus)
            if answered and root is None:
                continue  # it ended a moment ago
            if root is None or not answered:
                applications.append(Application(name, self._pids.get(name, 0), None))
                continue
            known = items_by_parent(cached) if cached is not None else {}
            applications.append(Application(name, self._pids.get(name, 0), self._grow(root, known, until)))
        shown_roots = [app.root for app in applications if app.root is not None]
        self._fill([node for root in shown_roots for node in root.below()], until)
        icons = hidden_icons(shown_roots)[:NODE_LIMIT]
        self._fill(within(icons, self._extents([(icon.bus, icon.path) for icon, _ in icons], until)), until)
        untold = untold_popups(shown_roots, popups)
        for _ in range(MENU_DEPTH if untold else 0):
            hidden = hidden_items(applications)[:NODE_LIMIT]
            boxes = self._extents([(item.bus, item.path) for item, _ in hidden], until)
            revealed = reveal(hidden, boxes, untold)
            if not revealed:
                break
            self._fill(revealed, until)
        return applications

    def act(self, node: Accessible, index: int, *, until: float) -> bool:
        """Does the action of that index, as an assistive tool would; returns whether the application says it did."""
        return bool(self._value(self.bus.post(node.bus, node.path, _ACTION, "DoAction", "i", index), until))

    def states(self, node: Accessible, *, until: float) -> int:
        """The states of an accessible now, 0 if it is gone."""
        return states_of(self._value(self.bus.post(node.bus, node.path, _ACCESSIBLE, "GetState"), until) or ())

    def text(self, node: Accessible, *, until: float) -> str | None:
        """The text of an accessible now, or None if it has none."""
        text = self._value(self.bus.post(node.bus, node.path, _TEXT, "GetText", "ii", 0, -1), until)
        return None if text is None else str(text)

    def value(self, node: Accessible, *, until: float) -> float | None:
        """The value of an accessible now, or None if it has none."""
        value = self._value(self._property(node.bus, node.path, _VALUE, "CurrentValue"), until)
        return float(value) if isinstance(value, int | float) else None

    def close(self) -> None:
        """Closes the connection; may be called twice."""
        self.bus.close()

    # ---- inside

    def _value(self, serial: int, until: float) -> Any:
        """The one value of an answer, or None for an error."""
        try:
            return self.bus.answer(serial, until=until)[0]
        except (BusError, IndexError):
            return None

    def _learn_pids(self, names: list[str], until: float) -> None:
        calls = {
            name: self.bus.post(*DAEMON, "GetConnectionUnixProcessID", "s", name)
            for name in names
            if name not in self._pids
        }
        self.bus.settle(calls.values(), until=until)
        for name, serial in calls.items():
            answer = self.bus.take(serial)
            if answer:
                self._pids[name] = int(answer[0])

    def _ask(self, bus: str, path: str, parent: str = "", index: int = 0) -> "_Asked":
        """Posts all that describes one accessible."""
        post = self.bus.post
        return _Asked(
            bus,
            path,
            parent,
            index,
            (
                post(bus, path, _ACCESSIBLE, "GetInterfaces"),
                self._property(bus, path, _ACCESSIBLE, "Name"),
                self._property(bus, path, _ACCESSIBLE, "ChildCount"),
                post(bus, path, _ACCESSIBLE, "GetRole"),
                post(bus, path, _ACCESSIBLE, "GetState"),
            ),
        )

    def _grow(self, root: Accessible, known: dict[str, list[Accessible]], until: float) -> Accessible:
        """Puts the children below the root; those that the cache does not know are asked for, level by level."""
        level, total = [root], 0
        seen = {root.path}
        for _ in range(DEPTH_LIMIT):
            asking: list[tuple[Accessible, int]] = []
            following: list[Accessible] = []
            for node in level:
                node.children = [each for each in known.get(node.path, ()) if each.path not in seen]
                seen.update(each.path for each in node.children)
                asks = node is root or node.showing
                if asks and node.count < 0 and node.has(AccessibleState.MANAGES_DESCENDANTS):
                    node.count = self._count(node, until)  # before they are asked for: it may have any number
                if asks and (node.count < 0 or node.count > len(node.children)):
                    if node.count <= CHILD_LIMIT:
                        serial = self.bus.post(node.bus, node.path, _ACCESSIBLE, "GetChildren")
                        asking.append((node, serial))
                        continue
                    node.children += self._visible_cells(node, seen, until)
                following += node.children
            following += self._missing(asking, seen, until)
            total += len(following)
            if not following or total > 4 * NODE_LIMIT:
                break
            level = following
        return root

    def _count(self, node: Accessible, until: float) -> int:
        """How many children it says it has now; more than can be asked for where it does not say."""
        try:
            return int(self.bus.answer(self._property(node.bus, node.path, _ACCESSIBLE, "ChildCount"), until=until)[0])
        except (BusError, NoAnswer, IndexError, TypeError, ValueError):
            return CHILD_LIMIT + 1

    def _missing(self, asking: list[tuple[Accessible, int]], seen: set[str], until: float) -> list[Accessible]:
        """The children of those that were asked for them, each put below its parent."""
        self.bus.settle((serial for _, serial in asking), until=until)
        asked: list[_Asked] = []
        paths_below: list[tuple[Accessible, list[str]]] = []
        for node, serial in asking:
            answer = self.bus.take(serial)
            known = {each.path for each in node.children}
            paths: list[str] = []
            for index, (bus, path) in enumerate(answer[0][:CHILD_LIMIT] if answer else ()):
                if path in known:
                    known.discard(path)
                    paths.append(path)
                elif path != NULL and path not in seen:
                    seen.add(path)
                    paths.append(path)
                    asked.append(self._ask(bus, path, node.path, index))
            paths_below.append((node, paths or [each.path for each in node.children]))
        self.bus.settle((serial for each in asked for serial in each.serials), until=until)
        described = {each.path: child for each in asked if (child := each.answered(self.bus)) is not None}
        for node, paths in paths_below:
            described |= {each.path: each for each in node.children}
            node.children = [described[path] for path in paths if path in described]
        return [child for node, _ in paths_below for child in node.children]

    def _visible_cells(self, node: Accessible, seen: set[str], until: float) -> list[Accessible]:
        """The cells of a table that are on the screen: found at points, because it has more than can be asked for."""
        (box,) = self._extents([(node.bus, node.path)], until)
        if box is None or _COMPONENT not in node.interfaces:
            return []
        across = range(int(box.x) + 20, int(box.x + min(box.width, 4_000)), 40)
        down = range(int(box.y) + 6, int(box.y + min(box.height, 4_000)), 12)
        # Columns and rows are found on two lines: a grid of points would be thousands.
        points = [(x, int(box.y) + 8) for x in across] + [(int(box.x) + 20, y) for y in down]
        paths = dict.fromkeys(path for _, _, path in self._at_points(node, points, until))
        boxes = [box for box in self._extents([(node.bus, path) for path in paths], until) if box is not None]
        columns, rows = sorted({int(box.x) + 2 for box in boxes}), sorted({int(box.y) + 2 for box in boxes})
        grid = [(x, y) for y in rows[:100] for x in columns[:60]]
        asked = []
        for index, bus, path in self._at_points(node, grid, until):
            if path not in seen:
                seen.add(path)
                asked.append(self._ask(bus, path, node.path, index))
        self.bus.settle((serial for each in asked for serial in each.serials), until=until)
        return [cell for each in asked if (cell := each.answered(self.bus)) is not None]

    def _at_points(
        self, node: Accessible, points: Sequence[tuple[int, int]], until: float
    ) -> Iterator[tuple[int, str, str]]:
        """What is there of a node's children: the number of the point, the bus and the path."""
        calls = [self.bus.post(node.bus, node.path, _COMPONENT, "GetAccessibleAtPoint", "iiu", *at, 0) for at in points]
        self.bus.settle(calls, until=until)
        for number, serial in enumerate(calls):
            answer = self.bus.take(serial)
            if answer and answer[0][1] != NULL:
                yield number, answer[0][0], answer[0][1]

    def _fill(self, nodes: list[Accessible], until: float) -> None:
        """Asks for boxes, texts, values, actions and labels of what is showing, all in one round."""
        showing = (node for node in nodes if node.showing)
        details = [detail for node in islice(showing, NODE_LIMIT) for detail in self._ask_details(node)]
        self.bus.settle((serial for _, _, serial in details), until=until)
        labels: list[tuple[Accessible, int]] = []
        for node, name, serial in details:
            answer = self.bus.take(serial)
            if not answer:
                continue
            if name == "labels":
                refs = [ref for kind, targets in answer[0] if kind == _LABELLED_BY for ref in targets[:2]]
                labels += [(node, self._property(bus, path, _ACCESSIBLE, "Name")) for bus, path in refs]
            else:
                _note(node, name, answer[0])
        self.bus.settle((serial for _, serial in labels), until=until)
        for node, serial in labels:
            answer = self.bus.take(serial)
            if answer:
                node.label = f"{node.label} {answer[0]}".strip()

    def _ask_details(self, node: Accessible) -> Iterator[tuple[Accessible, str, int]]:
        """Posts what is asked of a node that is showing, each with the name of its field."""
        has, bus, path, post = node.interfaces, node.bus, node.path, self.bus.post
        if _COMPONENT in has:
            yield node, "box", post(bus, path, _COMPONENT, "GetExtents", "u", 0)
        if node.role in _TEXTUAL and _TEXT in has and (node.role not in _NAMED or not node.name):
            yield node, "text", post(bus, path, _TEXT, "GetText", "ii", 0, -1)
        if node.role in _NUMERIC and _VALUE in has:
            yield node, "value", self._property(bus, path, _VALUE, "CurrentValue")
            yield node, "least", self._property(bus, path, _VALUE, "MinimumValue")
            yield node, "most", self._property(bus, path, _VALUE, "MaximumValue")
        if node.role in _ACTING and _ACTION in has:
            yield node, "actions", post(bus, path, _ACTION, "GetActions")
        if node.role in _LABELLED and (
            not node.name or node.role == Role.COMBO_BOX
        ):  # whose name is what it has chosen
            yield node, "labels", post(bus, path, _ACCESSIBLE, "GetRelationSet")

    def _property(self, bus: str, path: str, interface: str, name: str) -> int:
        return self.bus.post(bus, path, _PROPERTIES, "Get", "ss", interface, name)

    def _extents(self, refs: Iterable[tuple[str, str]], until: float) -> list[Box | None]:
        calls = [self.bus.post(bus, path, _COMPONENT, "GetExtents", "u", 0) for bus, path in refs]
        self.bus.settle(calls, until=until)
        answers = [self.bus.take(serial) for serial in calls]
        return [box_of(answer[0]) if answer else None for answer in answers]


def _note(node: Accessible, name: str, value: Any) -> None:
    """Puts into a field of the node what was answered for it."""
    match name:
        case "box":
            node.box = box_of(value)
        case "text":
            node.text = str(value)[:TEXT_LIMIT]
        case "actions":
            node.actions = tuple(str(each[0]) for each in value[:16])
        case _ if isinstance(value, int | float):
            setattr(node, name, float(value))


@dataclass(slots=True)
class _Asked:
    """An accessible that was asked for: the numbers of the calls for interfaces, name, children, role and states."""

    bus: str
    path: str
    parent: str
    index: int
    serials: tuple[int, int, int, int, int]

    def answered(self, bus: Bus) -> Accessible | None:
        """The accessible, or None if it is gone or did not answer."""
        interfaces, name, count, role, states = (bus.take(serial) for serial in self.serials)
        if not role or not states:
            return None
        return Accessible(
            bus=self.bus,
            path=self.path,
            parent=self.parent,
            index=self.index,
            count=int(count[0]) if count else 0,
            interfaces=frozenset(interfaces[0]) if interfaces else frozenset(),
            name=str(name[0]) if name else "",
            role=int(role[0]),
            description="",
            states=states_of(states[0]),
        )


def _open(path: str, until: float) -> Bus:
    """The bus at a path whose socket is there, but may not listen yet."""
    while True:
        try:
            return Bus(path)
        except BusGone:
            if time.monotonic() >= until:
                raise
            time.sleep(0.005)


def connect(session: str, outside: Callable[[str], str], *, seconds: float = 10.0) -> tuple[Registry, str]:
    """The accessibility bus of the session bus at that path, ready for applications, and its address as they see it.

    `outside` turns a path of theirs into one of ours. An application that starts before this returned might find no
    accessibility, and then has none for good.

    Raises:
        BusGone: if there is none.
    """
    until = time.monotonic() + seconds
    bus = _open(session, until)
    try:
        (address,) = bus.call("org.a11y.Bus", "/org/a11y/bus", "org.a11y.Bus", "GetAddress", seconds=seconds)
    except (BusError, NoAnswer) as error:
        raise BusGone(f"there is no accessibility bus: {error}") from error
    finally:
        bus.close()
    place = socket_path(str(address))
    if place is None:
        raise BusGone(f"the accessibility bus is at {address}, which is no path")
    try:
        registry = Registry(outside(place))
        registry.read(until=until)
    except (BusError, NoAnswer) as error:
        raise BusGone(f"the accessibility registry does not start: {error}") from error
    return registry, str(address)
