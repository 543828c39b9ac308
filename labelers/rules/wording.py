"""Several ways to say one task: which of them is taken hangs on the task alone, so that the same task is said the same.

Each way of a kind asks for the same; the first is the plain one.
"""

from collections.abc import Callable, Sequence

from labelers.rules.effects import BOXES, CHOICES, TICKED, WORD, Effect, Fill, listed
from schemas.keys import fraction
from schemas.pages import fold, quote

Draw = Callable[[str, int], int]
"""Which of so many ways is taken for a part of a sentence."""


def plainly(part: str, ways: int) -> int:  # noqa: ARG001
    """The first way of all."""
    return 0


def drawn(task: str) -> Draw:
    """The ways that a task is said in, by its plain words."""

    def draw(part: str, ways: int) -> int:
        return int(fraction("way", task, part) * ways)

    return draw


PLACELESS = frozenset({"open", "related", "narrow", "dialog"})
"""Kinds that are asked for without naming the page one is on."""


def command(hops: Sequence[str], effects: Sequence[Effect], draw: Draw, *, window: bool = False) -> str:
    """The task in words: where to go, then what to do there; with `window` that is a window and no page."""
    phrases = [phrase(effect, effects[:position], draw) for position, effect in enumerate(effects)]
    first = effects[0]
    if not hops and (first.context is None or fold(first.context) == fold(first.name) or first.kind in PLACELESS):
        return _capital(_joined(phrases)) + "."
    if len(hops) < 2 and first.kind not in PLACELESS:
        place = quote(hops[0] if hops else first.context or "")
        said, kind = _joined(phrases), "In the window" if window else "On the page"
        there = f"{_joined([f'Go to {place}', *phrases])}." if hops else f"{kind} {place}, {said}."
        begun = (f"In {place}, {said}.", there)
        return begun[draw("place", len(begun))]
    return _capital(_joined([f"go to {', then '.join(map(quote, hops))}", *phrases])) + "."


def _joined(phrases: Sequence[str]) -> str:
    """The phrases as one; what is entered has commas of its own."""
    return listed(phrases) if not any(", then press " in each for each in phrases) else ", ".join(phrases)


def phrase(effect: Effect, before: Sequence[Effect], draw: Draw) -> str:
    """An effect as a task after those before it: from a record one goes on."""
    ways = _ways(effect, before)
    return ways[draw(f"{effect.kind} {len(before)}", len(ways))]


def _ways(effect: Effect, before: Sequence[Effect]) -> tuple[str, ...]:
    name, column, value = quote(effect.name), quote(effect.column or ""), quote(effect.value or "")
    on_record = bool(before) and before[-1].kind == "record"
    plain = effect.phrase or ""
    match effect.kind:
        case "related" if on_record:
            return (
                f"go on from there to the rows of {name} that belong to it",
                f"list the rows of {name} that belong to it",
                f"show what {name} it has",
            )
        case "narrow":
            return plain, f"show the rows of {name} for {value}"
        case "related":
            return plain, f"show every row of {name} with {value} as its {column}"
        case "record" if on_record and effect.column is None and plain.startswith("open the record"):
            return f"go on from there to the record of {name}", f"from there open the record of {name}"
        case "record" | "open" if on_record and effect.column is None:
            return f"go on from there to {name}", f"from there open {name}"
        case "record" if on_record:
            return f"go on from there to its {column} {name}", f"from there open its {column} {name}"
        case "record" if effect.column is not None and effect.row is not None:
            return (
                f"go from {quote(effect.row)} to its {column} {name}",
                f"open the {column} {name} of {quote(effect.row)}",
            )
        case "record" if effect.column is not None:
            return (plain,)
        case "record" if plain.startswith("open the record"):
            return plain, f"open the entry {name}", f"show the details of {name}"
        case "open" if effect.menu is not None:
            return f"open {name} from the menu {quote(effect.menu)}", f"in the menu {quote(effect.menu)} choose {name}"
        case "open":
            return plain, f"show the page {name}"
        case "sort":
            return plain, f"put the rows in {effect.order} order of {column}"
        case "filter":
            return plain, f"narrow the list to the rows with {value} as their {column}"
        case "search":
            return plain, f"look for {name}"
        case "add":
            return plain, f"put {name} on the list"
        case "save" | "kept":
            press = f"then press {quote(effect.button or '')}{effect.then}"
            return tuple(f"{said}, {press}" for said in entering(effect.entered))
        case "set" if effect.entered and effect.quotes:
            return plain, f"enter {value} as {name}"
        case "dialog":
            return plain, f"bring up the dialog {name}"
        case "toggle" if plain.startswith("switch "):
            return plain, plain.replace("switch", "turn", 1)
        case "tab":
            return plain, f"show the tab {name}"
        case _:
            return (plain,)


def entering(fills: Sequence[Fill]) -> tuple[str, ...]:
    """The fields with what is to be entered, in words."""
    boxes = [fill for fill in fills if fill.role in BOXES | CHOICES | {WORD}]
    ticked = [_tick(fill) for fill in boxes]
    values = [(quote(fill.field), quote(fill.value)) for fill in fills if fill not in boxes]
    if not values:
        return (", ".join(ticked),)
    said = (
        "set " + listed([f"{field} to {value}" for field, value in values]),
        "enter " + listed([f"{value} as {field}" for field, value in values]),
    )
    return tuple(", ".join([each, *ticked]) for each in said)


def _tick(fill: Fill) -> str:
    if fill.role == WORD:
        return f"add {quote(fill.value)} to {quote(fill.field)}"
    verb = "choose" if fill.role in CHOICES else "tick" if fill.value == TICKED else "untick"
    return f"{verb} {quote(fill.field)}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
