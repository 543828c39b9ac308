"""A walk as a film strip: its screens side by side, with what each step touched, and how it was judged."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType

from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from pipelines.lake.sql import Connection
from schemas.errors import ConfigurationError, SchemaError
from schemas.opinions import Verdict
from schemas.records import Box
from schemas.visual import decode

STEPS = 24
"""Steps of a strip; of a longer run the first ones are shown, and its last frame says how many are left out."""

_WIDTH, _HEIGHT, _GAP = 320, 240, 12
_SIZE, _LINES, _LETTERS = 13, 3, 46
_INK, _GREY = "#222222", "#dddddd"
_COLOURS = MappingProxyType({"good": "#1a8f3c", "harmful": "#d11f2f", "neutral": "#b07a00", "abstain": "#5b6770"})

_FRAMES = """
    select s.step_index, s.target.box, list_contains(i.path, s.step_index),
        concat_ws(' ', s.action.kind, coalesce(s.action.text, s.action.option), s.target.name),
        (select min(text) from instructions low where low.trajectory_id = s.trajectory_id and low.level = 'low'
            and low.kind = 'step' and low.first_step = s.step_index and low.last_step = s.step_index),
        (select arg_min(verdict, label_id) from labels l where l.instruction_id = i.instruction_id
            and l.subject = 'step' and l.first_step = s.step_index),
        (select any_value(image.bytes) from screens where screens.bucket = s.bucket and screen = s.before.screen),
        (select any_value(image.bytes) from screens where screens.bucket = s.bucket and screen = s.after.screen
            and s.step_index = i.last_step),
        i.last_step - s.step_index
    from instructions i
    join steps s on s.trajectory_id = i.trajectory_id and s.step_index between i.first_step and i.last_step
    where i.instruction_id = ? order by s.step_index limit ?"""


@dataclass(frozen=True, slots=True)
class StripFrame:
    """A screen of the strip; `box` is what was touched, in the screen's pixels; `image` is null where there is none."""

    number: int
    caption: str
    image: bytes | None
    box: Box | None = None
    verdict: Verdict | None = None
    on_path: bool = False


def frames_of(connection: Connection, instruction_id: str) -> tuple[StripFrame, ...]:
    """The steps of an instruction's run, each with the screen before it, and the screen at the end.

    The connection is one of `pipelines.lake.sql.connect`.

    Raises:
        ConfigurationError: if the lake has no such instruction.
    """
    rows = connection.execute(_FRAMES, [instruction_id, STEPS]).fetchall()
    if not rows:
        raise ConfigurationError(f"expected the id of an instruction in the lake, found {instruction_id!r}")
    frames = [
        StripFrame(number, sentence or action, image, box and Box(**box), verdict, on_path)
        for number, box, on_path, action, sentence, verdict, image, _, _ in rows
    ]
    number, *_, last, left = rows[-1]
    return (*frames, StripFrame(number + 1, f"and {left} more" if left else "at the end", last))


def film_strip(frames: Sequence[StripFrame], *, columns: int = 4) -> Pillow.Image:
    """The frames in reading order, `columns` side by side, each over its number, verdict and caption.

    Raises:
        ConfigurationError: if there is no frame, no column, or more frames than those of `STEPS` steps.
    """
    if not 1 <= len(frames) <= STEPS + 1 or columns < 1:
        raise ConfigurationError(
            f"expected 1 to {STEPS + 1} frames in at least one column, found {len(frames)} in {columns}"
        )
    pictures = [_picture(frame) for frame in frames]
    columns = min(columns, len(frames))
    cell = max(picture.height for picture in pictures) + _LINES * (_SIZE + 4) + 2 * _GAP
    rows = -(-len(frames) // columns)
    strip = Pillow.new("RGB", (columns * (_WIDTH + _GAP) + _GAP, rows * cell + _GAP), "white")
    draw = ImageDraw.Draw(strip)
    font = ImageFont.load_default(_SIZE)
    for place, (frame, picture) in enumerate(zip(frames, pictures, strict=True)):
        left, top = _GAP + place % columns * (_WIDTH + _GAP), _GAP + place // columns * cell
        strip.paste(picture, (left, top))
        draw.multiline_text((left, top + picture.height + 4), _caption(frame), fill=_colour(frame), font=font)
    return strip


def _picture(frame: StripFrame) -> Pillow.Image:
    """The screen, made small, with the box drawn; a grey one with the reason where there is no image to show."""
    problem = "no screenshot"
    if frame.image is not None:
        try:
            return _small(Pillow.fromarray(decode(frame.image)), frame)
        except SchemaError:
            problem = "the screenshot can't be read"
    blank = Pillow.new("RGB", (_WIDTH, _HEIGHT // 2), _GREY)
    ImageDraw.Draw(blank).text((_GAP, _GAP), problem, fill=_INK, font=ImageFont.load_default(_SIZE))
    return blank


def _small(image: Pillow.Image, frame: StripFrame) -> Pillow.Image:
    scale = min(_WIDTH / image.width, _HEIGHT / image.height)
    small = image.resize((max(1, round(image.width * scale)), max(1, round(image.height * scale))))
    picture = Pillow.new("RGB", (_WIDTH, small.height), _GREY)
    picture.paste(small)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, small.width - 1, small.height - 1), outline="#bbbbbb")
    if frame.box is not None:
        corners = (frame.box.x, frame.box.y, frame.box.x + frame.box.width, frame.box.y + frame.box.height)
        left, top, right, bottom = (min(max(edge * scale, -5.0), 5.0 * _WIDTH) for edge in corners)
        draw.rectangle((left - 3, top - 3, right + 3, bottom + 3), outline=_colour(frame), width=3)
    return picture


def _caption(frame: StripFrame) -> str:
    """What stands below a frame; what a page says is cut, and shown without control characters."""
    judged = f" [{frame.verdict}{', on the path' if frame.on_path else ''}]" if frame.verdict else ""
    said = "".join(sign if sign.isprintable() else " " for sign in frame.caption[:500])
    lines = textwrap.wrap(f"{frame.number}.{judged} {said}", _LETTERS, max_lines=_LINES, placeholder=" ...")
    return "\n".join(lines)


def _colour(frame: StripFrame) -> str:
    return _COLOURS.get(frame.verdict or "", _INK)
