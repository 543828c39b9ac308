"""One try to send a request: the connections to a server, and what its answer or its silence means.

What may pass by itself is worth another try: a full server, an error of its own, a time-out, a connection that was cut.
"""

import email.utils
import os
import re
import ssl
import zlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from urllib.parse import urlsplit

import httpx2
import openai

from labelers.model.answers import CUT, ModelAnswer, read_answer, readable, status_in
from labelers.model.dialects import DIALECTS, Dialect, shows_pictures, takes_no_pictures
from schemas.errors import ConfigurationError, ModelError
from schemas.keys import fraction

KEY_VARIABLE = "OPENAI_API_KEY"
URL_VARIABLE = "OPENAI_BASE_URL"
LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})
"""Hosts that may be asked without a key."""

CHAT = "/chat/completions"

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 60.0
LONGEST_WISH = 300.0
"""Seconds that a server may ask to be left alone by `Retry-After`; one that asks for more is not asked again."""

POOL = 8
"""Connections of one pool: with each request a pool looks at all of its connections, so many small ones are faster."""

BODY_LIMIT = 2**26
"""Bytes of a response, after which no more is read: 64 long vectors as numbers have some 20 MB."""

RAW_LIMIT = 10_000
"""Characters of an error's body that are kept."""

_AGAIN = frozenset({408, 409, 425, 429})
_PUT_WRONGLY = frozenset({400, 422})
_NO_KEY, _NOT_THERE = frozenset({401, 402, 403}), frozenset({404, 405})
"""No key, no money or no right; no such path or model. Where nothing was answered before, all calls are refused so."""

NO_PICTURES = "the server says that its model takes no pictures"

PACKED = "gzip"
"""How an answer may be packed, which is said to the server."""

_KEY = re.compile(r"sk-[\w*.\-]+")
_JSON = {"Content-Type": "application/json"}


class _CutShort(httpx2.AsyncByteStream):
    """A stream that ends after so many bytes, whatever else would come; one that is packed is unpacked on the way."""

    def __init__(self, stream: httpx2.AsyncByteStream, most: int, *, packed: bool) -> None:
        self._stream, self._left = stream, most
        self._unpacking = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32) if packed else None  # gzip or zlib

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._stream:
            try:
                whole = part if self._unpacking is None else self._unpacking.decompress(part, self._left + 1)
            except zlib.error as error:
                raise httpx2.DecodingError(str(error)) from error
            self._left -= len(whole)
            yield whole
            if self._left < 0:
                break

    async def aclose(self) -> None:
        await self._stream.aclose()


async def _cut_short(response: httpx2.Response) -> None:
    if isinstance(response.stream, httpx2.AsyncByteStream):
        packing = response.headers.get("content-encoding", "identity").strip().lower()
        packed = packing == PACKED
        if packed:
            del response.headers["content-encoding"]  # else it would be unpacked again, without a limit
        elif packing not in ("identity", ""):
            raise httpx2.DecodingError(f"expected {PACKED} or nothing, found {packing[:20]}")
        response.stream = _CutShort(response.stream, BODY_LIMIT, packed=packed)


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

    @property
    def key(self) -> str | None:
        """The key that is set, or None."""
        return os.environ.get(KEY_VARIABLE) or None

    def connect(self, *, bounded: bool = False) -> openai.AsyncOpenAI:
        """A client of the openai package; its caller closes it. A `bounded` one reads no endless answer.

        Raises:
            ConfigurationError: if there is no key and the server is not local, or the URL is none.
        """
        url = self.base_url or os.environ.get(URL_VARIABLE) or None
        check_url(url)
        local = urlsplit(url or "").hostname in LOCAL
        if self.key is None and not local:
            raise ConfigurationError(f"expected a key in {KEY_VARIABLE}, found none: set it, or name a local server")
        limits = httpx2.Limits(max_connections=POOL, max_keepalive_connections=POOL)
        # A base URL names the server: proxies and certificates are the environment's, as everywhere, but what runs on
        # this machine no proxy can reach.
        hooks = {"response": [_cut_short]} if bounded else {}
        http = httpx2.AsyncClient(
            headers={"Accept-Encoding": PACKED},
            limits=limits,
            timeout=self.seconds,
            verify=_trust(),
            trust_env=not local,
            event_hooks=hooks,
        )
        return openai.AsyncOpenAI(
            api_key=self.key or "none", base_url=url, max_retries=0, timeout=self.seconds, http_client=http
        )


def check_url(url: str | None) -> None:
    """Refuses a base URL that no server can have.

    Raises:
        ConfigurationError: if it is one.
    """
    if url is None:
        return
    try:
        parts = urlsplit(url)
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        known = False
    if not known:
        raise ConfigurationError(f"expected a base URL such as http://localhost:8000/v1, found {url[:200]!r}")


class PicturesRefused(ModelError):
    """The model takes no pictures: it may be asked by words alone."""


@dataclass(frozen=True, slots=True)
class Tried:
    """How one try ended. `pause` is what the server wishes before another, in seconds; None: no other will help.

    `hopeless` says what is wrong with every other request as well, such as a key that is refused; where that is
    `doubtful`, it may be this one's alone. `no_pictures` says that it is the pictures.
    """

    answer: ModelAnswer
    pause: float | None
    cost_unknown: bool = False
    hopeless: str | None = None
    doubtful: bool = False
    no_pictures: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a server says instead of an answer: its status, its words in short and as they are, its `Retry-After`."""

    status: int
    message: str
    text: str
    retry_after: str | None = None


class Sender:
    """The connections to a server; used inside of one event loop, by at most as many calls at once as it has places.

    `dialect` is what is known of how the server wants to be asked; what it refuses teaches it, once for all.

    Raises:
        ConfigurationError: if there is no key and the server is not local.
    """

    def __init__(self, endpoint: Endpoint, dialect: Dialect | None = None) -> None:
        self._endpoint = endpoint
        self._dialect = Dialect() if dialect is None else dialect
        self._heard = self._pictures_taken = False
        self._pools = [endpoint.connect(bounded=True) for _ in range(-(-endpoint.flights // POOL))]
        # A call under way holds its pool's place, so that no pool is asked for more connections than it has.
        self._places = [pool for pool in self._pools for _ in range(POOL)][: endpoint.flights]

    async def close(self) -> None:
        """Gives the connections back."""
        for pool in self._pools:
            await pool.close()

    async def send(self, body: bytes) -> Tried:
        """Sends the body of a chat request once; again only where the server does not know how it was put."""
        for left in reversed(range(DIALECTS)):
            sent = self._dialect.put(body)
            said = await self._post(sent, CHAT)
            if isinstance(said, bytes):
                answer = read_answer(said)
                if (refusal := _refusal_in(answer)) is None:
                    return self._answered(sent, answer)
                said = refusal
            if isinstance(said, Tried):
                return said
            wrongly = said.status in _PUT_WRONGLY
            if not (left and wrongly and self._dialect.learn(sent, said.text.encode())):
                return self._refused(said, pictured=shows_pictures(sent))
        raise AssertionError("the last way is answered or refused")

    async def exchange(self, body: bytes, path: str) -> bytes | Tried:
        """Sends a body to another path once: what the server answers, or how the try ended without an answer."""
        said = await self._post(body, path)
        if isinstance(said, Refusal):
            return self._refused(said)
        self._heard = self._heard or isinstance(said, bytes)
        return said

    async def _post(self, body: bytes, path: str) -> bytes | Tried | Refusal:
        pool = self._places.pop()
        try:
            response = await pool.post(path, cast_to=httpx2.Response, content=body, options={"headers": _JSON})
        except openai.APIStatusError as error:
            header = error.response.headers.get("retry-after")
            return Refusal(error.status_code, error.message, readable(error.response.text[:RAW_LIMIT]), header)
        except openai.APITimeoutError:
            return Tried(
                ModelAnswer("failed", None, f"no answer in {self._endpoint.seconds:g} s"), 0.0, cost_unknown=True
            )
        except openai.APIConnectionError as error:
            said = f"the connection broke: {type(error.__cause__).__name__}"
            return Tried(ModelAnswer("failed", None, said), 0.0, cost_unknown=True)
        finally:
            self._places.append(pool)
        return response.content

    def _answered(self, sent: bytes, answer: ModelAnswer) -> Tried:
        if answer.status in ("ok", "refused"):
            self._heard, self._pictures_taken = True, self._pictures_taken or shows_pictures(sent)
        if answer.usage is not None:
            self._dialect.overran(sent, answer.usage.output)
        again = answer.status in ("malformed", "failed") and answer.error != CUT
        return Tried(answer, 0.0 if again else None, cost_unknown=answer.usage is None)

    def _refused(self, refusal: Refusal, *, pictured: bool = False) -> Tried:
        status = refusal.status
        message = refusal.message.removeprefix(f"Error code: {status} - ")
        said = f"HTTP {status}: {without_keys(message, self._endpoint.key)[:300]}"
        answer = ModelAnswer("failed", without_keys(refusal.text, self._endpoint.key), said)
        if pictured and not self._pictures_taken and takes_no_pictures(refusal.text):
            return Tried(answer, None, hopeless=f"{NO_PICTURES} ({said})", no_pictures=True)
        wish = wished_pause(refusal.retry_after, now=datetime.now(UTC))
        if (status in _AGAIN or status >= 500) and wish <= LONGEST_WISH:
            return Tried(answer, wish)
        if self._heard or status not in _NO_KEY | _NOT_THERE:
            return Tried(answer, None)
        doubtful = status in _NOT_THERE
        what = "--model and --base-url" if doubtful else f"the key in {KEY_VARIABLE}"
        return Tried(answer, None, hopeless=f"the server refuses every call: {said}: check {what}", doubtful=doubtful)


def _refusal_in(answer: ModelAnswer) -> Refusal | None:
    """The error that some servers send with the status of an answer, or None; without a status it is one of theirs."""
    if answer.status != "failed" or answer.usage is not None or answer.text is None or answer.error is None:
        return None
    return Refusal(status_in(answer.text) or 500, answer.error, answer.text)


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


def without_keys(text: str, key: str | None = None) -> str:
    """A server's words without the key, which some repeat, whole or in part, and without what no table holds."""
    return readable(_KEY.sub("sk-…", text if key is None else text.replace(key, "…")))
