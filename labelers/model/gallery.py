"""The pictures of many requests, drawn in several threads: no screen is decoded, and nothing drawn, twice in a row."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Generic, TypeVar

from labelers.model.comparing import Comparison, Pixels, shown
from labelers.model.pictures import Picture, paint
from schemas.records import Screen
from schemas.visual import decode

PIXELS_KEPT = 256 * 2**20
DRAWN_KEPT = 64 * 2**20
"""Bytes: the screens of a few episodes, and what was drawn of them."""

Drawn = tuple[tuple[str, bytes], ...]
"""Images as PNG, each with the words that stand before it, or none."""

V = TypeVar("V")


class Gallery:
    """Draws pictures by their recipes; `screen` gives an image by its id and may be asked from any thread."""

    def __init__(
        self, screen: Callable[[str], Screen], *, pixels_kept: int = PIXELS_KEPT, drawn_kept: int = DRAWN_KEPT
    ) -> None:
        self._screen = screen
        self._pixels: _Kept[Pixels] = _Kept(pixels_kept, lambda pixels: pixels.nbytes)
        self._drawn: _Kept[Drawn] = _Kept(drawn_kept, lambda drawn: sum(len(image) for _, image in drawn))

    def draw(self, recipe: Picture | Comparison) -> Drawn:
        """The images of a recipe.

        Raises:
            KeyError: if a screen is not there.
            SchemaError: if one is no image.
        """
        return self._drawn.get(recipe, lambda: self._draw(recipe))

    def _draw(self, recipe: Picture | Comparison) -> Drawn:
        if isinstance(recipe, Picture):
            return (("", paint(recipe, self._decoded(recipe.screen))),)
        pieces = shown(recipe, self._decoded(recipe.before), self._decoded(recipe.after))
        return tuple((piece.caption, paint(piece.picture, self._decoded(piece.picture.screen))) for piece in pieces)

    def _decoded(self, screen: str) -> Pixels:
        return self._pixels.get(screen, lambda: decode(self._screen(screen).data))


class _Kept(Generic[V]):
    """What was made last, up to so many bytes; what is being made is waited for and not made again."""

    def __init__(self, most: int, size: Callable[[V], int]) -> None:
        self._most, self._size = most, size
        self._lock = threading.Lock()
        self._made: OrderedDict[Hashable, Future[V]] = OrderedDict()
        self._sizes: dict[Hashable, int] = {}
        self._total = 0

    def get(self, name: Hashable, make: Callable[[], V]) -> V:
        """What has the name; whatever `make` raises is raised to all who wait for it, and forgotten."""
        with self._lock:
            made = self._made.get(name)
            mine = made is None
            if made is None:
                made = self._made[name] = Future()
            self._made.move_to_end(name)
        if mine:
            try:
                made.set_result(make())
            except BaseException as error:
                with self._lock:
                    del self._made[name]
                made.set_exception(error)
                raise
            self._settle(name, self._size(made.result()))
        return made.result()

    def _settle(self, name: Hashable, size: int) -> None:
        """Counts what was made, and lets go of the oldest; what is being made stays."""
        with self._lock:
            self._sizes[name] = size
            self._total += size
            while self._total > self._most:
                old = next((other for other in self._made if other in self._sizes and other != name), None)
                if old is None:
                    break
                del self._made[old]
                self._total -= self._sizes.pop(old)
