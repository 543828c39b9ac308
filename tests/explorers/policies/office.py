"""An office in memory: a list of records with a search, and a form that refuses what doesn't fit."""

import re
from dataclasses import dataclass, field, replace

from explorers.core.experience import NOT_AGAIN
from schemas.actions import Action, Back, Click, Home, Open, Point, Scroll, Select, Type, point_of
from schemas.records import Box, Choice, Node, Observation, Outcome
from tests.explorers.screens import node, screen

SITE = "http://office.example"
CHECKS = {
    "Name": r".+",
    "E-mail": r"[^@ ]+@[^@ ]+",
    "Start date": r"\d{4}-\d\d-\d\d",
    "End date": r"\d{4}-\d\d-\d\d",
    "Room": r"Oak|Linden",
}


@dataclass
class Office:
    """`again` says whether it may be pressed again what changes something: whether a reset is declared."""

    again: bool = True
    path: str = "/"
    values: dict[str, str] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)
    kept: list[dict[str, str]] = field(default_factory=list)
    refused: list[dict[str, str]] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)
    watching: bool = False
    notice: str | None = None
    pressed: list[str] = field(default_factory=list)

    def reset(self) -> Observation:
        self.path, self.values, self.wrong, self.kept = "/", {}, {}, []
        return self.seen()

    def seen(self) -> Observation:
        nodes = self._list() if self.path == "/" else self._form() if self.path == "/new" else self._record()
        return replace(screen(*nodes, location=SITE + self.path, back=self.path != "/"), notice=self.notice)

    def act(self, action: Action, choice: Choice) -> Outcome:
        self.notice = None
        name = choice.target.name if choice.target is not None else ""
        match action:
            case Type(text):
                self.values[name] = text
            case Select(option):
                self.values[name] = option
            case Open(location):
                self.path = location.removeprefix(SITE)
            case Back() | Home():
                self.path = "/"
            case Click(point):
                self.pressed.append(name)
                self._press(name, point)
            case Scroll():
                pass
            case _:
                raise AssertionError(f"{action} at {point_of(action)}")
        return Outcome("ok")

    def _press(self, name: str, _: Point) -> None:
        if name in ("New record", "Records"):
            self.path, self.values, self.wrong = ("/new" if name == "New record" else "/"), {}, {}
        elif name == "Save":
            self._save()
        elif name in ("Watch", "Unwatch"):
            self.watching = name == "Watch"
        elif name in {each["Name"] for each in self.kept}:
            self.opened.append(name)
            self.path = "/1"

    def _save(self) -> None:
        self.notice = "sent POST /new" + ("" if self.again else f"; {NOT_AGAIN}")
        given = {name: self.values.get(name, "") for name in CHECKS}
        self.wrong = {
            name: f"{name}: this is not a valid value."
            for name, check in CHECKS.items()
            if not re.fullmatch(check, given[name])
        }
        if not self.wrong and given["End date"] < given["Start date"]:
            self.wrong = {"End date": "The end must not be before the start."}
        if self.wrong:
            self.refused.append(given)
            return
        self.kept.append(given)
        self.path, self.values = "/", {}

    def _list(self) -> list[Node]:
        rows = [
            node("link", each["Name"], y=100 + 20 * number, href=f"{SITE}/{number + 1}", path=f"tr > a.n{number}")
            for number, each in enumerate(self.kept)
        ]
        return [
            node("heading", "Records", y=10),
            node("link", "New record", y=40, href=SITE + "/new", path="a.new"),
            node("button", "Unwatch" if self.watching else "Watch", y=70, path="p > button"),
            *rows,
        ]

    def _form(self) -> list[Node]:
        nodes = [
            node("link", "Records", y=2, href=SITE + "/", path="a.home"),
            node("form", "", id="record", method="post"),
        ]
        for number, name in enumerate(CHECKS):
            y = 30 + 40 * number
            shared = {"depth": 1, "value": self.values.get(name, ""), "path": f"form > p.f{number} > input"}
            if name == "Room":
                nodes.append(node("combobox", name, y=y, options=("", "Oak", "Linden"), **shared))
            else:
                nodes.append(node("textbox", name, "editable", "required", y=y, field="text", **shared))
            if name in self.wrong:
                nodes.append(replace(node("text", self.wrong[name], depth=1), box=Box(120, y, 90, 16)))
        nodes.append(node("button", "Save", y=260, depth=1, field="submit", method="post", path="form > button"))
        return nodes

    def _record(self) -> list[Node]:
        name = self.kept[0]["Name"] if self.kept else "gone"
        return [node("heading", name, y=10), node("link", "Records", y=40, href=SITE + "/", path="a.home")]
