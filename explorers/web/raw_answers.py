"""What the browser answers in full, held to the rules of the tree: no script, no comment, no secret of a field."""

from collections.abc import Iterator
from typing import Any

import orjson

from schemas.redaction import MASK, KnownSecrets, calls_for_secret
from schemas.secret_names import names_secret_parameter

_CODE = frozenset({"SCRIPT", "STYLE", "NOSCRIPT", "TEMPLATE"})
_COMMENT = 8
_TELLING = 4
"""Characters of a string that is masked for all that name it; a shorter one only where it is a secret."""
_CALLED = frozenset({"name", "id", "placeholder", "aria-label", "title", "autocomplete"})
_HELD = frozenset({"value", "data-value", "aria-valuetext"})


def redacted_answer(data: bytes, known: KnownSecrets) -> bytes:
    """The JSON of an answer without secrets: what is known, what is shaped like one, and where pages keep them."""
    answer = orjson.loads(data)
    if isinstance(answer, dict) and "strings" in answer and "documents" in answer:
        _redact_snapshot(answer, known)
    else:
        answer = _redacted(answer, known)
    return orjson.dumps(answer)


def _redacted(part: Any, known: KnownSecrets) -> Any:
    if isinstance(part, str):
        return known.hide(part)
    if isinstance(part, list):
        return [_redacted(each, known) for each in part]
    if isinstance(part, dict):
        return {name: _redacted(each, known) for name, each in part.items()}
    return part


def _redact_snapshot(snapshot: dict[str, Any], known: KnownSecrets) -> None:
    """A snapshot names each string by its place in one table: what is masked is masked wherever it is named."""
    strings: list[str] = snapshot["strings"]
    plain = tuple(strings)
    strings[:] = [known.hide(text) for text in strings]
    places = {MASK: len(strings), "": len(strings) + 1}
    strings += [MASK, ""]

    def hidden(index: int, instead: str) -> int:
        if index < 0:
            return index
        if len(plain[index].strip()) >= _TELLING:
            strings[index] = instead
        return places[instead]

    for document in snapshot["documents"]:
        nodes = document["nodes"]
        names = [plain[name] for name in nodes["nodeName"]]
        parents, values = nodes["parentIndex"], nodes["nodeValue"]
        for index, kind in enumerate(nodes["nodeType"]):
            if kind == _COMMENT or (parents[index] >= 0 and names[parents[index]] in _CODE):
                values[index] = hidden(values[index], "")
        secret = set()
        for index, attributes in enumerate(nodes["attributes"]):
            given = {plain[name]: plain[value] for name, value in _pairs(attributes) if value >= 0}
            if _is_secret_field(names[index], given):
                secret.add(index)
            for place in range(0, len(attributes), 2):
                instead = _instead(plain[attributes[place]], names[index], given, field=index in secret)
                if instead is not None:
                    attributes[place + 1] = hidden(attributes[place + 1], instead)
        for held in ("inputValue", "textValue"):
            rare = nodes.get(held, {"index": [], "value": []})
            rare["value"] = [
                hidden(value, MASK) if index in secret else value
                for index, value in zip(rare["index"], rare["value"], strict=True)
            ]


def _instead(name: str, tag: str, attributes: dict[str, str], *, field: bool) -> str | None:
    """What is written in place of an attribute's value, or None where it stays."""
    if name.startswith("on") or name == "srcdoc":
        return ""
    if name in ("nonce", "data-clipboard-text") or (field and name in _HELD):
        return MASK
    if tag == "META" and name == "content" and names_secret_parameter(attributes.get("name", "")):
        return MASK
    named = name not in _CALLED and names_secret_parameter(name.removeprefix("data-"), attributes.get(name))
    return MASK if named else None


def _pairs(attributes: list[int]) -> Iterator[tuple[int, int]]:
    return zip(attributes[::2], attributes[1::2], strict=True)


def _is_secret_field(name: str, attributes: dict[str, str]) -> bool:
    if name not in ("INPUT", "TEXTAREA", "SELECT", "BUTTON"):
        return False
    if attributes.get("type", "").lower() in ("password", "hidden"):
        return True
    return calls_for_secret(text for each, text in attributes.items() if each in _CALLED)
