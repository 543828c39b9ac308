"""A recorded run of DroidBot as a phone: its screens, its trees, and the transitions that were recorded.

Only what was recorded is served. An action for which no edge was recorded fails with that as its reason, and is noted
in `unrecorded`: nobody knows what it would have done. Two things are no edges of the recording, and follow from what
Android does: stopping the app shows the launcher, and so does the start of an episode.
"""

import io
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from PIL import Image

from tests.explorers.android.device.machine import KEYS, Focus, Machine
from tests.explorers.android.device.views import Bounds, View

DENSITY = 560


@dataclass(frozen=True, slots=True)
class Edge:
    """A recorded transition: `kind` is touch, long, key, start, or up, down, left and right for a scroll."""

    kind: str
    box: Bounds | None
    name: str
    to: str


@dataclass(frozen=True, slots=True)
class State:
    """A recorded screen: `component` has the focus, `task` are the components below it from the first."""

    component: str
    task: tuple[str, ...]
    root: View
    picture: Path


class Recording:
    """A folder of DroidBot's output."""

    def __init__(self, folder: Path) -> None:
        text = (folder / "utg.js").read_text(encoding="utf-8")
        graph = json.loads(text[text.index("{") : text.rindex("}") + 1])
        self.package: str = graph["app_package"]
        self.main = f"{self.package}/{graph['app_main_activity'].removeprefix(self.package)}"
        self.states = {node["id"]: _state(folder, node) for node in graph["nodes"]}
        self.edges: dict[str, list[Edge]] = {name: [] for name in self.states}
        events = [json.loads(path.read_text(encoding="utf-8")) for path in sorted((folder / "events").glob("*.json"))]
        views = {
            event["event"]["view"]["view_str"]: event["event"]["view"] for event in events if "view" in event["event"]
        }
        for edge in graph["edges"]:
            for event in edge["events"]:
                self._add(edge["from"], _edge(event["event_str"], views, edge["to"]))
        for event in events:
            # What changed nothing is no edge of the graph, and was recorded all the same.
            if event["start_state"] == event["stop_state"] and event["start_state"] in self.states:
                self._add(event["start_state"], _of_event(event["event"], event["stop_state"]))
        self.home = next(name for name, state in self.states.items() if "auncher" in state.component)
        self.first = next(edge.to for edge in self.edges[self.home] if edge.kind == "start")

    def reachable(self) -> set[str]:
        """The states that a walk from the first one can come to."""
        found, waiting = {self.first}, [self.first]
        while waiting:
            for edge in self.edges[waiting.pop()]:
                if edge.to not in found:
                    found.add(edge.to)
                    waiting.append(edge.to)
        return found

    def _add(self, start: str, edge: Edge | None) -> None:
        if edge is not None and edge not in self.edges[start]:
            self.edges[start].append(edge)


class AlbumPlayer(Machine):
    """Plays a recording; where one action led to several states, they come in turn.

    `shrink` makes the screen smaller by that factor: recording a screen of 1440 x 2560 takes a second.
    """

    def __init__(self, folder: Path, *, shrink: int = 1, latency: Mapping[str, float] | None = None) -> None:
        self.recording = _recording(folder)
        self._shrink = shrink
        self.at = self.recording.home
        self.visited: Counter[str] = Counter()
        self.unrecorded: list[tuple[str, str]] = []
        self._turns: Counter[tuple[str, str, Bounds | None]] = Counter()
        size = self.recording.states[self.recording.first].root.bounds
        super().__init__(width=size[2] // shrink, height=size[3] // shrink, density=DENSITY // shrink, latency=latency)
        self.properties |= {"ro.build.version.release": "7.0", "ro.build.version.sdk": "24"}

    @property
    def rotation(self) -> int:
        """It was recorded upright."""
        return 0

    def root(self) -> View:
        return _shrunk(self.recording.states[self.at].root, self._shrink)

    def picture(self, root: View) -> bytes:  # noqa: ARG002
        return _png(self.recording.states[self.at].picture, self._shrink)

    def focus(self) -> Focus:
        state = self.recording.states[self.at]
        return Focus(state.component, state.task)

    def packages(self) -> Mapping[str, str]:
        recording = self.recording
        every = {state.component.partition("/")[0]: "" for state in recording.states.values()}
        return every | {recording.package: recording.main.partition("/")[2]}

    def start(self, component: str, data: str) -> str | None:
        return self._follow("start", None, component or data)

    def stop(self, package: str) -> None:
        if package == self.recording.package:
            self.at = self.recording.home

    def clear(self, package: str) -> None:
        """It was recorded with what the app kept."""

    def running(self, package: str) -> bool:
        return self.at != self.recording.home or package != self.recording.package

    def touch(self, kind: Literal["tap", "long"], x: float, y: float) -> str | None:
        return self._follow("touch" if kind == "tap" else "long", (x, y), f"{x:g} {y:g}")

    def drag(self, x: float, y: float, to_x: float, to_y: float) -> str | None:
        across, down = to_x - x, to_y - y
        # DroidBot names a scroll by what it shows: `DOWN` moves the finger up.
        if abs(across) > abs(down):
            return self._follow("left" if across > 0 else "right", (x, y), f"{x:g} {y:g} {to_x:g} {to_y:g}")
        return self._follow("up" if down > 0 else "down", (x, y), f"{x:g} {y:g} {to_x:g} {to_y:g}")

    def key(self, code: int) -> str | None:
        name = next((name for name, number in KEYS.items() if number == code), str(code))
        return self._follow("key", None, name)

    def write(self, text: str) -> str | None:
        return self._unknown(f"text {text!r}")

    def erase(self) -> None:
        self._unknown("erase")

    def keyboard(self) -> bool:
        return False

    def install(self, apk: bytes) -> str | None:  # noqa: ARG002
        return "INSTALL_FAILED_INVALID_APK"

    def _follow(self, kind: str, place: tuple[float, float] | None, said: str) -> str | None:
        found = []
        for edge in self.recording.edges[self.at]:
            if edge.kind != kind or (place is None and edge.name != said):
                continue
            if place is None or (edge.box is not None and _within(edge.box, *(part * self._shrink for part in place))):
                found.append(edge)
        if not found:
            return self._unknown(f"{kind} {said}")
        if place is not None:
            smallest = min(_area(edge.box) for edge in found)
            found = [edge for edge in found if _area(edge.box) == smallest]
        # An action that changed something comes before the same one that did not.
        found = [edge for edge in found if edge.to != self.at] or found
        turn = (self.at, kind, found[0].box)
        edge = found[self._turns[turn] % len(found)]
        self._turns[turn] += 1
        self.at = edge.to
        self.visited[edge.to] += 1
        return None

    def _unknown(self, action: str) -> str:
        self.unrecorded.append((self.at, action))
        return f"no edge was recorded for: {action}"


@lru_cache(maxsize=2)
def _recording(folder: Path) -> Recording:
    return Recording(folder)


@lru_cache(maxsize=64)
def _png(path: Path, shrink: int) -> bytes:
    """The recorded picture; the recording has JPEG under the name of PNG, and a phone gives PNG."""
    data = io.BytesIO()
    with Image.open(path) as image:
        image.convert("RGB").resize((image.width // shrink, image.height // shrink)).save(data, "PNG", compress_level=1)
    return data.getvalue()


def _shrunk(view: View, factor: int) -> View:
    left, top, right, bottom = (edge // factor for edge in view.bounds)
    children = [_shrunk(child, factor) for child in view.children]
    return replace(view, bounds=(left, top, right, bottom), children=children)


def _state(folder: Path, node: dict[str, Any]) -> State:
    picture = folder / node["image"]
    told = json.loads(
        (picture.parent / picture.name.replace("screen_", "state_").replace(".png", ".json")).read_text("utf-8")
    )
    stack = [_short(name) for name in told["activity_stack"]][::-1]
    views = told["views"]
    component = _short(told["foreground_activity"])
    package = views[0]["package"]
    if component.partition("/")[0] != package:
        component = stack[-1] if stack else component  # the focus had moved on before the activity was asked for
    return State(component, tuple(stack), _view(views, 0), picture)


def _view(views: list[dict[str, Any]], index: int) -> View:
    told = views[index]
    (left, top), (right, bottom) = told["bounds"]
    return View(
        cls=told["class"] or "",
        text=told["text"] or "",
        id=told["resource_id"] or "",
        desc=told["content_description"] or "",
        package=told["package"] or "",
        bounds=(left, top, right, bottom),
        children=[_view(views, child) for child in told["children"] if views[child]["visible"]],
        clickable=told["clickable"],
        long_clickable=told["long_clickable"],
        checkable=told["checkable"],
        checked=told["checked"],
        enabled=told["enabled"],
        focused=told["focused"],
        scrollable=told["scrollable"],
        password=told["is_password"],
        selected=told["selected"],
    )


def _edge(said: str, views: dict[str, dict[str, Any]], to: str) -> Edge | None:
    """The edge of an event as the graph writes it: `TouchEvent(view=...)`."""
    kind, _, inside = said.partition("(")
    parts = dict(part.partition("=")[::2] for part in inside.rstrip(")").split(", "))
    match kind:
        case "TouchEvent" | "LongTouchEvent":
            return Edge("touch" if kind == "TouchEvent" else "long", _box(views[parts["view"]]), "", to)
        case "ScrollEvent":
            return Edge(parts["direction"].lower(), _box(views[parts["view"]]), "", to)
        case "KeyEvent":
            return Edge("key", None, parts["name"], to)
        case "IntentEvent":
            return Edge("start", None, _short(parts["intent"].strip("'").rpartition(" ")[2]), to)
    return None


def _of_event(event: dict[str, Any], to: str) -> Edge | None:
    match event["event_type"]:
        case "touch" | "long_touch" as kind:
            return Edge("touch" if kind == "touch" else "long", _box(event["view"]), "", to)
        case "scroll":
            return Edge(event["direction"].lower(), _box(event["view"]), "", to)
        case "key":
            return Edge("key", None, event["name"], to)
    return None


def _box(view: dict[str, Any]) -> Bounds:
    (left, top), (right, bottom) = view["bounds"]
    return left, top, right, bottom


def _short(component: str) -> str:
    package, _, activity = component.partition("/")
    return f"{package}/{activity.removeprefix(package) if activity.startswith(package + '.') else activity}"


def _within(box: Bounds, x: float, y: float) -> bool:
    return box[0] <= x < box[2] and box[1] <= y < box[3]


def _area(box: Bounds | None) -> int:
    return 0 if box is None else (box[2] - box[0]) * (box[3] - box[1])
