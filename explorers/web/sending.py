"""What pages send: requests that ask for more than reading, and messages on sockets."""

import re
from collections import deque
from dataclasses import dataclass
from typing import Any

import orjson

from explorers.core.safety.addresses import READING, denied_word, is_file
from schemas.keys import key
from schemas.redaction import redact_location

_CHANGING = re.compile(r"[0-9a-f]{8,}(?:-[0-9a-f]{4,})*|\d+", re.IGNORECASE)
"""What differs from one request to the next though it asks for the same: ids, times, counters."""

_BODY = 65_536
_UNASKED = frozenset({"CSPViolationReport", "Preflight"})
"""Kinds of request that no page makes: the browser does."""

_ASKING = frozenset({"query", "variables", "operationName", "extensions", "id"})
"""What a GraphQL request has (GraphQL over HTTP, section 5.4); with more it is something else."""

_WRITING = re.compile(r"\b(?:mutation|subscription)\b")
_DATA_FRAMES = frozenset({1, 2})
"""WebSocket opcodes of texts and bytes; the others are the protocol's."""

_RING = 1_000
_SOCKETS = 200


@dataclass(frozen=True, slots=True)
class Sent:
    """A request for more than reading, or a message on a socket; `what` is its method and address without secrets.

    `likeness` is the same for a request that differs in numbers and ids alone. `network` is its id among the tab's
    requests, where a script of a document made it: None for a form, a worker, a socket. What was
    `stopped` did not go out.
    """

    what: str
    likeness: str
    frame: str | None = None
    context: str | None = None
    network: str | None = None
    stopped: bool = False

    @property
    def method(self) -> str:
        """That of HTTP, or SEND on a socket."""
        return self.what.partition(" ")[0]


def sent(
    method: str,
    url: str,
    body: str,
    *,
    frame: str | None = None,
    context: str | None = None,
    network: str | None = None,
) -> Sent:
    """What was sent, by its parts."""
    shown = f"{method[:40]} {(redact_location(url.partition('#')[0]) or '')[:500]}"
    likeness = key("sent", method, *(_CHANGING.sub("#", part) for part in (url, body[:_BODY])))
    return Sent(shown, likeness, frame, context, network)


def asks_more(method: str, kind: str, body: str, url: str = "") -> bool:
    """Whether a request asks for more than reading: by its method, or by an address that says so (`GET /delete/3`).

    A GraphQL body of queries alone reads, whatever its method is.
    """
    if method.upper() in READING:
        return denied_word(url) is not None and not (kind != "Document" and is_file(url))
    return kind not in _UNASKED and not _queries(body)


def _queries(body: str) -> bool:
    if '"query"' not in body or len(body) > _BODY:
        return False
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    operations = parsed if isinstance(parsed, list) else [parsed]
    texts = [each.get("query") if isinstance(each, dict) and set(each) <= _ASKING else None for each in operations]
    return bool(texts) and all(
        isinstance(text, str)
        and text.lstrip().startswith(("{", "query", "fragment"))
        and "{" in text
        and not _WRITING.search(text)
        for text in texts
    )


class Sockets:
    """The messages that the pages of a tab send on their WebSockets."""

    def __init__(self) -> None:
        self._urls: dict[str, str] = {}
        self._sent: deque[Sent] = deque(maxlen=_RING)
        self.handlers = {
            "Network.webSocketCreated": self._created,
            "Network.webSocketFrameSent": self._frame_sent,
            "Network.webSocketClosed": self._closed,
        }

    def take(self) -> tuple[Sent, ...]:
        """What was sent since the last call."""
        taken = tuple(self._sent)
        self._sent.clear()
        return taken

    def _created(self, params: dict[str, Any], _session: str) -> None:
        if len(self._urls) < _SOCKETS:
            self._urls[params["requestId"]] = str(params.get("url", ""))

    def _frame_sent(self, params: dict[str, Any], _session: str) -> None:
        frame = params["response"]
        if frame.get("opcode") in _DATA_FRAMES:
            url = self._urls.get(params["requestId"], "a socket")
            self._sent.append(sent("SEND", url, str(frame.get("payloadData", ""))))

    def _closed(self, params: dict[str, Any], _session: str) -> None:
        self._urls.pop(params["requestId"], None)
