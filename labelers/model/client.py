"""The client: asks an OpenAI-compatible server, many calls at once, until each has an answer or a reason for none.

What may pass by itself is tried again: a full server, an error of its own, a time-out, a connection that was cut, an
answer that does not fit its form. What an attempt cost is counted also where its answer was of no use.
"""

import asyncio
import email.utils
import os
import re
import ssl
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from urllib.parse import urlsplit

import httpx2
import openai

from labelers.model.answers import Answer, read_answer
from labelers.model.budget import Budget
from labelers.model.pace import Pace
from labelers.model.prices import Usage
from labelers.model.requests import Request, body_of
from schemas.errors import ConfigurationError, ModelError
from schemas.keys import fraction
from schemas.records import Screen

KEY_VARIABLE = "OPENAI_API_KEY"
URL_VARIABLE = "OPENAI_BASE_URL"
LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})
"""Hosts that may be asked without a key."""

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 60.0
LONGEST_WISH = 300.0
"""Seconds that a server may ask to be left alone by `Retry-After`; one that asks for more is not asked again."""

POOL = 8
"""Connections of one pool: with each request a pool looks at all of its connections, so many small ones are faster."""

_AGAIN = frozenset({408, 409, 425, 429})
_HOPELESS = frozenset({401, 403, 404})
"""What these say is true for every other request as well."""

MALFORMED_TRIES = 3
RAW_LIMIT = 10_000
"""Characters of an error's body that are kept."""

_KEY = re.compile(r"sk-[\w*.\-]+")
_JSON = {"Content-Type": "application/json"}


@cache
def _trust() -> ssl.SSLContext:
    """The certificates that are trusted: reading them takes longer than many calls."""
    return httpx2.create_ssl_context()


@dataclass(frozen=True, slots=True)
class Endpoint:
    """How a server is asked: its base URL (None: `OPENAI_BASE_URL`, else OpenAI's), calls at once, seconds and tries.

    The key is read from `OPENAI_API_KEY` where it is used, so that it is in no work file.
    """

    base_url: str | None = None
    flights: int = 8
    seconds: float = 120.0
    tries: int = 6

    def connect(self) -> openai.AsyncOpenAI:
        """A client of the openai package; its caller closes it.

        Raises:
            ConfigurationError: if there is no key and the server is not local.
        """
        url = self.base_url or os.environ.get(URL_VARIABLE) or None
        given = os.environ.get(KEY_VARIABLE)
        if not given and urlsplit(url or "").hostname not in LOCAL:
            raise ConfigurationError(f"expected a key in {KEY_VARIABLE}, found none: set it, or name a local server")
        limits = httpx2.Limits(max_connections=POOL, max_keepalive_connections=POOL)
        # A base URL names the server: proxies and certificates are the environment's, as everywhere.
        http = httpx2.AsyncClient(limits=limits, timeout=self.seconds, verify=_trust())
        return openai.AsyncOpenAI(
            api_key=given or "none", base_url=url, max_retries=0, timeout=self.seconds, http_client=http
        )


@dataclass(frozen=True, slots=True)
class Answered:
    """A request with its answer, whose usage is that of all tries; `tries` of them took so many seconds."""

    request: Request
    answer: Answer
    tries: int
    seconds: float


class Client:
    """Asks one server; `check` says what is wrong with an answer, or None.

    Used inside of one event loop; `close` gives the connections back. `exhausted` tells that the budget is used up.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        budget: Budget,
        pace: Pace,
        screen: Callable[[str], Screen],
        check: Callable[[Request, str], str | None],
    ) -> None:
        self._endpoint, self._budget, self._pace = endpoint, budget, pace
        self._screen, self._check = screen, check
        # A call under way holds its pool's place, so that no pool is asked for more connections than it has.
        self._pools = [endpoint.connect() for _ in range(-(-endpoint.flights // POOL))]
        self._places = [pool for pool in self._pools for _ in range(POOL)][: endpoint.flights]
        self._hopeless: str | None = None
        self.exhausted = False

    async def close(self) -> None:
        """Gives the connections back."""
        for pool in self._pools:
            await pool.close()

    async def answers(self, requests: Iterable[Request]) -> AsyncIterator[Answered]:
        """Each request with its answer, in the order in which they come.

        Takes a request when a call is free for it, and none after the budget is used up.

        Raises:
            ModelError: if the server said what makes every other question useless, after those under way ended.
        """
        waiting = iter(requests)
        flying: set[asyncio.Task[Answered]] = set()
        try:
            while True:
                while len(flying) < self._endpoint.flights and (request := self._next(waiting)) is not None:
                    flying.add(asyncio.create_task(self._ask(request)))
                if not flying:
                    break
                done, flying = await asyncio.wait(flying, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    yield task.result()
        finally:
            for task in flying:
                task.cancel()
            await asyncio.gather(*flying, return_exceptions=True)
        if self._hopeless is not None:
            raise ModelError(self._hopeless)

    def _next(self, waiting: Iterator[Request]) -> Request | None:
        """The next request, with what it can cost set aside."""
        if self.exhausted or self._hopeless is not None:
            return None
        request = next(waiting, None)
        if request is not None and not self._budget.hold(self._budget.most(request)):
            self.exhausted = True
            return None
        return request

    async def _ask(self, request: Request) -> Answered:
        began = time.monotonic()
        most = self._budget.most(request)  # which is set aside
        body: bytes | None = None
        tries, malformed = 0, 0
        usage: Usage | None = None
        while True:
            tries += 1
            cost = most  # where nobody hears how a try ended
            try:
                body = body if body is not None else await self._body(request)
                await self._pace.take(request.most_input + request.most_output)
                tried = await self._try(request, body)
                cost = most if tried.cost_unknown else self._budget.cost(tried.answer.usage or Usage(0, 0))
            finally:
                self._budget.settle(most, cost)
            usage = _sum(usage, tried.answer.usage)
            malformed += tried.answer.status == "malformed"
            done = tried.pause is None or malformed == MALFORMED_TRIES or tries == self._endpoint.tries
            if done or self._hopeless is not None:
                break
            await asyncio.sleep(pause_before(request.digest, tries, wish=tried.pause))
            if not self._budget.hold(most):
                self.exhausted = True
                break
        return Answered(request, replace(tried.answer, usage=usage), tries, time.monotonic() - began)

    async def _body(self, request: Request) -> bytes:
        if not any(turn.pictures for turn in request.turns):
            return body_of(request, self._screen)
        return await asyncio.to_thread(body_of, request, self._screen)  # drawing takes longer than many answers

    async def _try(self, request: Request, body: bytes) -> "_Tried":
        pool = self._places.pop()
        try:
            response = await pool.post(
                "/chat/completions", cast_to=httpx2.Response, content=body, options={"headers": _JSON}
            )
        except openai.APIStatusError as error:
            return self._refusal_of(error)
        except openai.APITimeoutError:
            return _Tried(Answer("failed", None, f"no answer in {self._endpoint.seconds:g} s"), 0.0, cost_unknown=True)
        except openai.APIConnectionError as error:
            said = f"the connection broke: {type(error.__cause__).__name__}"
            return _Tried(Answer("failed", None, said), 0.0, cost_unknown=True)
        finally:
            self._places.append(pool)
        answer = read_answer(response.content)
        if answer.status == "ok" and (problem := self._check(request, answer.text or "")) is not None:
            answer = replace(answer, status="malformed", error=problem[:500])
        again = answer.status == "malformed"
        return _Tried(answer, 0.0 if again else None, cost_unknown=answer.usage is None)

    def _refusal_of(self, error: openai.APIStatusError) -> "_Tried":
        status = error.status_code
        said = f"HTTP {status}: {without_keys(error.message)[:300]}"
        answer = Answer("failed", error.response.text[:RAW_LIMIT], said)
        if status in _HOPELESS:
            self._hopeless = f"the server refuses every call: {said}"
        wish = wished_pause(error.response.headers.get("retry-after"), now=datetime.now(UTC))
        if not (status in _AGAIN or status >= 500) or wish > LONGEST_WISH:
            return _Tried(answer, None)
        return _Tried(answer, wish)


@dataclass(frozen=True, slots=True)
class _Tried:
    """How one try ended. `pause` is what the server wishes before another, in seconds; None: no other will help."""

    answer: Answer
    pause: float | None
    cost_unknown: bool = False


def pause_before(digest: str, tries: int, *, wish: float | None) -> float:
    """Seconds to wait after so many tries: twice as long each time, scattered, and never less than the server wished.

    Scattered by what is asked, so that calls which were refused together do not come back together.
    """
    usual = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** (tries - 1))
    return (wish or 0.0) + usual * (0.5 + 0.5 * fraction("pause", digest, tries))


def wished_pause(header: str | None, *, now: datetime) -> float:
    """The seconds that a `Retry-After` asks for: a number, or a date (RFC 9110, 10.2.3); 0 for none or nonsense."""
    if header is None:
        return 0.0
    if header.strip().isdecimal():
        return float(header)
    try:
        then = email.utils.parsedate_to_datetime(header)
    except (ValueError, TypeError):
        return 0.0
    return max(0.0, (then.replace(tzinfo=then.tzinfo or UTC) - now).total_seconds())


def _sum(one: Usage | None, other: Usage | None) -> Usage | None:
    if one is None or other is None:
        return one or other
    return Usage(one.input + other.input, one.output + other.output, one.cached + other.cached)


def without_keys(text: str) -> str:
    """A server's words without the key, which some repeat in part."""
    return _KEY.sub("sk-…", text)
