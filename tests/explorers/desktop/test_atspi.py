"""Reading accessibles off a bus that is played here."""

from collections.abc import Iterable
from typing import Any

from explorers.desktop.accessible import Accessible, AccessibleState
from explorers.desktop.atspi import NULL, Registry
from explorers.desktop.roles import Role

CELL = 100, 20
"""Width and height of a cell of the table, whose upper left corner is at (10, 10)."""


class TableBus:
    """A table of two columns and three rows on the screen, and thousands of millions beside."""

    def __init__(self) -> None:
        self._answers: dict[int, list[Any]] = {}

    def post(self, bus: str, path: str, interface: str, member: str, signature: str = "", *body: Any) -> int:  # noqa: ARG002
        serial = len(self._answers)
        self._answers[serial] = [self._answer(path, member, body)]
        return serial

    def settle(self, serials: Iterable[int], *, until: float) -> bool:  # noqa: ARG002
        return all(serial in self._answers for serial in serials)

    def take(self, serial: int) -> list[Any]:
        return self._answers[serial]

    def _answer(self, path: str, member: str, body: tuple[Any, ...]) -> Any:
        match member:
            case "GetAccessibleAtPoint":
                column, row = (body[0] - 10) // CELL[0], (body[1] - 10) // CELL[1]
                return (":1.1", f"/cell/{column}/{row}" if column < 2 and row < 3 else NULL)
            case "GetExtents" if path == "/table":
                return (10, 10, 300, 80)
            case "GetExtents":
                _, _, column, row = path.split("/")
                return (10 + int(column) * CELL[0], 10 + int(row) * CELL[1], *CELL)
            case "GetRole":
                return int(Role.TABLE_CELL)
            case "GetState":
                return [AccessibleState.SHOWING, 0]
            case "Get":
                return path if body[-1] == "Name" else 0
            case _:
                return []


def test_the_cells_of_an_endless_table_are_those_on_the_screen() -> None:
    registry = object.__new__(Registry)
    bus: Any = TableBus()
    registry.bus = bus
    component = frozenset({"org.a11y.atspi.Component"})
    table = Accessible(":1.1", "/table", "/", 0, 2**31 - 1, component, "", Role.TABLE, "", AccessibleState.SHOWING)
    seen = {"/cell/1/2"}
    cells = registry._visible_cells(table, seen, 0.0)
    assert [(cell.path, cell.index, cell.parent) for cell in cells] == [
        (f"/cell/{column}/{row}", 2 * row + column, "/table")
        for row in range(3)
        for column in range(2)
        if (column, row) != (1, 2)
    ]
    assert len(seen) == 6
