"""The dataset `raw`: every decided step with all that is known of it, to convert into whatever else is wanted."""

from types import MappingProxyType

import pyarrow as pa

from pipelines.export.dialects.telling import parts_of
from pipelines.export.formats.curated import CuratedStep
from pipelines.export.formats.examples import (
    IMAGES,
    PROVENANCE,
    SHARED_COLUMNS,
    Example,
    Format,
    Rows,
    step_sample,
    tried,
    with_features,
)
from pipelines.export.tokens import harmless
from pipelines.export.voice import Voice
from schemas.keys import canonical_json
from schemas.records import Seen


def rows(chosen: CuratedStep, voice: Voice) -> Rows:
    """The row of a step."""

    def row() -> Example:
        sample, step = step_sample(chosen, voice), chosen.step
        target = step.target
        told = {
            "use": chosen.use,
            "role": chosen.role,
            "platform": chosen.platform,
            "instruction": harmless(chosen.instruction.text),
            "answer": harmless(chosen.instruction.answer),
            "path": list(chosen.instruction.path),
            "history": harmless(chosen.so_far),
            "sentence": harmless(chosen.sentence),
            "thought": harmless(chosen.thought) if voice.thoughts else None,
            "action": canonical_json(harmless(parts_of(step.action, sample.frame))).decode(),
            "told": sample.calls,
            "target_role": None if target is None else target.role,
            "target_box": None if target is None or target.box is None else sample.frame.sides(target.box),
            "result": step.result,
            "location": _at(step.before),
            "location_after": _at(step.after),
            "screen": chosen.screen,
            "screen_after": None if step.after is None else step.after.screen,
            "kind": chosen.kind,
            "cost": chosen.cost,
            "weight": chosen.weight,
        }
        return sample.example(told, chosen.use, chosen.role, sample.calls)

    yield from tried(chosen, "step", row)


def _at(seen: Seen | None) -> str | None:
    return None if seen is None else harmless(seen.location)


_STRINGS = ("use", "role", "platform", "instruction", "answer")
_TOLD = ("sentence", "thought", "action", "told", "target_role")

RAW = Format(
    name="raw",
    uses=("dpo", "grounding", "kto", "rl", "sft"),
    schema=with_features(
        pa.schema(
            [
                ("images", IMAGES),
                *((name, pa.string()) for name in _STRINGS),
                ("path", pa.list_(pa.int32())),
                ("history", pa.list_(pa.string())),
                *((name, pa.string()) for name in _TOLD),
                ("target_box", pa.list_(pa.float64())),
                *(
                    (name, pa.string())
                    for name in ("result", "location", "location_after", "screen", "screen_after", "kind")
                ),
                ("cost", pa.int32()),
                ("weight", pa.float64()),
                *PROVENANCE,
            ]
        )
    ),
    examples=rows,
    title="every decided step with all that is known of it",
    about="One row a step, an instruction and a use, to convert into what is not here; what repeats stays.",
    columns=MappingProxyType(
        {
            **SHARED_COLUMNS,
            "use": "what the curation chose it for: sft, kto, dpo, rl, grounding",
            "role": "target or negative",
            "platform": "web, desktop or android",
            "instruction": "the task",
            "answer": "its answer, where it asks for one",
            "path": "the steps of the episode that it needs",
            "history": "what was done before, in words",
            "sentence": "what the step does, in words",
            "thought": "why, as a labeler wrote it (`--thoughts`)",
            "action": "JSON: its kind and what it sets, places on the grid of the geometry",
            "told": "the same in the dialect",
            "target_role": "the role of the element meant",
            "target_box": "its left, top, right, bottom on the grid",
            "result": "how the step went",
            "location": "where it was done",
            "location_after": "where it led",
            "screen": "the sha256 of the screenshot before it",
            "screen_after": "and after it",
            "kind": "what a wrong step came to",
            "cost": "how many steps more it took",
            "weight": "the curation's weight, or a rollout's advantage",
            "task": "`step` or `grounding`",
            "synthetic": "always false",
        }
    ),
    goals=True,
    thoughts=True,
    whole=True,
)

FORMATS = (RAW,)
