"""Taking out of an observation what must not be recorded: secrets always, personal data on request."""

import io
import math
import re
from collections.abc import Iterable
from dataclasses import replace

from PIL import Image

from explorers.core.safety.scene import touched
from schemas.actions import Action, Select, Type
from schemas.personal import redact_personal, redact_personal_location, redact_personal_text
from schemas.records import Box, Node, Observation, Screen, Tree
from schemas.redaction import MASK, KnownSecrets, is_secret

COLOUR = (128, 128, 128)
MARGIN = 1
"""Pixels around a box that are painted too: boxes are fractions, and glyphs lean over their edges."""

_MASKED = re.compile(rf"(?<!{MASK[0]}){MASK}(?!{MASK[0]})")


def secret_boxes(tree: Tree) -> tuple[Box, ...]:
    """The boxes on the screen in which a redacted tree's secrets are drawn; an empty field hides nothing."""
    return tuple(
        node.box
        for node in tree.nodes
        if node.box is not None and "offscreen" not in node.flags and (_holds_secret(node) or _is_masked(node))
    )


def learn_typed(known: KnownSecrets, observation: Observation | None, action: Action) -> None:
    """Has what an action enters into a secret field hidden from now on: it may be shown before the field is seen."""
    if observation is not None and isinstance(action, Type | Select):
        known.learn_typed(action, touched(observation, action), observation.nodes)


def masked(
    observation: Observation, known: KnownSecrets, *, boxes: Iterable[Box] = (), personal: bool = False
) -> Observation:
    """The observation as it may be recorded: secrets painted over, and what is personal taken out, if that is asked.

    Its tree was redacted with what is `known`; `boxes` are where more is drawn that the tree does not hold. What the
    device answered raw can't be searched for the values of fields, and is left out where there are secret ones.
    """
    observation = replace(
        observation,
        location=known.hide_location(observation.location),
        title=None if observation.title is None else known.hide(observation.title),
        windows=tuple(map(known.hide, observation.windows)),
        notice=None if observation.notice is None else known.hide(observation.notice),
    )
    tree, screen, drawn = observation.tree, observation.screen, list(boxes)
    if drawn or (tree is not None and any(map(_holds_secret, tree.nodes))):
        observation = replace(observation, raw=())  # wherever on the page it is
    if tree is not None:
        drawn += secret_boxes(tree)
    if personal:
        if tree is not None:
            tree, more = redact_personal(tree)
            drawn += more
        observation = replace(
            observation,
            tree=tree,
            location=redact_personal_location(observation.location),
            title=None if observation.title is None else redact_personal_text(observation.title),
            windows=tuple(map(redact_personal_text, observation.windows)),
            notice=None if observation.notice is None else redact_personal_text(observation.notice),
            raw=(),
        )
    return observation if screen is None or not drawn else replace(observation, screen=mask_screen(screen, drawn))


def mask_screen(screen: Screen, boxes: Iterable[Box]) -> Screen:
    """The screen with flat boxes in place of what was drawn there, in the same lossless format.

    The same object where no box is on it. A JPEG, which can't be changed without loss, becomes a PNG.
    """
    areas = [area for box in boxes if (area := _area(box, screen.width, screen.height)) is not None]
    if not areas:
        return screen
    with Image.open(io.BytesIO(screen.data), formats=("PNG", "WEBP", "JPEG")) as image:
        painted = image.convert("RGBA" if image.mode in ("RGBA", "LA", "PA") else "RGB")
    # The image may have more pixels than the screen has units.
    wide, high = painted.width / screen.width, painted.height / screen.height
    for left, top, right, bottom in areas:
        scaled = (math.floor(left * wide), math.floor(top * high), math.ceil(right * wide), math.ceil(bottom * high))
        painted.paste((*COLOUR, 255)[: len(painted.getbands())], scaled)
    data = io.BytesIO()
    if screen.format == "webp":
        # With `exact`, colours under full transparency stay as they are; method 0 is the fastest of the lossless ones.
        painted.save(data, "WEBP", lossless=True, quality=0, method=0, exact=True)
        return Screen(data.getvalue(), screen.width, screen.height, "webp")
    painted.save(data, "PNG", compress_level=1)
    return Screen(data.getvalue(), screen.width, screen.height, "png")


def _area(box: Box, width: int, height: int) -> tuple[int, int, int, int] | None:
    """The pixels of a box that are on the screen: left, top, right and bottom, the last two not included."""
    left = max(math.floor(box.x) - MARGIN, 0)
    top = max(math.floor(box.y) - MARGIN, 0)
    right = min(math.ceil(box.x + box.width) + MARGIN, width)
    bottom = min(math.ceil(box.y + box.height) + MARGIN, height)
    return (left, top, right, bottom) if left < right and top < bottom else None


def _holds_secret(node: Node) -> bool:
    return bool(node.value) and is_secret(node)


def _is_masked(node: Node) -> bool:
    return any(_MASKED.search(text) for text in (node.name, node.value or "", node.description or ""))
