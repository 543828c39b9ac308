"""The dataset `text`: the accessibility tree in the place of the screenshot, for models without eyes.

Each element on the screen is a line with its middle, and what is done is done there: all places can be read.
"""

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pyarrow as pa

from pipelines.export.dialects import Unspoken
from pipelines.export.formats.curated import CuratedStep
from pipelines.export.formats.examples import (
    MESSAGES,
    PROVENANCE,
    SHARED_COLUMNS,
    Example,
    Format,
    Rows,
    Sample,
    ending_sample,
    message,
    step_sample,
    tried,
)
from pipelines.export.geometry import Frame
from pipelines.export.shards import JSON_LINES
from pipelines.export.tokens import harmless
from pipelines.export.voice import Voice
from schemas.actions import Drag, Point, Swipe, point_of
from schemas.records import Box, Node

MOST_LINES, NAME_LONGEST = 300, 120
"""Lines of a screen; characters of a name. What a step touches is among the lines, or there is no row of it."""


def listed(nodes: Sequence[Node], frame: Frame) -> list[tuple[Box, str]]:
    """The elements on the screen that have words or take input, in their order, each with its line."""
    lines = []
    for node in nodes:
        if not node.on_screen or node.box is None or not (node.name or node.value or node.options):
            continue
        if node.box.width <= 0 or node.box.height <= 0:
            continue
        x, y = frame.place(_middle(node.box, frame))
        parts = [f"({x:g},{y:g}) {node.role}", f'"{_cut(node.name)}"'] if node.name else [f"({x:g},{y:g}) {node.role}"]
        parts += [f"= {_cut(node.value)}"] if node.value else []
        parts += [flag for flag in ("checked", "selected", "expanded", "disabled", "focused") if flag in node.flags]
        lines.append((node.box, harmless(" ".join(parts))))
        if len(lines) == MOST_LINES:
            break
    return lines


def _middle(box: Box, frame: Frame) -> Point:
    width, height = frame.recorded
    return Point.on(*box.centre, width=width, height=height)


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= NAME_LONGEST else f"{line[:NAME_LONGEST]}…"


def rows(chosen: CuratedStep, voice: Voice) -> Rows:
    """The row of a step, done in the middle of its element, and the ending after the last one."""

    def step() -> Example:
        frame = voice.frame(chosen.size)
        lines = listed(chosen.nodes, frame)
        action = chosen.step.action
        if point_of(action) is not None:
            target = None if chosen.step.target is None else chosen.step.target.box
            if isinstance(action, Drag | Swipe) or target not in [box for box, _ in lines] or target is None:
                raise Unspoken("it touches what the lines of the screen do not tell")
            parts: dict[str, Any] = {"point": _middle(target, frame)}
            action = replace(action, **parts)
        return _row(step_sample(chosen, voice, action=action), lines)

    def end() -> Example | None:
        sample = ending_sample(chosen, voice)
        return None if sample is None else _row(sample, listed(chosen.after_nodes, sample.frame))

    yield from tried(chosen, "step", step)
    yield from tried(chosen, "ending", end)


def _row(sample: Sample, lines: Sequence[tuple[Box, str]]) -> Example:
    screen = "\n".join(line for _, line in lines)
    user = f"{sample.user}\n\nThe screen, each element with its middle:\n{screen}"
    told = [message("system", sample.system.replace("a screenshot", "the screen as text")), message("user", user)]
    return sample.example({"messages": [*told, message("assistant", sample.answer)]}, pictures=())


TEXT = Format(
    name="text",
    uses=("grounding", "sft"),
    schema=pa.schema([("messages", MESSAGES), *PROVENANCE]),
    examples=rows,
    title="supervised fine-tuning of models without eyes: the accessibility tree in words",
    about="The rows of `trl-sft` whose element the screen's tree tells, with a line an element in the place of the "
    "screenshot. What is done is done in the middle of the element, as its line says. TRL, LLaMA-Factory, ms-swift, "
    "Axolotl and OpenRLHF read `messages`.",
    columns=MappingProxyType(
        {
            **{name: text for name, text in SHARED_COLUMNS.items() if name != "images"},
            "messages": "system, user with the task and the screen, assistant",
            "task": "`step`, `ending` (the model should stop or answer) or `grounding` (one sentence, one action)",
            "synthetic": "whether the answer was made up by the format and not recorded",
        }
    ),
    trees=True,
    thoughts=True,
    writer=JSON_LINES,
)

FORMATS = (TEXT,)
