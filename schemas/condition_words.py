"""Conditions as one would say them: for whoever reads why a task is not done, or not proven."""

from typing import assert_never

from schemas.conditions import Answered, Condition, HomeCondition
from schemas.keys import canonical_json
from schemas.screen_conditions import (
    At,
    Called,
    Cell,
    Counts,
    EveryRow,
    Finds,
    Gives,
    HasRow,
    LocationContains,
    Says,
    Shows,
    SortedBy,
    Tells,
    Tops,
)


def in_words(condition: Condition) -> str:
    """A condition as one would say it."""
    said = _in_words(condition)
    return f"it is not so that {said}" if condition.negated else said


def _in_words(condition: Condition) -> str:
    match condition:
        case Answered(text):
            return f"the answer is {text!r}"
        case Shows(role, name, value, flag, _, inside):
            parts = [f"a {role or 'thing'}", f"called {name!r}" if name is not None else ""]
            parts += [f"with {value!r}" if value is not None else "", f"that is {flag}" if flag is not None else ""]
            where = f" in {inside!r}" if inside is not None else ""
            return f"there is {' '.join(filter(None, parts))}{where}"
        case LocationContains(text):
            return f"the address or the title holds {text!r}"
        case At(location, parameters):
            said = " and ".join(f"{each.name} = {each.value!r}" for each in parameters)
            return f"the address is {location}" + (f" with {said}" if said else "")
        case Called(text, whole):
            return f"the page is headed {text!r}" if whole else f"the page is called {text!r}"
        case Says(text):
            return f"the page says {text!r}"
        case HasRow(cells, first, only, _, named):
            which = "the first row" if first else "the only row" if only else "a row"
            return f"{which} {'is called' if named else 'has'} {' and '.join(map(_cell, cells))}"
        case EveryRow(column, value):
            return f"every row has {value!r} as its {column!r}"
        case SortedBy(column, descending):
            return f"the rows run by {column!r}, {'downwards' if descending else 'upwards'}"
        case Tops(name, column, descending):
            return f"{name!r} has the {'highest' if descending else 'lowest'} {column!r}"
        case Counts(number):
            return f"there are {number} rows"
        case Tells(name, columns):
            said = f", with {', '.join(columns)}" if columns else ""
            return f"the page is about {name!r}{said}"
        case Gives(cells, fields):
            return f"a record{' or a form' if fields else ''} is shown with {' and '.join(map(_cell, cells))}"
        case Finds(text):
            return f"results for {text!r} are shown"
        case _ if isinstance(condition, HomeCondition):
            return canonical_json(condition).decode()
        case _:
            assert_never(condition)


def _cell(cell: Cell) -> str:
    return repr(cell.value) if cell.column is None else f"{cell.value!r} as its {cell.column!r}"
