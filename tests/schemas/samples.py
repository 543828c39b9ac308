"""Records drawn from their types, and small recordings: for the tests of schemas."""

import dataclasses
import functools
import io
import types
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import pyarrow as pa
from hypothesis import strategies as st
from PIL import Image as Pillow

from schemas import actions, choices, opinions, proofs, records
from schemas.actions import Action, Click, Point, Type
from schemas.records import Box, Choice, EpisodeEnd, EpisodeStart, Node, Observation, Outcome, Screen, Setting, Tree
from schemas.traces import TraceWriter, trajectory_id

NOON = datetime(2026, 5, 1, 12, 0, 0, 250, tzinfo=UTC)

RECORDS: tuple[type[Any], ...] = tuple(
    found
    for module in (records, opinions, choices, proofs)
    for found in vars(module).values()
    if isinstance(found, type) and dataclasses.is_dataclass(found) and found.__module__ == module.__name__
)
ACTIONS = actions.ACTIONS

# Records of the live world hold images and trees as objects; they are stored as bytes and by id.
STORED = tuple(record for record in RECORDS if record not in (Observation, Screen, Tree))

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
fractions = st.floats(0, 1)
floats = st.floats(allow_nan=False, allow_infinity=False)
times = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001 (hypothesis asks)


@functools.cache  # a strategy is built and validated once, not with every example
def values(hint: Any) -> st.SearchStrategy[Any]:
    """Values of a type, as wide as the type allows."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return st.one_of([values(member) for member in arguments])
    if origin is Annotated:
        bits, signed = arguments[1].bit_width, pa.types.is_signed_integer(arguments[1])
        return st.integers(-(2 ** (bits - 1)) if signed else 0, 2 ** (bits - signed) - 1)
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin is tuple:
        return st.lists(values(arguments[0]), max_size=3).map(tuple)
    if hint is Point:
        pixels, shares = st.tuples(floats, floats), st.tuples(fractions, fractions)
        neither = st.just((None, None))
        pairs = st.one_of(st.tuples(pixels, shares), st.tuples(pixels, neither), st.tuples(neither, shares))
        return pairs.map(lambda pair: Point(*pair[0], *pair[1]))
    if dataclasses.is_dataclass(hint):
        hints = get_type_hints(hint, include_extras=True)
        return st.builds(hint, **{field.name: values(hints[field.name]) for field in dataclasses.fields(hint)})
    scalars: dict[Any, st.SearchStrategy[Any]] = {
        str: texts,
        int: st.integers(-(2**63), 2**63 - 1),
        float: floats,
        bool: st.booleans(),
        bytes: st.binary(max_size=12),
        datetime: times,
        type(None): st.none(),
    }
    return scalars[hint]


def png(colour: tuple[int, int, int] = (255, 255, 255), size: tuple[int, int] = (4, 3)) -> bytes:
    """A PNG of one colour."""
    file = io.BytesIO()
    Pillow.new("RGB", size, colour).save(file, "PNG")
    return file.getvalue()


def tree(*nodes: Node) -> Tree:
    """The nodes below a document."""
    return Tree("fake", (Node("document", "A page"), *nodes))


def observation(number: int = 0, **changes: Any) -> Observation:
    """What is seen after `number` steps; every number has its own screen and tree."""
    seen = Observation(
        screen=Screen(png((number, 0, 0)), 4, 3),
        tree=tree(Node("button", f"Button {number}", depth=1, box=Box(1, 1, 2, 1))),
        location=f"http://127.0.0.1/{number}",
        title=f"Page {number}",
        windows=("main",),
        scroll=None,
        time=NOON + timedelta(seconds=number),
    )
    return dataclasses.replace(seen, **changes)


def start(run_id: str = "run", episode: int = 0, **changes: Any) -> EpisodeStart:
    """The first line of a trace."""
    line = EpisodeStart(
        trajectory_id=trajectory_id(run_id, episode),
        run_id=run_id,
        episode=episode,
        platform="web",
        app="127.0.0.1",
        start="http://127.0.0.1/0",
        policy="random",
        policy_version="1",
        round=0,
        seed=1,
        task_id=None,
        goal=None,
        group=None,
        parent_id=None,
        branch_step=None,
        setting=Setting("fake", "1", 4, 3, 1.0, "en", simulated=True),
        source="explored",
        licence=None,
        missing=(),
        time=NOON,
    )
    return dataclasses.replace(line, **changes)


def end(**changes: Any) -> EpisodeEnd:
    """The last line of a trace."""
    return dataclasses.replace(EpisodeEnd("max steps", None, None, None, NOON + timedelta(hours=1)), **changes)


def click(number: int = 0) -> Choice:
    """A choice that differs for every number."""
    return Choice(Click(Point.on(number % 4, 1, width=4, height=3)), thought=f"Try button {number}")


def write(folder: Path, actions_: Iterable[Action] = (Click(Point(1, 1)), Type("x")), **first: Any) -> TraceWriter:
    """An open trace with one step for each action."""
    writer = TraceWriter(folder, start(**first))
    writer.observation(observation(0))
    for number, action in enumerate(actions_, 1):
        writer.action(Choice(action))
        writer.observation(observation(number), Outcome("ok", settle="quiet 120"))
    return writer
