"""What applications say of themselves on the accessibility bus (AT-SPI), read in as few rounds as can be.

One call (`Cache.GetItems`) gives most of an application's tree. What it leaves out, cells that nobody asked for yet and
all of Qt's, is asked for level by level; boxes, texts and values for what is showing alone. All calls of a round are
posted before the first answer is waited for.

Two questions are never asked, because they end or stop applications: `Properties.GetAll` (Qt 5 crashes), and the
children of a table that makes them as they are asked for (LibreOffice has two thousand million cells).
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from explorers.desktop.accessible import Accessible, Application, State, box_of, parse_items, states_of
from explorers.desktop.bus import Bus, BusGone, NoAnswer
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

_ACCESSIBLE = "org.a11y.atspi.Accessible"
_PROPERTIES = "org.freedesktop.DBus.Properties"


# Roles of `AtspiRole` whose texts are values or contents; of all others the name says enough.
_TEXTUAL = frozenset({12, 29, 40, 52, 54, 56, 60, 61, 64, 73, 76, 77, 79, 81, 82, 83, 92, 93, 94, 95, 96, 116})
_NUMERIC = frozenset({15, 42, 48, 51, 52, 103, 114})
_ACTING = frozenset(
    {
        4,
        7,
        8,
        10,
        11,
        13,
        26,
        27,
        29,
        31,
        32,
        33,
        35,
        37,
        39,
        42,
        43,
        44,
        45,
        51,
        52,
        55,
        56,
        57,
        59,
        61,
        62,
        67,
        79,
        88,
    }
    | {90, 91, 129}
)
_LABELLED = frozenset({7, 11, 12, 15, 31, 40, 44, 48, 51, 52, 55, 61, 62, 65, 66, 76, 79, 43, 98})
_COMBO_BOX = 11  # its name is what it has chosen


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
            self.bus.call(
                "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "AddMatch", "s", rule
            )

    @property
    def events(self) -> int:
        """How many events have been told so far, as far as they were taken from the bus."""
        return self.bus.signals

    def read(self, *, until: float) -> list[Application]:
        """All applications with what is showing of them; one that does not answer by then has no root.

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
        found = []
        for name in names:
            asked = roots[name]
            answered = self.bus.settle((items[name], *asked.serials), until=until)
            data = self.bus.take_raw(items[name])
            root = asked.answered(self.bus)
            if answered and root is None:
                continue  # it ended a moment ago
            if root is None or not answered:
                found.append(Application(name, self._pids.get(name, 0), None))
                continue
            known = parse_items(data) if data is not None else {}
            found.append(Application(name, self._pids.get(name, 0), self._grow(root, known, until)))
        self._fill([app.root for app in found if app.root is not None], until)
        return found

    def act(self, node: Accessible, index: int, *, until: float) -> bool:
        """Does the action of that index, as an assistive tool would; returns whether the application says it did."""
        serial = self.bus.post(node.bus, node.path, "org.a11y.atspi.Action", "DoAction", "i", index)
        try:
            return bool(self.bus.answer(serial, until=until)[0])
        except (BusError, IndexError):
            return False

    def states(self, node: Accessible, *, until: float) -> int:
        """The states of an accessible now, 0 if it is gone."""
        serial = self.bus.post(node.bus, node.path, _ACCESSIBLE, "GetState")
        try:
            return states_of(self.bus.answer(serial, until=until)[0])
        except (BusError, IndexError):
            return 0

    def text(self, node: Accessible, *, until: float) -> str | None:
        """The text of an accessible now, or None if it has none."""
        serial = self.bus.post(node.bus, node.path, "org.a11y.atspi.Text", "GetText", "ii", 0, -1)
        try:
            return str(self.bus.answer(serial, until=until)[0])
        except (BusError, IndexError):
            return None

    def value(self, node: Accessible, *, until: float) -> float | None:
        """The value of an accessible now, or None if it has none."""
        serial = self._property(node, "org.a11y.atspi.Value", "CurrentValue")
        try:
            return float(self.bus.answer(serial, until=until)[0])
        except (BusError, IndexError, TypeError, ValueError):
            return None

    def close(self) -> None:
        """Closes the connection; may be called twice."""
        self.bus.close()

    # ---- inside

    def _learn_pids(self, names: list[str], until: float) -> None:
        calls = {
            name: self.bus.post(
                "org.freedesktop.DBus",
                "/org/freedesktop/DBus",
                "org.freedesktop.DBus",
                "GetConnectionUnixProcessID",
                "s",
                name,
            )
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
                post(bus, path, _PROPERTIES, "Get", "ss", _ACCESSIBLE, "Name"),
                post(bus, path, _PROPERTIES, "Get", "ss", _ACCESSIBLE, "ChildCount"),
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
                if asks and node.count < 0 and node.has(State.MANAGES_DESCENDANTS):
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
            return int(self.bus.answer(self._property(node, _ACCESSIBLE, "ChildCount"), until=until)[0])
        except (BusError, NoAnswer, IndexError, TypeError, ValueError):
            return CHILD_LIMIT + 1

    def _missing(
        self,
        asking: list[tuple[Accessible, int]],
        seen: set[str],
        until: float,
    ) -> list[Accessible]:
        """The children of those that were asked for them, each put below its parent."""
        if not asking:
            return []
        self.bus.settle((serial for _, serial in asking), until=until)
        descriptions: list[tuple[Accessible, list[Accessible | _Asked]]] = []
        for node, serial in asking:
            answer = self.bus.take(serial)
            refs = answer[0][:CHILD_LIMIT] if answer else []
            by_path = {each.path: each for each in node.children}
            slots: list[Accessible | _Asked] = []
            for index, (bus, path) in enumerate(refs):
                if path in by_path:
                    slots.append(by_path.pop(path))
                elif path != NULL and path not in seen:
                    seen.add(path)
                    slots.append(self._ask(str(bus), str(path), node.path, index))
            descriptions.append((node, slots or list(node.children)))
        self.bus.settle(
            (
                serial
                for _, slots in descriptions
                for each in slots
                if isinstance(each, _Asked)
                for serial in each.serials
            ),
            until=until,
        )
        found = []
        for node, slots in descriptions:
            children = [each.answered(self.bus) if isinstance(each, _Asked) else each for each in slots]
            node.children = [each for each in children if each is not None]
            found += node.children
        return found

    def _visible_cells(self, node: Accessible, seen: set[str], until: float) -> list[Accessible]:
        """The cells of a table that are on the screen: found at points, because it has more than can be asked for."""
        box = self._extents([node], until)[0]
        if box is None or "org.a11y.atspi.Component" not in node.interfaces:
            return []
        component = "org.a11y.atspi.Component"
        across = range(int(box.x) + 20, int(box.x + min(box.width, 4_000)), 40)
        down = range(int(box.y) + 6, int(box.y + min(box.height, 4_000)), 12)
        # Columns and rows are found on two lines: a grid of points would be thousands.
        points = [(x, int(box.y) + 8) for x in across] + [(int(box.x) + 20, y) for y in down]
        calls = [
            self.bus.post(node.bus, node.path, component, "GetAccessibleAtPoint", "iiu", x, y, 0) for x, y in points
        ]
        self.bus.settle(calls, until=until)
        first: dict[str, tuple[int, int]] = {}
        for (x, y), serial in zip(points, calls, strict=True):
            answer = self.bus.take(serial)
            if answer and answer[0][1] != NULL:
                first.setdefault(str(answer[0][1]), (x, y))
        boxes = self._extents_of([(node.bus, path) for path in first], until)
        columns = sorted({each.x + 2 for each in boxes if each is not None})
        rows = sorted({each.y + 2 for each in boxes if each is not None})
        calls = [
            self.bus.post(node.bus, node.path, component, "GetAccessibleAtPoint", "iiu", int(x), int(y), 0)
            for y in rows[:100]
            for x in columns[:60]
        ]
        self.bus.settle(calls, until=until)
        asked = []
        for index, serial in enumerate(calls):
            answer = self.bus.take(serial)
            if answer and answer[0][1] != NULL and answer[0][1] not in seen:
                seen.add(str(answer[0][1]))
                asked.append(self._ask(str(answer[0][0]), str(answer[0][1]), node.path, index))
        self.bus.settle((serial for each in asked for serial in each.serials), until=until)
        found = [each.answered(self.bus) for each in asked]
        return [each for each in found if each is not None]

    def _fill(self, roots: list[Accessible], until: float) -> None:
        """Asks for boxes, texts, values, actions and labels of what is showing, all in one round."""
        post = self.bus.post
        calls: list[tuple[Accessible, str, int]] = []
        number = 0
        for root in roots:
            for node in root.below():
                if not node.showing:
                    continue
                number += 1
                if number > NODE_LIMIT:
                    break
                has = node.interfaces
                if "org.a11y.atspi.Component" in has:
                    calls.append(
                        (node, "box", post(node.bus, node.path, "org.a11y.atspi.Component", "GetExtents", "u", 0))
                    )
                if node.role in _TEXTUAL and "org.a11y.atspi.Text" in has and (node.role != 29 or not node.name):
                    calls.append(
                        (node, "text", post(node.bus, node.path, "org.a11y.atspi.Text", "GetText", "ii", 0, -1))
                    )
                if node.role in _NUMERIC and "org.a11y.atspi.Value" in has:
                    calls.append((node, "value", self._property(node, "org.a11y.atspi.Value", "CurrentValue")))
                    calls.append((node, "least", self._property(node, "org.a11y.atspi.Value", "MinimumValue")))
                    calls.append((node, "most", self._property(node, "org.a11y.atspi.Value", "MaximumValue")))
                if node.role in _ACTING and "org.a11y.atspi.Action" in has:
                    calls.append((node, "actions", post(node.bus, node.path, "org.a11y.atspi.Action", "GetActions")))
                if node.role in _LABELLED and (not node.name or node.role == _COMBO_BOX):
                    calls.append((node, "label", post(node.bus, node.path, _ACCESSIBLE, "GetRelationSet")))
        self.bus.settle((serial for _, _, serial in calls), until=until)
        labels: list[tuple[Accessible, int]] = []
        for node, what, serial in calls:
            answer = self.bus.take(serial)
            if not answer:
                continue
            if what == "box":
                node.box = box_of(answer[0])
            elif what == "text":
                node.text = str(answer[0])[:TEXT_LIMIT]
            elif what == "actions":
                node.actions = tuple(str(each[0]) for each in answer[0][:16])
            elif what == "label":
                for kind, targets in answer[0]:
                    if kind == 2:  # labelled by
                        labels += [
                            (node, self.bus.post(str(bus), str(path), _PROPERTIES, "Get", "ss", _ACCESSIBLE, "Name"))
                            for bus, path in targets[:2]
                        ]
            elif isinstance(answer[0], int | float):
                setattr(node, what, float(answer[0]))
        self.bus.settle((serial for _, serial in labels), until=until)
        for node, serial in labels:
            answer = self.bus.take(serial)
            if answer:
                node.label = f"{node.label} {answer[0]}".strip()

    def _property(self, node: Accessible, interface: str, name: str) -> int:
        return self.bus.post(node.bus, node.path, _PROPERTIES, "Get", "ss", interface, name)

    def _extents(self, nodes: list[Accessible], until: float) -> list[Box | None]:
        return self._extents_of([(node.bus, node.path) for node in nodes], until)

    def _extents_of(self, refs: Iterable[tuple[str, str]], until: float) -> list[Box | None]:
        calls = [self.bus.post(bus, path, "org.a11y.atspi.Component", "GetExtents", "u", 0) for bus, path in refs]
        self.bus.settle(calls, until=until)
        answers = [self.bus.take(serial) for serial in calls]
        return [box_of(answer[0]) if answer else None for answer in answers]


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


def connect(session: str, outside: Any, *, seconds: float = 10.0) -> tuple[Registry, str]:
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
    place = next((part[5:] for part in str(address).removeprefix("unix:").split(",") if part.startswith("path=")), None)
    if place is None:
        raise BusGone(f"the accessibility bus is at {address}, which is no path")
    try:
        registry = Registry(outside(place))
        registry.read(until=until)
    except (BusError, NoAnswer) as error:
        raise BusGone(f"the accessibility registry does not start: {error}") from error
    return registry, str(address)
