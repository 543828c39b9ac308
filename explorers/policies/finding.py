"""Finding again what a form kept."""

from explorers.core.affordances import is_search
from explorers.policies.form_parts import option_on
from explorers.policies.options import Option
from explorers.policies.view import View
from schemas.actions import Click, Type

FIND_STEPS = 4
"""Steps that may be taken for it."""


class RecordFinder:
    """Looks for a record by a value that was entered, in a list or by its search."""

    def __init__(self, value: str) -> None:
        self._value = value
        self._steps = 0

    def next(self, view: View) -> Option | None:
        """The next step: it is pressed where it is listed, else searched for; None where neither can be done."""
        value, steps = self._value, self._steps
        self._steps += 1
        if steps >= FIND_STEPS:
            return None
        for each in view.affordances:
            if (
                each.kind == "press"
                and each.node.role in ("link", "row", "gridcell", "treeitem")
                and value in each.node.name
            ):
                self._steps = FIND_STEPS
                return option_on(Click(each.point), each)
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
