"""A sentence's vector as the lake keeps it: by what it depends on, and as base64 of little-endian 32-bit floats."""

import base64
import binascii

import numpy as np
from numpy.typing import NDArray

from schemas.errors import SchemaError
from schemas.keys import key

DIMENSIONS = 16_384
"""The most of a vector."""

Vector = NDArray[np.float32]


def digest_of(model: str, dimensions: int | None, text: str) -> str:
    """What the vector of a text depends on, as a key; `dimensions` None are the model's own."""
    return key("embedding", model, dimensions, text)


def vector_of(answer: str) -> Vector:
    """The vector that an answer holds.

    Raises:
        SchemaError: if it is none.
    """
    try:
        data = base64.b64decode(answer, validate=True)
    except (ValueError, binascii.Error) as error:
        raise SchemaError("expected a vector as base64, found something else") from error
    if not data or len(data) % 4 or len(data) > 4 * DIMENSIONS:
        raise SchemaError(f"expected a vector of 1 to {DIMENSIONS} 32-bit floats, found {len(data)} bytes")
    vector = np.frombuffer(data, "<f4").astype(np.float32)
    if not np.isfinite(vector).all():
        raise SchemaError("expected a vector of finite numbers")
    return vector
