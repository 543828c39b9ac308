"""The form of an answer: the JSON schema that a server is given, and the same held against what it said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from schemas.errors import SchemaError
from schemas.keys import parse_json

_TYPES: Mapping[type, str] = {str: "string", int: "integer", bool: "boolean"}


@dataclass(frozen=True, slots=True)
class Form:
    """An object with exactly these fields, in this order; some of them are one of a few values."""

    fields: Mapping[str, type]
    choices: Mapping[str, Sequence[Any]] = field(default_factory=dict)

    @property
    def schema(self) -> dict[str, Any]:
        """As a JSON schema."""
        properties: dict[str, Any] = {name: {"type": _TYPES[kind]} for name, kind in self.fields.items()}
        for name, allowed in self.choices.items():
            properties[name]["enum"] = list(allowed)
        return {
            "type": "object",
            "properties": properties,
            "required": list(self.fields),
            "additionalProperties": False,
        }

    def parse(self, text: str) -> dict[str, Any]:
        """The fields of an answer.

        Raises:
            SchemaError: if it does not fit.
        """
        answer = parse_json(_unwrapped(text).encode("utf-8", "replace"))
        if not isinstance(answer, dict) or answer.keys() != self.fields.keys():
            raise SchemaError(f"expected an object with {', '.join(self.fields)}, found {text[:80]!r}")
        self.check(answer)
        return answer

    def check(self, answer: Mapping[str, Any]) -> None:
        """Refuses values of other types, and other values than those that there are.

        Raises:
            SchemaError: for the first of them.
        """
        for name, kind in self.fields.items():
            if type(answer[name]) is not kind:
                raise SchemaError(f"{name}: expected a value of type {kind.__name__}, found {str(answer[name])[:80]!r}")
        for name, allowed in self.choices.items():
            if answer[name] not in allowed:
                raise SchemaError(f"{name}: expected one of {', '.join(map(str, allowed))}, found {answer[name]!r}")


@dataclass(frozen=True, slots=True)
class ListForm:
    """An object whose only field is a list of at most so many objects of one form."""

    name: str
    rows: Form
    most: int

    @property
    def schema(self) -> dict[str, Any]:
        """As a JSON schema."""
        listed = {self.name: {"type": "array", "items": self.rows.schema}}
        return {"type": "object", "properties": listed, "required": [self.name], "additionalProperties": False}

    def parse(self, text: str) -> dict[str, Any]:
        """The list of an answer, under its name.

        Raises:
            SchemaError: if it does not fit.
        """
        answer = Form({self.name: list}).parse(text)
        if len(answer[self.name]) > self.most:
            raise SchemaError(f"{self.name}: expected at most {self.most}, found {len(answer[self.name])}")
        for row in answer[self.name]:
            if not isinstance(row, dict) or {name: type(value) for name, value in row.items()} != self.rows.fields:
                raise SchemaError(
                    f"{self.name}: expected objects with {', '.join(self.rows.fields)}, found {str(row)[:80]!r}"
                )
            self.rows.check(row)
        return answer


def _unwrapped(text: str) -> str:
    """Without the fence of a code block, which some models put around JSON though they were given a schema."""
    text = text.strip()
    if text.startswith("```") and text.endswith("```"):
        text = text[3:-3].removeprefix("json").strip()
    return text
