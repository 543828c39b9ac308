"""Each way to say a task asks for the same: it is read back to one check, whichever was drawn."""

import itertools
from collections.abc import Iterator

import pytest

from labelers.reading import Vocabulary, read
from labelers.rules.effects import TICKED, UNTICKED, Effect, Fill
from labelers.rules.forms import saving
from labelers.rules.wording import command, drawn, plainly

WORDS = Vocabulary({"plants": ("family", "height")})


def effect(kind: str, name: str, phrase: str, **fields: object) -> Effect:
    return Effect(kind, phrase, name, "Plants", "", **fields)  # type: ignore[arg-type]


def fill(field: str, value: str, role: str = "textbox") -> Fill:
    return Fill(field, role, value, search=False, place=field)


FILLS = (fill("Name", "Ida, of Ulm"), fill("Town", "Ulm and Ulm"), fill("Mail", TICKED, "checkbox"))
SENT = Effect("submit", None, "Save", "Plants", "", entered=FILLS, button="Save")
OPEN = effect("open", "Plants", 'open "Plants"')
RECORD = effect("record", "Fern", 'open the record of "Fern"')
KEEPER = effect("record", "Ida", 'open the "keeper" "Ida"', column="keeper", row="Fern")
RELATED = effect(
    "related", "Waterings", 'list the rows of "Waterings" whose "plant" is "Fern"', column="plant", value="Fern"
)
TASKS: tuple[tuple[tuple[str, ...], tuple[Effect, ...]], ...] = (
    ((), (OPEN,)),
    (("Home",), (OPEN,)),
    (("Home", "Plants"), (RECORD,)),
    ((), (RECORD,)),
    ((), (KEEPER,)),
    ((), (effect("record", "Ida", 'open the "keeper" "Ida"', column="keeper"),)),
    (("Plants",), (RECORD, RELATED)),
    (("Plants",), (RECORD, effect("record", "Ida", 'open the "keeper" "Ida"', column="keeper"))),
    (("Plants",), (RECORD, effect("record", "Moss", 'open the record of "Moss"'))),
    (("Plants",), (RECORD, effect("open", "Soil", 'open "Soil"'))),
    ((), (RELATED, RECORD)),
    ((), (effect("sort", "h", 'sort the list by "h" in descending order', column="h", order="descending"), RECORD)),
    ((), (effect("filter", "Osmunda", 'show only the rows whose "f" is "Osmunda"', column="f", value="Osmunda"),)),
    ((), (effect("search", "fern", 'search for "fern"', value="fern"),)),
    ((), (effect("add", "Rake", 'add "Rake"', value="Rake"),)),
    ((), (effect("toggle", "Rake", 'tick "Rake"'), effect("toggle", "Hoe", 'untick "Hoe"'))),
    ((), (effect("toggle", "Done", 'tick "Done" in the row of "Rake"', row="Rake"),)),
    ((), (effect("toggle", "Bold", 'switch on "Bold"'), effect("tab", "More", 'switch to "More"'))),
    ((), (effect("toggle", "Bold", 'switch off "Bold" in the row of "Rake"', row="Rake"),)),
    ((), (effect("dialog", "Print", 'open the dialog "Print"'), effect("toggle", "All", 'choose "All"'))),
    ((), (effect("set", "Pages", 'set "Pages" to "3"', value="3", quotes=("Pages",), entered=(fill("Pages", "3"),)),)),
    ((), (effect("set", "", 'write "Moss, and fern" in the document', value="Moss, and fern"),)),
    ((), (Effect("open", 'open "Orders"', "Orders", "Plants", "", menu="Soil"),)),
    ((), (Effect("save", saving(SENT), "Save", "Plants", "", entered=FILLS[:2], button="Save"),)),
    (("Home", "Plants"), (Effect("kept", saving(SENT), "Save", "Plants", "", entered=FILLS, button="Save"),)),
    (("Plants",), (RECORD, Effect("kept", saving(SENT), "Save", "Plants", "", entered=FILLS[1:], button="Save"))),
)


def ways(hops: tuple[str, ...], effects: tuple[Effect, ...]) -> Iterator[str]:
    """The task in all its ways."""
    parts: dict[str, int] = {}

    def note(part: str, count: int) -> int:
        parts[part] = count
        return 0

    for window in (False, True):
        command(hops, effects, note, window=window)
        for chosen in itertools.product(*map(range, parts.values())):
            drawing = dict(zip(parts, chosen, strict=True))
            yield command(hops, effects, lambda part, _, drawing=drawing: drawing[part], window=window)


@pytest.mark.parametrize(("hops", "effects"), TASKS)
def test_each_way_of_a_task_is_read_as_the_same(hops: tuple[str, ...], effects: tuple[Effect, ...]) -> None:
    said = list(ways(hops, effects))
    checks = {read(text, WORDS) for text in said}
    assert len(checks) == 1, said


def test_there_is_more_than_one_way_and_the_task_alone_says_which_is_taken() -> None:
    task = ((), (effect("search", "fern", 'search for "fern"'),))
    assert len(set(ways(*task))) > 2
    plain = command(*task, plainly)
    assert plain == 'In "Plants", search for "fern".'
    assert command(*task, drawn(plain)) == command(*task, drawn(plain))
    drawings = {drawn(f"task {at}")("search 0", 2) for at in range(20)}
    assert drawings == {0, 1}


def test_what_is_unticked_is_said_so() -> None:
    off = Effect(
        "kept",
        "",
        "Save",
        "Plants",
        "",
        entered=(FILLS[0], fill("Mail", UNTICKED, "checkbox")),
        button="Save",
        then=" and open it",
    )
    assert 'untick "Mail", then press "Save" and open it.' in command((), (off,), plainly)
