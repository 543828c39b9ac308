"""A form of several pages as a made-up application, and ways to fill it in: each step's verdict is computed.

A page shows its own fields and nothing of the others, so what decides a late step is on no screen around it. A step is
good that brings the state nearer to the goal, harmful one that leads away or sends what is wrong, neutral any other.
"""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Literal, TypeAlias, get_args

from PIL import Image, ImageDraw

from schemas.actions import Click, Point, Type
from schemas.opinions import Verdict
from schemas.records import (
    Box,
    Choice,
    EpisodeEnd,
    EpisodeStart,
    Node,
    Observation,
    Outcome,
    Screen,
    Setting,
    Target,
    Task,
    Tree,
)
from schemas.traces import TraceWriter, trajectory_id

WIDTH, HEIGHT = 800, 480
FIELDS = (
    "Name",
    "City",
    "Street",
    "Phone",
    "Company",
    "Colour",
    "Voucher",
    "Country",
    "Gift note",
    "Size",
    "Code",
    "Floor",
)
FIELDS_A_PAGE = 2
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)

Fault: TypeAlias = Literal["none", "left out", "misspelt", "went back", "repaired"]
FAULTS: tuple[Fault, ...] = get_args(Fault)
"""What is done wrong: nothing, a field of an early page left out or filled in wrongly and the form sent; all right, but
back for nothing before it is sent; a wrong field gone back for and put right."""


@dataclass(frozen=True, slots=True)
class State:
    """Where the form is: the page from 0, what the fields hold, and whether it was sent."""

    page: int
    values: tuple[str, ...]
    sent: bool = False


@dataclass(frozen=True, slots=True)
class Move:
    """One action: a text into a field, or one of the buttons."""

    button: Literal["", "Back", "Next", "Save"] = ""
    field: int = 0
    text: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """One episode: what is wanted, and the moves."""

    wanted: tuple[str, ...]
    moves: tuple[Move, ...]
    fault: Fault

    @property
    def goal(self) -> str:
        """The goal as the policy saw it."""
        parts = [f'enter "{value}" into the field "{FIELDS[at]}"' for at, value in enumerate(self.wanted)]
        sentence = ", ".join(parts) + ' and press "Save".'
        return sentence[0].upper() + sentence[1:]

    def states(self) -> list[State]:
        """The states around the moves."""
        found = [State(0, ("",) * len(self.wanted))]
        for move in self.moves:
            found.append(after(found[-1], move))
        return found

    def verdicts(self) -> list[Verdict]:
        """The verdict on each move."""
        states = self.states()
        return [_verdict(one, other, self.wanted) for one, other in pairwise(states)]

    def deciding(self, place: int) -> dict[str, str]:
        """What the fields of other pages held before a move that hangs on it, by name; none before another."""
        state, move = self.states()[place], self.moves[place]
        if move.button not in ("Save", "Back"):
            return {}
        elsewhere = [at for at in range(len(self.wanted)) if at // FIELDS_A_PAGE != state.page]
        wrong = [at for at in elsewhere if state.values[at] != self.wanted[at]]
        return {FIELDS[at]: state.values[at] for at in wrong or elsewhere}


def after(state: State, move: Move) -> State:
    """The state after a move."""
    if move.button == "Save":
        return replace(state, sent=True)
    if move.button:
        return replace(state, page=state.page + (1 if move.button == "Next" else -1))
    values = [*state.values]
    values[move.field] = move.text
    return replace(state, values=tuple(values))


def distance(state: State, wanted: Sequence[str]) -> int:
    """The fewest moves to the goal; more than any other where the form was sent with something wrong."""
    wrong = [at for at, value in enumerate(state.values) if value != wanted[at]]
    if state.sent:
        return 1_000 if wrong else 0
    first = min([state.page, *(at // FIELDS_A_PAGE for at in wrong)])
    return len(wrong) + (state.page - first) + (len(wanted) // FIELDS_A_PAGE - 1 - first) + 1


def cases(pages: int, seed: int) -> Iterator[Case]:
    """A case for every fault on a form of so many pages."""
    chance = Random(seed * 100 + pages)
    words = chance.sample(range(1_000, 10_000), pages * FIELDS_A_PAGE)
    wanted = tuple(f"word{number}" for number in words)
    for fault in FAULTS:
        wrong = chance.randrange(FIELDS_A_PAGE * max(1, pages - 1))
        if pages == 1 and fault in ("went back", "repaired"):
            continue
        yield Case(wanted, tuple(_moves(wanted, fault, wrong)), fault)


def _moves(wanted: Sequence[str], fault: Fault, wrong: int) -> Iterator[Move]:
    pages = len(wanted) // FIELDS_A_PAGE
    for page in range(pages):
        for at in range(page * FIELDS_A_PAGE, (page + 1) * FIELDS_A_PAGE):
            if at == wrong and fault == "left out":
                continue
            typo = at == wrong and fault in ("misspelt", "repaired")
            yield Move(field=at, text=f"{wanted[at]}x" if typo else wanted[at])
        if page < pages - 1:
            yield Move("Next")
    if fault == "went back":
        yield from (Move("Back"), Move("Next"))
    if fault == "repaired":
        turns = pages - 1 - wrong // FIELDS_A_PAGE
        yield from [Move("Back")] * turns
        yield Move(field=wrong, text=wanted[wrong])
        yield from [Move("Next")] * turns
    yield Move("Save")


def _verdict(before: State, then: State, wanted: Sequence[str]) -> Verdict:
    nearer = distance(before, wanted) - distance(then, wanted)
    return "good" if nearer > 0 else "neutral" if nearer == 0 else "harmful"


@dataclass(slots=True)
class Recorder:
    """Writes cases as recordings below a folder, one run for all."""

    folder: Path
    run_id: str = "f0" * 16
    count: int = field(default=0)

    def record(self, case: Case) -> str:
        """The id of the trajectory."""
        name = trajectory_id(self.run_id, self.count)
        task = Task(
            task_id=f"form-{self.count}",
            text=case.goal,
            platform="web",
            app="form.test",
            start="http://form.test/0",
            setup=None,
            check=None,
            template=None,
            source="benchmark",
            instruction_id=None,
            trajectory_id=None,
        )
        writer = TraceWriter(self.folder, _start(name, self.run_id, self.count, case.goal, task.task_id), task)
        states = case.states()
        writer.observation(_observe(states[0], 0))
        for number, (move, state, then) in enumerate(zip(case.moves, states, states[1:], strict=False), 1):
            writer.action(_choice(state, move))
            writer.observation(_observe(then, number), Outcome("ok", "quiet 20"))
        writer.end(EpisodeEnd("max steps", None, None, None, EPOCH))
        self.count += 1
        return name


def _start(name: str, run_id: str, episode: int, goal: str, task_id: str) -> EpisodeStart:
    return EpisodeStart(
        trajectory_id=name,
        run_id=run_id,
        episode=episode,
        platform="web",
        app="form.test",
        start="http://form.test/0",
        policy="made up",
        policy_version="1",
        round=0,
        seed=0,
        task_id=task_id,
        goal=goal,
        group=None,
        parent_id=None,
        branch_step=None,
        setting=Setting("made up", "1", WIDTH, HEIGHT, 1.0, "en", simulated=True),
        source="benchmark",
        licence="CC0-1.0",
        missing=(),
        time=EPOCH,
    )


def _nodes(state: State) -> list[Node]:
    pages = len(state.values) // FIELDS_A_PAGE
    nodes = [Node("document", "Order", box=Box(0, 0, WIDTH, HEIGHT))]
    if state.sent:
        return [*nodes, Node("heading", "Thank you", depth=1, level=1, box=Box(20, 20, 300, 30))]
    nodes.append(Node("heading", f"Page {state.page + 1} of {pages}", depth=1, level=1, box=Box(20, 20, 300, 30)))
    for place in range(FIELDS_A_PAGE):
        at = state.page * FIELDS_A_PAGE + place
        nodes.append(Node("textbox", FIELDS[at], state.values[at], depth=1, box=Box(160, 90 + 60 * place, 300, 30)))
    buttons = [name for name, there in (("Back", state.page > 0), ("Next", state.page < pages - 1)) if there]
    buttons += ["Save"] if state.page == pages - 1 else []
    nodes += [Node("button", name, depth=1, box=Box(20 + 140 * at, 400, 120, 40)) for at, name in enumerate(buttons)]
    return nodes


def _observe(state: State, number: int) -> Observation:
    nodes = _nodes(state)
    return Observation(
        screen=Screen(_drawn(nodes), WIDTH, HEIGHT),
        tree=Tree("made up", tuple(nodes)),
        location=f"http://form.test/{'sent' if state.sent else state.page}",
        title="Order",
        windows=(),
        scroll=None,
        time=EPOCH + timedelta(seconds=number),
    )


def _drawn(nodes: Sequence[Node]) -> bytes:
    image = Image.new("RGB", (WIDTH, HEIGHT), "white")
    draw = ImageDraw.Draw(image)
    for node in nodes[1:]:
        box = node.box or Box(0, 0, 1, 1)
        left, top = box.x, box.y
        if node.role != "heading":
            draw.rectangle((left, top, left + box.width, top + box.height), outline="grey")
        if node.role == "textbox":
            draw.text((20, top + 8), node.name, fill="black")
        draw.text((left + 8, top + 8), (node.value or "") if node.role == "textbox" else node.name, fill="black")
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def _choice(state: State, move: Move) -> Choice:
    wanted = move.button or FIELDS[move.field]
    node = next(one for one in _nodes(state) if one.name == wanted and one.role in ("textbox", "button"))
    box = node.box or Box(0, 0, 1, 1)
    point = Point.on(*box.centre, width=WIDTH, height=HEIGHT)
    action = Click(point) if move.button else Type(move.text, point, clear=True)
    return Choice(action, Target(node.role, node.name, box))
