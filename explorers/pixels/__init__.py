"""What is written on a picture, as elements with boxes, for whatever tells no tree: needs `hindtrace[pixels]`."""

from explorers.pixels.canvases import with_canvases as with_canvases
from explorers.pixels.nodes import read_tree as read_tree
from explorers.pixels.reader import PixelReader as PixelReader
from explorers.pixels.reader import can_read as can_read
from explorers.pixels.reader import shared_reader as shared_reader
