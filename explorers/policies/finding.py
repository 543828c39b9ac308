"""Finding again what a form kept."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from explorers.core.affordances import Affordance, is_search
from explorers.core.safety import Scene
from explorers.policies.demands import is_saved
from explorers.policies.form_parts import option_on
from explorers.policies.options import Option
from explorers.policies.view import View
from schemas.actions import Click, Type
from schemas.claims import page_of
from schemas.pages import fold
from schemas.screen_conditions import Cell, Gives, shown

FIND_STEPS = 4
"""Steps that may be taken for it."""

_NAMES = frozenset({"link", "row", "gridcell", "treeitem"})
_HOLDERS = frozenset({"row", "listitem", "article"})


class RecordFinder:
    """Looks for a record by a value that was entered: where it is listed, by its search, in the list above its form.

    `values` are all that was entered: where a page tells them together, nothing is looked for any more. `page` is the
    address of the form.
    """

    def __init__(self, value: str, values: Sequence[str] = (), page: str | None = None) -> None:
        self._value = value
        self._values = tuple(each for each in dict.fromkeys((value, *values)) if each.strip())
        self._page = page
        self._steps = 0
        self._went = False

    def next(self, view: View) -> Option | None:
        """The next step: it is pressed where it is listed, else looked for; None where neither can be done."""
        value, steps = self._value, self._steps
        self._steps += 1
        if steps >= FIND_STEPS or shown(Gives(tuple(map(Cell, self._values))), page_of(view.observation)):
            return None
        for each in view.affordances:
            named = each.node.role in _NAMES and value in each.node.name
            told = steps == 0 and each.node.role == "link" and is_saved(each.node.name)
            if each.kind == "press" and (named or told):
                self._steps = FIND_STEPS
                return option_on(Click(each.point), each)
        if (beside := self._beside(view)) is not None:
            self._steps = FIND_STEPS
            return option_on(Click(beside.point), beside)
        return self._searching(view, steps) or self._going_up(view)

    def _beside(self, view: View) -> Affordance | None:
        """What opens the row that says the value: its first link."""
        nodes, scene = view.observation.nodes, Scene(view.observation)
        wanted = fold(self._value)
        held = {
            around
            for index, node in enumerate(nodes)
            if wanted and wanted in fold(node.name)
            if (around := scene.enclosing(index, _HOLDERS)) is not None
        }
        for each in view.affordances:
            around = scene.enclosing(scene.above[each.index], _HOLDERS)
            if each.kind == "press" and each.node.role == "link" and around in held and around is not None:
                return each
        return None

    def _searching(self, view: View, steps: int) -> Option | None:
        value = self._value
        fields = [each for each in view.affordances if each.kind == "fill" and is_search(each.node)]
        fields = [each for each in fields if each.form is not None or not view.has_address]
        for each in fields:
            if each.node.value == value or steps > 1:
                break
            if (submit := view.submit(each.form)) is None or each.form is None:
                return option_on(
                    Type(value, each.point, clear=bool(each.node.value), submit=view.enter_sends(each)), each
                )
            if not each.node.value:
                return option_on(Type(value, each.point), each)
            return option_on(Click(submit.point), submit)
        for each in fields:
            submit = view.submit(each.form) if each.form is not None else None
            if each.node.value == value and submit is not None and steps <= 2:
                return option_on(Click(submit.point), submit)
        return None

    def _going_up(self, view: View) -> Option | None:
        """The link to the list that the form lies below, by their addresses; once."""
        above = _path(self._page)
        here = _path(view.observation.location)
        if self._went or above is None:
            return None
        is_narrowed = "?" in (view.observation.location or "")
        best: tuple[int, Affordance] | None = None
        for each in view.affordances:
            path = _path(each.node.href)
            if each.node.role != "link" or not path or path == above or (path == here and not is_narrowed):
                continue
            if above.startswith(f"{path}/") and (best is None or len(path) > best[0]):
                best = len(path), each
        if best is None:
            return None
        self._went = True
        return option_on(Click(best[1].point), best[1])


def _path(location: str | None) -> str | None:
    try:
        return urlsplit(location or "").path.rstrip("/") if location else None
    except ValueError:
        return None
