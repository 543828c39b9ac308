"""The dataset `grounding`: one sentence, and the box of the element that it means, for models that learn to point.

ms-swift reads `messages` with `objects` and writes places in the words of the model that it trains; the readers of
GUI-Actor, GTA1, UI-R1 and GUI-R1 take the box in the units of each.
"""

from types import MappingProxyType

import pyarrow as pa

from pipelines.export.formats.curated import CuratedStep
from pipelines.export.formats.examples import (
    IMAGES,
    MESSAGES,
    PROVENANCE,
    SHARED_COLUMNS,
    Example,
    Format,
    Rows,
    left_out,
    message,
    step_sample,
    tried,
)
from pipelines.export.shards import JSON_LINES
from pipelines.export.tokens import harmless
from pipelines.export.voice import Voice
from schemas.actions import Click, Point, point_of

_OBJECTS = pa.struct(
    [
        pa.field("ref", pa.list_(pa.string())),
        pa.field("bbox", pa.list_(pa.list_(pa.float64()))),
        pa.field("bbox_type", pa.string()),
    ]
)


def rows(chosen: CuratedStep, voice: Voice) -> Rows:
    """The row of a step that touches an element whose place is known."""
    step = chosen.step
    point, box = point_of(step.action), None if step.target is None else step.target.box
    if point is None or box is None or not box.contains(*point.pixel(*chosen.size)):
        yield left_out(chosen, "grounding", "it touches no element whose place is known")
        return
    width, height = chosen.size
    ends = (box.x, box.y, box.x + box.width, box.y + box.height)
    left, top, right, bottom = (
        round(min(max(each / far, 0.0), 1.0), 6) for each, far in zip(ends, (width, height) * 2, strict=True)
    )

    def row() -> Example:
        sample = step_sample(
            chosen, voice, action=Click(Point.on(*point.pixel(width, height), width=width, height=height))
        )
        across, down = sample.frame.shown
        text = harmless(chosen.instruction.text)
        shown = [left * across, top * down, right * across, bottom * down]
        told = {
            "messages": [
                message("user", f"Point to what this asks for: {text}", image=True),
                {"role": "assistant", "content": "<bbox>"},
            ],
            "objects": {"ref": [], "bbox": [[round(each, 2) for each in shown]], "bbox_type": "real"},
            "instruction": text,
            "bbox": [round(each, 2) for each in shown],
            "bbox_fraction": [left, top, right, bottom],
            "bbox_thousand": [round(each * 1000) for each in (left, top, right, bottom)],
            "point": list(sample.frame.place(sample.action.point)) if isinstance(sample.action, Click) else [],
            "answer": sample.calls,
            "role": step.target.role if step.target is not None else "",
        }
        return sample.example(told, text, str(shown))

    yield from tried(chosen, "grounding", row)


GROUNDING = Format(
    name="grounding",
    uses=("grounding",),
    schema=pa.schema(
        [
            ("messages", MESSAGES),
            ("images", IMAGES),
            ("objects", _OBJECTS),
            ("instruction", pa.string()),
            ("bbox", pa.list_(pa.float64())),
            ("bbox_fraction", pa.list_(pa.float64())),
            ("bbox_thousand", pa.list_(pa.int32())),
            ("point", pa.list_(pa.float64())),
            ("answer", pa.string()),
            ("role", pa.string()),
            *PROVENANCE,
        ]
    ),
    examples=rows,
    title="pointing at what a sentence means, for ms-swift and the grounding models",
    about="One row a sentence and the box of its element. ms-swift: `ROOT_IMAGE_DIR=` this folder, `--dataset` its "
    "`data/train`; it puts the box for `<bbox>` in the words of the model. GUI-Actor takes `bbox_fraction` (its "
    "`bbox_gt`), GTA1 `bbox_thousand`, UI-R1 `bbox` and `answer`, GUI-R1 `bbox_fraction` (its `gt_bbox`).",
    columns=MappingProxyType(
        {
            **SHARED_COLUMNS,
            "images": "the path of the screenshot from the dataset's folder",
            "messages": "user with the sentence, assistant with `<bbox>`; no system prompt, for the answer is a box",
            "objects": "ms-swift's: the box in pixels of the picture, `bbox_type` real",
            "instruction": "the sentence",
            "bbox": "left, top, right, bottom in pixels of `width` and `height`",
            "bbox_fraction": "the same from 0 to 1",
            "bbox_thousand": "the same from 0 to 1000",
            "point": "where the recorded step touched it, on the grid of the geometry",
            "answer": "a click there in the dialect",
            "role": "what the element is",
            "task": "always `grounding`",
            "synthetic": "always false",
        }
    ),
    writer=JSON_LINES,
)

FORMATS = (GROUNDING,)
