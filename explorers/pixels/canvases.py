"""Canvases of pages, which hold pixels and no elements: what is written on one is read from the picture."""

from dataclasses import replace

from explorers.pixels.frames import with_frames
from explorers.pixels.nodes import nodes_of
from explorers.pixels.reader import PixelReader, can_read, shared_reader
from schemas.records import Box, Node, Observation
from schemas.visual import decode

CANVAS = "canvas"
LEAST = 24.0
"""Pixels of width and height of a canvas that is looked at."""

CANVAS_LIMIT = 20
"""Canvases of one page that are looked at."""


def with_canvases(observation: Observation, reader: PixelReader | None = None) -> Observation:
    """The observation with what is written on its canvases as elements below them, if it can be read here."""
    tree, screen = observation.tree, observation.screen
    if tree is None or screen is None or not any(map(_is_looked_at, tree.nodes)) or not (reader or can_read()):
        return observation
    pixels = decode(screen.data)
    nodes: list[Node] = []
    cut, looked, after = tree.cut, 0, 0
    for index, node in enumerate(tree.nodes):
        if index < after:
            continue  # what was found to be drawn on the canvas before
        nodes.append(node)
        if not _is_looked_at(node) or looked == CANVAS_LIMIT:
            continue
        end = next((at for at in range(index + 1, len(tree.nodes)) if tree.nodes[at].depth <= node.depth), None)
        places = tree.nodes[index + 1 : end]
        if not all(map(_is_place, places)):
            continue
        assert node.box is not None
        looked += 1
        left, top = max(int(node.box.x), 0), max(int(node.box.y), 0)
        part = pixels[top : int(node.box.y + node.box.height), left : int(node.box.x + node.box.width)]
        if min(part.shape[:2]) < LEAST:
            continue
        reading = (reader or shared_reader()).read(part)
        words = [replace(word, box=_moved(word.box, left, top)) for word in reading.words]
        read = nodes_of(with_frames(words, pixels), depth=node.depth + 1, above=node.path or f"{CANVAS}-{looked}")
        nodes += [*read, *(place for place in places if not any(_lies_in(each, place) for each in read))]
        after = index + 1 + len(places)
        cut += reading.cut
    return replace(observation, tree=replace(tree, nodes=tuple(nodes), cut=cut))


def _is_place(node: Node) -> bool:
    """Whether something below a canvas is what was found to be drawn there, and no element of the page."""
    return node.role == "generic" and not node.name and node.id is None


def _lies_in(node: Node, place: Node) -> bool:
    return node.box is not None and place.box is not None and place.box.contains(*node.box.centre)


def _is_looked_at(node: Node) -> bool:
    box = node.box
    if node.role != CANVAS or box is None or node.has("covered"):
        return False
    return node.on_screen and min(box.width, box.height) >= LEAST


def _moved(box: Box, left: int, top: int) -> Box:
    return replace(box, x=box.x + left, y=box.y + top)
