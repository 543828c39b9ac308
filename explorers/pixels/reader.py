"""Reading the words of a picture with the models that rapidocr ships: only what was never seen before is read."""

import hashlib
import logging
import os
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorers.pixels.segments import Segment, segments
from schemas.errors import ConfigurationError
from schemas.records import Box

SURE = 0.6
"""What the model has to be sure of a word; what it is less sure of is a picture."""

PART_LIMIT = 600
"""Parts of one picture that are looked at; those beyond are counted."""

WORD_CACHE, SCREEN_CACHE = 20_000, 64
_BATCH = 8
_THREADS = 2
_MARGIN, _LEAST_HEIGHT = 4, 16
"""Pixels around a part that the model sees: a dash alone is read as one only with what is above and below it."""

_SIGNS = str.maketrans({"一": "-", "二": "=", "三": "≡", "十": "+", "口": "□", "米": "*", "人": "^"})
"""Signs of a calculator that the model takes for characters of another script, where one stands alone."""


@dataclass(frozen=True, slots=True)
class Word:
    """A part of a picture and what is written there, "" for what is drawn and no text; `mark` is of its pixels.

    `framed` says that it is written in the middle of a frame, which is its box then.
    """

    text: str
    box: Box
    mark: str
    framed: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read; `cut` counts the parts that were not looked at because there were too many."""

    words: tuple[Word, ...]
    cut: int = 0


def can_read() -> bool:
    """Whether the packages of `hindtrace[pixels]` are there."""
    return find_spec("rapidocr") is not None and find_spec("onnxruntime") is not None


class PixelReader:
    """A reader with its memory of parts and pictures; may be used by several threads, which take turns.

    Raises:
        ConfigurationError: if the packages that it needs are missing.
    """

    def __init__(self) -> None:
        if not can_read():
            raise ConfigurationError("reading pixels needs rapidocr: install hindtrace[pixels]")
        self.looked_at = 0
        self._model: Any = None
        self._words: OrderedDict[str, str] = OrderedDict()
        self._screens: OrderedDict[str, Reading] = OrderedDict()
        self._turn = threading.Lock()

    def read(self, pixels: NDArray[np.uint8]) -> Reading:
        """The words of a picture: height, width, RGB. A part that was seen before is not read again."""
        digest = _digest(pixels)
        with self._turn:
            known = self._screens.get(digest)
            if known is not None:
                self._screens.move_to_end(digest)
                return known
            parts = segments(pixels)
            reading = Reading(tuple(self._words_of(pixels, parts[:PART_LIMIT])), max(len(parts) - PART_LIMIT, 0))
            self._screens[digest] = reading
            if len(self._screens) > SCREEN_CACHE:
                self._screens.popitem(last=False)
            return reading

    # ---- inside

    def _words_of(self, pixels: NDArray[np.uint8], parts: Sequence[Segment]) -> list[Word]:
        pieces = [_piece(pixels, part) for part in parts]
        marks = [_digest(piece) for piece in pieces]
        new = {mark: piece for mark, piece in zip(marks, pieces, strict=True) if mark not in self._words}
        self._words.update(zip(new, self._recognized(list(new.values())), strict=True))
        words = []
        for mark, part in zip(marks, parts, strict=True):
            self._words.move_to_end(mark)
            box = Box(float(part.left), float(part.top), float(part.width), float(part.height))
            words.append(Word(self._words[mark], box, mark[:12]))
        while len(self._words) > WORD_CACHE:
            self._words.popitem(last=False)
        return words

    def _recognized(self, pieces: Sequence[NDArray[np.uint8]]) -> list[str]:
        """What is written on each piece, "" where that is not sure."""
        if not pieces:
            return []
        self.looked_at += len(pieces)
        if self._model is None:
            self._model = _load()
        from rapidocr.ch_ppocr_rec import TextRecInput

        found = self._model(TextRecInput(img=list(pieces)))
        return [
            _cleaned(str(text)) if score >= SURE else "" for text, score in zip(found.txts, found.scores, strict=True)
        ]


@lru_cache(maxsize=1)
def shared_reader() -> PixelReader:
    """The one reader of this process: what one desktop showed, another one need not read again.

    Raises:
        ConfigurationError: if the packages that it needs are missing.
    """
    return PixelReader()


def _load() -> Any:
    """The model that reads a line, which the package holds: nothing is fetched."""
    from rapidocr import RapidOCR

    logging.getLogger("RapidOCR").setLevel(logging.ERROR)
    settings = {
        "Global.log_level": "error",
        "Rec.rec_img_shape": [3, 48, 48],
        "Rec.rec_batch_num": _BATCH,
        "EngineConfig.onnxruntime.intra_op_num_threads": min(_THREADS, os.cpu_count() or 1),
        "EngineConfig.onnxruntime.inter_op_num_threads": 1,
    }
    return RapidOCR(params=settings)._load_rec_model()


def _piece(pixels: NDArray[np.uint8], part: Segment) -> NDArray[np.uint8]:
    """The part of the picture with some of what is around it, in the order of colours of the model: BGR."""
    above = max(_MARGIN - 1, (_LEAST_HEIGHT - part.height + 1) // 2)
    rows = slice(max(part.top - above, 0), part.bottom + above)
    columns = slice(max(part.left - _MARGIN, 0), part.right + _MARGIN)
    return np.ascontiguousarray(pixels[rows, columns, ::-1])


def _cleaned(text: str) -> str:
    text = " ".join(text.split())
    return text.translate(_SIGNS) if len(text) == 1 else text


def _digest(pixels: NDArray[np.uint8]) -> str:
    digest = hashlib.blake2b(repr(pixels.shape).encode(), digest_size=16)
    digest.update(np.ascontiguousarray(pixels).data)
    return digest.hexdigest()
