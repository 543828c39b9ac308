"""A DevTools connection of our own: calls go out in a row, and their answers are waited for together.

Playwright's Python client encodes each answer twice on its way here, which costs more than all that the browser does
for a step. A connection belongs to one thread: events are handled while it waits, in the order in which they came.
"""

import re
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeAlias

import orjson

from explorers.web.sockets import MessageSocket

Handler: TypeAlias = Callable[[str, dict[str, Any], str | None], None]
"""Is given an event's method, its parameters and the session that it came from; may `post` and `tell`, but not wait."""

OPEN_SECONDS = 10.0
_RESULT = re.compile(rb'\{"id":(\d+),"result":')


class DevtoolsError(Exception):
    """A call has no result: `CallFailed`, `Hung` or `Gone` say why."""


class Gone(DevtoolsError):
    """The connection is over: the browser ended, or was killed."""


class Hung(DevtoolsError):
    """No answer came before the deadline."""


class CallFailed(DevtoolsError):
    """The browser refused a call, or the script in it failed."""


class Closed(CallFailed):
    """The tab or frame of a session crashed or closed; the browser answers none of its calls any more."""


@dataclass(slots=True)
class _Call:
    """A call that was posted; one that is dropped waits for its answer only to throw it away."""

    session: str | None
    raw: bool
    kept: bool = False
    dropped: bool = False
    answer: dict[str, Any] | None = None


class Devtools:
    """A connection to the whole browser; `url` is the `webSocketDebuggerUrl` that it tells. The caller closes it.

    `deadline`, in seconds of `time.monotonic`, ends every wait with `Hung`; None waits for ever.

    Raises:
        Gone: if nobody answers there.
    """

    def __init__(self, url: str) -> None:
        self.deadline: float | None = None
        self._last = 0
        self._calls: dict[int, _Call] = {}  # posted, and neither fetched nor dropped with their answer here
        self._dead: set[str] = set()
        self._handlers: list[Handler] = []
        try:
            self._socket = MessageSocket(url, seconds=OPEN_SECONDS)
        except OSError as error:
            raise Gone(f"expected a browser at {url}, found {error}") from error

    def listen(self, handler: Handler) -> None:
        """Has every event from now on told to the handler, after those that came before it."""
        self._handlers.append(handler)

    def unlisten(self, handler: Handler) -> None:
        """Ends that; the handler must be one that was given."""
        self._handlers.remove(handler)

    def post(
        self, method: str, params: dict[str, Any] | None = None, *, session: str | None = None, raw: bool = False
    ) -> int:
        """Sends a call without waiting; its answer must be fetched with `wait`, or `wait_raw` if it is wanted `raw`.

        Raises:
            Gone: if the connection is over.
            Closed: if the session's tab crashed or closed.
        """
        if session in self._dead:
            raise Closed(f"{method}: the tab crashed or closed")
        self._last += 1
        call: dict[str, Any] = {"id": self._last, "method": method, "params": params or {}}
        if session is not None:
            call["sessionId"] = session
        try:
            self._socket.send(orjson.dumps(call))
        except OSError as error:
            raise Gone(f"{method} could not be sent: the browser is gone") from error
        self._calls[self._last] = _Call(session, raw)
        return self._last

    def tell(self, method: str, params: dict[str, Any] | None = None, *, session: str | None = None) -> None:
        """Sends a call whose answer nobody wants."""
        with suppress(Closed):
            self.drop(self.post(method, params, session=session))

    def wait(self, *calls: int) -> list[dict[str, Any]]:
        """The answers of calls, in their order; all have come, even when the first is an error.

        Raises:
            CallFailed: if the browser refused one of them.
            Closed: if its session ended before it was answered.
            Hung: if the deadline passed first; answers that come later are dropped.
            Gone: if the connection is over.
        """
        try:
            while not all(map(self.answered, calls)):
                self._receive(self.deadline)
        except DevtoolsError:
            for call in calls:
                self.drop(call)
            raise
        answers = [self._calls.pop(call).answer or {} for call in calls]
        for answer in answers:
            if "closed" in answer:
                raise Closed("the tab crashed or closed")
            if "error" in answer:
                raise CallFailed(str(answer["error"].get("message", answer["error"])))
        return [answer["result"] for answer in answers]

    def call(self, method: str, params: dict[str, Any] | None = None, *, session: str | None = None) -> dict[str, Any]:
        """Sends a call and returns its answer; raises what `post` and `wait` do."""
        return self.wait(self.post(method, params, session=session))[0]

    def answered(self, call: int) -> bool:
        """Whether the answer is here, so that `wait` returns at once."""
        return self._calls[call].answer is not None

    def wait_raw(self, call: int) -> bytes:
        """The JSON of a result that was wanted `raw`, as the browser wrote it; raises what `wait` does."""
        result = self.wait(call)[0]
        return result if isinstance(result, bytes) else orjson.dumps(result)

    def drop(self, call: int) -> None:
        """Gives up a posted call: its answer is thrown away when it comes."""
        posted = self._calls.get(call)
        if posted is not None and posted.answer is None:
            posted.dropped = True
        else:
            self._calls.pop(call, None)

    def keep(self, call: int) -> None:
        """Has a posted call outlive `drop_all`: its answer is fetched later."""
        self._calls[call].kept = True

    def drop_all(self) -> None:
        """Gives up every call that was posted, not fetched and not kept: whoever wanted it ended with an error."""
        for number, call in tuple(self._calls.items()):
            if not call.kept:
                self.drop(number)

    def forget_sessions(self) -> None:
        """Forgets which sessions are over: nobody will post to them."""
        self._dead.clear()

    def pump(self, seconds: float) -> bool:
        """Handles what comes until something came or the time is over; returns whether something came.

        Raises:
            Hung: if the deadline passed.
            Gone: if the connection is over.
        """
        if self.deadline is not None and time.monotonic() > self.deadline:
            raise Hung("the time for this step is over")
        end = time.monotonic() + seconds
        try:
            self._receive(end)
        except Hung:
            return False
        return True

    def close(self) -> None:
        """Ends the connection, from any thread; may be called twice."""
        self._socket.close()

    def _receive(self, until: float | None) -> None:
        """Takes one message: an answer is kept, an event is handled."""
        try:
            data = self._socket.receive(until)
        except TimeoutError:
            raise Hung("no answer before the time was over") from None
        except OSError as error:
            raise Gone("the browser is gone") from error
        message = self._raw(data) or orjson.loads(data)
        number = message.get("id")
        if number is None:
            if message["method"] == "Target.detachedFromTarget":
                self._end(message["params"]["sessionId"])
            elif message["method"] == "Inspector.targetCrashed" and "sessionId" in message:
                self._end(message["sessionId"])
            for handler in tuple(self._handlers):
                handler(message["method"], message.get("params", {}), message.get("sessionId"))
            return
        self._take(number, message)

    def _take(self, number: int, answer: dict[str, Any]) -> None:
        call = self._calls.get(number)
        if call is not None and call.dropped:
            del self._calls[number]
        elif call is not None:
            call.answer = answer

    def _raw(self, data: bytes) -> dict[str, Any] | None:
        """A message whose result is left as it is, if it is an answer that is wanted so."""
        head = _RESULT.match(data)
        call = None if head is None else self._calls.get(int(head[1]))
        if head is None or call is None or not call.raw:
            return None
        tail = f',"sessionId":"{call.session}"}}'.encode()
        return {"id": int(head[1]), "result": data[head.end() : -len(tail)]} if data.endswith(tail) else None

    def _end(self, session: str) -> None:
        """Answers the calls of a session that is over: the browser won't."""
        self._dead.add(session)
        for number, call in tuple(self._calls.items()):
            if call.session == session and call.answer is None:
                self._take(number, {"closed": True})


def first_line(error: Exception) -> str:
    """The first line of an error's message."""
    return (str(error).splitlines() or [type(error).__name__])[0]


def value_of(answer: dict[str, Any]) -> Any:
    """The value of an answer to `Runtime.evaluate`.

    Raises:
        CallFailed: if the script failed.
    """
    if "exceptionDetails" in answer:
        detail = answer["exceptionDetails"]
        reason = detail.get("exception", {}).get("description") or detail.get("text", "")
        raise CallFailed(f"the script failed: {reason[:300]}")
    return answer["result"].get("value")
