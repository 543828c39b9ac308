"""The form of an answer: the JSON schema that a server is given, and the same held against what it said.

Servers that go by the schema write the fields in its order, so a reason stands before the score that follows from it,
and end a text at its longest length. Others only read it: what is too long is cut here, and whoever makes a sentence of
it refuses what was cut.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from labelers.kit.objects import object_in
from labelers.model.answers import readable
from schemas.errors import SchemaError

STEPS = 100_000
"""A number of a step is less, whatever an answer says."""

REASON = 600
"""Characters of one to three sentences."""

_LOOP = re.compile(r"(.{1,60}?)\1{5,}", re.DOTALL)
LOOP = 60
"""Characters of the same again and again: a model that has lost itself, and no answer."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text of so many characters; one that may have none says by that that there is nothing to say."""

    most: int = REASON
    least: int = 1

    @property
    def schema(self) -> dict[str, Any]:
        """As a JSON schema."""
        return {"type": "string", "minLength": self.least, "maxLength": self.most}

    def read(self, value: Any) -> str:
        """The value without what no table can hold; one that is too long is cut, and ends with `…` beyond its length.

        Raises:
            SchemaError: if it is no text, or the same again and again.
        """
        if not isinstance(value, str):
            raise SchemaError(f"expected a text, found {shown(value)}")
        text = readable(value if len(value) <= self.most else value[: self.most] + "…")
        if (loop := loops(text)) is not None:
            raise SchemaError(f"expected a text, found the same again and again: {loop!r}")
        return text


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number; a server is told its bounds, both included, and who reads it says what one beyond them means."""

    least: int
    most: int

    @property
    def schema(self) -> dict[str, Any]:
        """As a JSON schema."""
        return {"type": "integer", "minimum": self.least, "maximum": self.most}

    def read(self, value: Any) -> int:
        """The value, or one as good as it: no further from 0 than a step can be.

        Raises:
            SchemaError: if it is no whole number.
        """
        if type(value) is not int:
            raise SchemaError(f"expected a whole number, found {shown(value)}")
        return max(-STEPS, min(value, STEPS))


@dataclass(frozen=True, slots=True)
class Flag:
    """Yes or no."""

    @property
    def schema(self) -> dict[str, Any]:
        """As a JSON schema."""
        return {"type": "boolean"}

    def read(self, value: Any) -> bool:
        """The value.

        Raises:
            SchemaError: if it is something else.
        """
        if not isinstance(value, bool):
            raise SchemaError(f"expected true or false, found {shown(value)}")
        return value


@dataclass(frozen=True, slots=True, init=False)
class Choice:
    """One of a few values, all texts or all whole numbers."""

    of: tuple[str, ...] | tuple[int, ...]

    def __init__(self, *of: Any) -> None:
        object.__setattr__(self, "of", of)

    @property
    def schema(self) -> dict[str, Any]:
        """As a JSON schema."""
        return {"type": "string" if isinstance(self.of[0], str) else "integer", "enum": list(self.of)}

    def read(self, value: Any) -> str | int:
        """The value.

        Raises:
            SchemaError: if it is none of them.
        """
        for known in self.of:
            if type(value) is type(known) and value == known:
                return known
        raise SchemaError(f"expected one of {', '.join(map(str, self.of))}, found {shown(value)}")


Field = Text | Whole | Flag | Choice

STEP, STEP_OR_NONE = Whole(0, STEPS), Whole(-1, STEPS)
"""The number of a step, and one where -1 says that there is none: steps count from 0."""


@dataclass(frozen=True, slots=True)
class Form:
    """An object with exactly these fields, in this order."""

    fields: Mapping[str, Field]

    @property
    def schema(self) -> dict[str, Any]:
        """As a JSON schema."""
        return _object({name: field.schema for name, field in self.fields.items()})

    def parse(self, text: str) -> dict[str, Any]:
        """The fields of an answer.

        Raises:
            SchemaError: if it does not fit.
        """
        return self.read(object_in(text, tuple(self.fields)))

    def read(self, answer: Mapping[str, Any]) -> dict[str, Any]:
        """The values of an object with these fields.

        Raises:
            SchemaError: for the first that can't be.
        """
        values: dict[str, Any] = {}
        for name, field in self.fields.items():
            try:
                values[name] = field.read(answer[name])
            except SchemaError as error:
                raise SchemaError(f"{name}: {error}") from error
        return values


@dataclass(frozen=True, slots=True)
class ListForm:
    """An object whose only field is a list of at most so many objects of one form."""

    name: str
    rows: Form
    most: int

    @property
    def schema(self) -> dict[str, Any]:
        """As a JSON schema."""
        return _object({self.name: {"type": "array", "items": self.rows.schema, "maxItems": self.most}})

    def parse(self, text: str) -> dict[str, Any]:
        """The list of an answer, under its name.

        Raises:
            SchemaError: if it does not fit.
        """
        listed = object_in(text, (self.name,))[self.name]
        if not isinstance(listed, list) or len(listed) > self.most:
            raise SchemaError(f"{self.name}: expected a list of at most {self.most}, found {shown(listed)}")
        names = self.rows.fields.keys()
        for row in listed:
            if not isinstance(row, dict) or row.keys() != names:
                raise SchemaError(f"{self.name}: expected objects with {', '.join(names)}, found {shown(row)}")
        return {self.name: [self.rows.read(row) for row in listed]}


def shown(value: Any) -> str:
    """A value of an answer as a message names it: in few characters, however large and deep it is."""
    if isinstance(value, dict):
        return f"an object with {', '.join(list(value)[:10])[:80]!r}"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return repr(value[:80]) if isinstance(value, str) else str(value)[:80]


def loops(text: str) -> str | None:
    """What a text says again and again, where it says it at such a length that it says nothing else; or None."""
    for loop in _LOOP.finditer(text):
        if len(loop[0]) >= LOOP and len({letter for letter in loop[1] if letter.isalnum()}) > 1:
            return loop[1]
    return None


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }
