"""The heads of HTTP/1 messages, read so strictly that two readers can't take them for different things.

What is forwarded is written anew from what was understood, never copied.
"""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

HEADERS_LIMIT = 200
_REQUEST = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}) ([\x21-\x7e]+) HTTP/1\.[01]")
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-5]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?")
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*")
_AUTHORITY = re.compile(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):(\d{1,5})")
_TARGET = re.compile(r"http://[^/?#]")
_LENGTH = re.compile(r"\d{1,18}")
_OF_ONE_HOP = frozenset(
    {
        "connection",
        "proxy-connection",
        "keep-alive",
        "proxy-authorization",
        "proxy-authenticate",
        "te",
        "trailer",
        "upgrade",
        "http2-settings",
    }
)
_INFLATED = frozenset({"gzip", "x-gzip", "deflate", "identity"})
ACCEPTED = "gzip, deflate"
"""Encodings whose size when inflated can be counted on the way."""

Headers = tuple[tuple[str, str], ...]


class BadHead(Exception):
    """A head that is not forwarded; `status` is what to answer."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True, slots=True)
class RequestHead:
    """What a client asks a proxy for: `target` is an absolute address, or host and port for CONNECT."""

    method: str
    target: str
    headers: Headers
    length: int

    @property
    def goes_on(self) -> bool:
        """Whether the client wants to ask more on this connection, as browsers tell proxies."""
        return [value.lower() for value in values(self.headers, "proxy-connection")] == ["keep-alive"]

    def forwarded(self) -> bytes:
        """The head as the site gets it: for one message, with the host of the target."""
        parts = urlsplit(self.target)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        lines = [f"{self.method} {path} HTTP/1.1", f"Host: {parts.netloc.rpartition('@')[2]}"]
        dropped = _dropped(self.headers) | {"host", "accept-encoding"}
        lines += [f"{name}: {value}" for name, value in self.headers if name.lower() not in dropped]
        if values(self.headers, "accept-encoding"):
            lines.append(f"Accept-Encoding: {ACCEPTED}")
        return _written([*lines, "Connection: close"])


@dataclass(frozen=True, slots=True)
class ResponseHead:
    """How a site answers; `length` is None where the end of the connection ends the body, or chunks do."""

    status: int
    reason: str
    headers: Headers
    length: int | None
    chunked: bool

    @property
    def encoding(self) -> str:
        """How the body is compressed: gzip, deflate or identity."""
        return ",".join(values(self.headers, "content-encoding")).strip().lower() or "identity"

    def forwarded(self, *, last: bool = True) -> bytes:
        """The head as the browser gets it; `last` says that the connection ends after its body."""
        dropped = _dropped(self.headers)
        lines = [f"HTTP/1.1 {self.status} {self.reason}"]
        lines += [f"{name}: {value}" for name, value in self.headers if name.lower() not in dropped]
        return _written([*lines, "Connection: close"] if last else lines)


def request_head(data: bytes) -> RequestHead:
    """The head of a request to a proxy, of bytes that end with its empty line.

    Raises:
        BadHead: if it is none, or could be read in two ways.
    """
    if re.search(rb"\r(?!\n)|(?<!\r)\n|\0", data) or not data.endswith(b"\r\n\r\n"):
        raise BadHead(400, "expected lines that end with CR LF")
    first, *rest = data[:-4].split(b"\r\n")
    line = _REQUEST.fullmatch(first)
    if line is None:
        raise BadHead(400, "expected a request line of HTTP/1")
    method, target = line[1].decode(), line[2].decode()
    headers = _headers(rest, 400)
    if values(headers, "transfer-encoding"):
        raise BadHead(411, "expected a body of a told length")
    if len(values(headers, "host")) > 1:
        raise BadHead(400, "expected one host")
    length = _length(headers, 400) or 0
    if method == "CONNECT":
        if _AUTHORITY.fullmatch(target) is None or length:
            raise BadHead(400, "expected a host and a port")
    elif _TARGET.match(target) is None:
        raise BadHead(400, "expected an absolute address of http")
    return RequestHead(method, target, headers, length)


def response_head(data: bytes, *, method: str) -> ResponseHead:
    """The head of an answer to a method, of bytes that end with its empty line; a bare LF may end a line.

    Raises:
        BadHead: if it is none, could be read in two ways, or changes the protocol.
    """
    if re.search(rb"\r(?!\n)|\0", data):
        raise BadHead(502, "the answer holds control characters")
    first, *rest = data.replace(b"\r\n", b"\n").removesuffix(b"\n\n").split(b"\n")
    line = _STATUS.fullmatch(first)
    if line is None:
        raise BadHead(502, "the answer is not HTTP/1")
    status, headers = int(line[1]), _headers(rest, 502)
    if status == 101:
        raise BadHead(502, "the answer changes the protocol")
    coded = [value.lower() for value in values(headers, "transfer-encoding")]
    if coded not in ([], ["chunked"]):
        raise BadHead(502, "the answer is encoded in an unknown way")
    length = _length(headers, 502)
    if coded and length is not None:
        raise BadHead(502, "the answer tells its length in two ways")
    if method == "HEAD" or status in (204, 304) or status < 200:
        length = 0
    head = ResponseHead(status, (line[2] or b"").decode("latin-1"), headers, length, bool(coded))
    if length != 0 and any(part.strip() not in _INFLATED for part in head.encoding.split(",")):
        raise BadHead(502, f"the answer is compressed by {head.encoding[:40]}, which was not asked for")
    return head


def values(headers: Headers, name: str) -> list[str]:
    """The values of a header, whose name is given in lower case."""
    return [value for each, value in headers if each.lower() == name]


def authority(target: str) -> tuple[str, int]:
    """Host and port of the target of CONNECT.

    Raises:
        BadHead: if the port is none.
    """
    parts = _AUTHORITY.fullmatch(target)
    if parts is None or not 0 < int(parts[2]) < 65536:
        raise BadHead(400, "expected a host and a port")
    return parts[1], int(parts[2])


def _headers(lines: list[bytes], status: int) -> Headers:
    if len(lines) > HEADERS_LIMIT:
        raise BadHead(431 if status == 400 else status, f"expected at most {HEADERS_LIMIT} headers, found {len(lines)}")
    headers = []
    for line in lines:
        header = _HEADER.fullmatch(line)
        if header is None:
            raise BadHead(status, "expected a header, found another line")
        headers.append((header[1].decode("ascii"), header[2].decode("latin-1")))
    return tuple(headers)


def _length(headers: Headers, status: int) -> int | None:
    lengths = values(headers, "content-length")
    if not lengths:
        return None
    if len(lengths) > 1 or _LENGTH.fullmatch(lengths[0]) is None:
        raise BadHead(status, "expected one length of the body, in digits")
    return int(lengths[0])


def _dropped(headers: Headers) -> frozenset[str]:
    """The headers that are meant for the next hop alone, those too that the message itself calls so."""
    named = {part.strip().lower() for value in values(headers, "connection") for part in value.split(",")}
    # A message must not have its own length or encoding taken away.
    return _OF_ONE_HOP | (named - {"content-length", "transfer-encoding", "content-encoding", "host", "cookie"})


def _written(lines: list[str]) -> bytes:
    return "\r\n".join((*lines, "", "")).encode("latin-1")
