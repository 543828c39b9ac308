"""What the browser may ask of whom: rules as pure functions, for the proxy and for the governor inside the browser.

- The main frame stays on the start site; hosts that were named may be visited as well.
- Anything else may be loaded by GET and HEAD from public hosts.
- A request that may change something goes to the start site only, and so does a WebSocket.
- An address that is not public is refused unless it was named with its port, as the start URL names one.
"""

import ipaddress
import re
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias
from urllib.parse import SplitResult, urlsplit

from schemas.errors import ConfigurationError
from schemas.secret_texts import named_address

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
READING = frozenset({"GET", "HEAD"})
NOT_PUT_BACK = "it asks for more than reading, and nothing would put that back"
LOCAL = ("data", "blob", "about")
"""Schemes of what never leaves the browser."""

_STRANGE = re.compile(r"[\x00-\x20\x7f\\]")
_NAME = re.compile(
    r"(?=.{1,253}\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
)
_INNER_NAMES = (
    ".localhost",
    ".local",
    ".internal",
    ".intranet",
    ".lan",
    ".home.arpa",
    ".corp",
    ".home",
    ".localdomain",
)
_METADATA = frozenset(
    {
        "metadata",
        "metadata.google.internal",
        "metadata.goog",
        "metadata.azure.internal",
        "metadata.azure.com",
        "instance-data",
        "instance-data.ec2.internal",
        "kubernetes.default.svc",
    }
)
_METADATA_ADDRESSES = frozenset(
    map(
        ipaddress.ip_address,
        ("169.254.169.254", "fd00:ec2::254", "fd20:ce::254", "100.100.100.200", "192.0.0.192", "168.63.129.16"),
    )
)
"""Where clouds tell a machine its keys: by name, and by address those that are not link-local."""

_EMBEDDING = tuple(
    (ipaddress.ip_network(net), shift)
    for net, shift in (
        ("::ffff:0:0/96", 0),
        ("64:ff9b::/96", 0),
        ("64:ff9b:1::/48", 0),
        ("2002::/16", 80),
        ("::/96", 0),
    )
)
"""IPv6 networks that hold an IPv4 address, and how many bits come after it."""


@dataclass(frozen=True, slots=True, order=True)
class Site:
    """A host and a port. Of two spellings of one host the folded one is kept."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request that was not made; `url` is without secrets, `frame` and `context` are as DevTools names them."""

    method: str
    url: str
    kind: str
    reason: str
    main_frame: bool = False
    frame: str | None = None
    context: str | None = None

    def __str__(self) -> str:
        return f"refused {self.method} {self.url[:300]}: {self.reason}"


@dataclass(frozen=True, slots=True)
class SiteRules:
    """The rules of one start site; `start` is its URL, `named` are further hosts, with a port or without.

    A host without a port is meant on 80 and 443. A start on port 80 may be led to 443 of the same host, as most are.

    What tells a machine its keys, or is no host, is neither a start nor named. With `reads_only` nothing goes out that
    asks for more than reading, and no socket is opened, on which anything could be sent.

    Raises:
        ConfigurationError: if the start is no http or https URL, a host none, or one of them must not be reached.
    """

    start: str
    named: tuple[str, ...] = ()
    reads_only: bool = False

    def __post_init__(self) -> None:
        """Refuses what names no site, and what nobody explores."""
        for site in (_start_site(self.start), *(site for each in self.named for site in _named_sites(each))):
            if (why := _unfit(site.host)) is not None:
                raise ConfigurationError(f"expected a site to explore, found {site}, which is {why}")

    @property
    def site(self) -> Site:
        """The start site."""
        return _start_site(self.start)

    def refuses(self, method: str, url: str, *, kind: str = "", main_frame: bool = False) -> str | None:
        """Why a request must not be made, or None if it may.

        Args:
            method: As HTTP names it.
            url: The whole address.
            kind: The resource type, as DevTools names it: Document, XHR, WebSocket, Ping ...
            main_frame: Whether it is to replace the page.
        """
        parts = _parts(url)
        if parts is None:
            return "the address can't be read"
        if parts.scheme in LOCAL:
            return self._local(parts, url, main_frame)
        if parts.scheme not in PORTS:
            return f"{parts.scheme or 'an address without scheme'}: is not loaded"
        site = _site(parts)
        if site is None:
            return "the host can't be read"
        socket = parts.scheme in ("ws", "wss") or kind == "WebSocket"
        if socket and self.reads_only:
            return NOT_PUT_BACK
        if self.is_start(site):
            return None
        if socket:
            return f"a socket goes to {self.site} only"
        if main_frame and not self.is_named(site):
            return f"{site} is not the site"
        if method.upper() not in READING:
            return f"{method.upper()[:20]} goes to {self.site} only"
        return self.refuses_host(site)

    def refuses_host(self, site: Site) -> str | None:
        """Why nothing is loaded from a host, by its name alone; what the name leads to is asked for on connecting."""
        if self.is_start(site) or self.is_named(site, with_port=True):
            return None
        address = address_of(site.host)
        if address is not None:
            return None if is_public(address) else f"{site} is not public"
        if site.host in ("localhost", *_METADATA) or site.host.endswith(_INNER_NAMES) or "." not in site.host:
            return f"{site} is not public"
        return None

    def refuses_address(self, site: Site, address: Address) -> str | None:
        """Why no connection is made to the address that the name of a site leads to."""
        if (why := unfit_address(address)) is not None:
            return f"{site} leads to {address}, which is {why}"
        if is_public(address):
            return None
        if not (self.is_start(site) or self.is_named(site, with_port=True)):
            return f"{site} leads to {address}, which is not public"
        return None

    def is_start(self, site: Site) -> bool:
        """Whether it is the start site."""
        start = self.site
        return site == start or (start.port == 80 and site == Site(start.host, 443))

    def is_named(self, site: Site, *, with_port: bool = False) -> bool:
        """Whether it was named besides the start; with its port, if that is asked for."""
        return any(
            site in _named_sites(each) and (not with_port or len(_named_sites(each)) == 1) for each in self.named
        )

    def _local(self, parts: SplitResult, url: str, main_frame: bool) -> str | None:
        if not main_frame or url.startswith(("about:blank", "about:srcdoc")):
            return None
        if parts.scheme == "blob":
            inner = _parts(url.removeprefix("blob:"))
            site = None if inner is None else _site(inner)
            return None if site is not None and self.is_start(site) else "the blob is not the site's"
        return f"{parts.scheme}: is no page of the site"


def site_of(url: str) -> Site | None:
    """The host and port of an address, or None if it has none."""
    parts = _parts(url)
    return None if parts is None or parts.scheme not in PORTS else _site(parts)


def address_of(host: str) -> Address | None:
    """The address that a host is written as, in any of the spellings that browsers take: `0x7f.1`, `017700000001`."""
    if ":" in host:
        try:
            return ipaddress.IPv6Address(host.partition("%")[0])
        except ValueError:
            return None
    parts = host.rstrip(".").split(".")
    try:
        numbers = [_number(part) for part in parts]
    except ValueError:
        return None
    *heads, last = numbers
    if len(parts) > 4 or any(number > 255 for number in heads) or last >= 256 ** (5 - len(parts)):
        return None
    value = last
    for place, number in enumerate(heads):
        value += number << (8 * (3 - place))
    return ipaddress.IPv4Address(value)


def unfit_address(address: Address) -> str | None:
    """What an address is that must not be reached even where it was asked for, also inside of an IPv6 address."""
    for each in (address, *_embedded(address)):
        if each in _METADATA_ADDRESSES:
            return "where a cloud tells a machine its keys"
        if each.is_link_local:
            return "for this machine's own network link only"
        if each.is_multicast or each.is_unspecified or each == ipaddress.IPv4Address("255.255.255.255"):
            return "no host"
    return None


def is_public(address: Address) -> bool:
    """Whether an address is one that anybody on the internet can reach, also inside of an IPv6 address."""
    if address.is_multicast or not address.is_global or address.is_reserved:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        if address.is_site_local or address.teredo is not None:
            return False
        return all(map(is_public, _embedded(address)))
    return True


def _embedded(address: Address) -> tuple[ipaddress.IPv4Address, ...]:
    """The IPv4 address inside of an IPv6 address that holds one."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.teredo is not None:
            return address.teredo
        for network, shift in _EMBEDDING:
            if address in network and int(address) > 1:  # `::` and `::1` hold none
                return (ipaddress.IPv4Address((int(address) >> shift) & 0xFFFFFFFF),)
    return ()


def _unfit(host: str) -> str | None:
    """What a host is that must not be reached, as far as its name tells."""
    if host in _METADATA:
        return "where a cloud tells a machine its keys"
    address = address_of(host)
    return None if address is None else unfit_address(address)


def _parts(url: str) -> SplitResult | None:
    if _STRANGE.search(url):
        return None
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - reading it is the check
    except ValueError:
        return None
    return parts


def _site(parts: SplitResult) -> Site | None:
    host = folded_host(parts.hostname or "")
    port = parts.port if parts.port is not None else PORTS.get(parts.scheme)
    return None if host is None or not port else Site(host, port)


def folded_host(host: str) -> str | None:
    """The one spelling of a host: addresses in their usual form, names in lower case without a last dot."""
    host = host.strip("[]").rstrip(".").lower()
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            return None
    address = address_of(host)
    if address is not None:
        return str(address)
    # A name whose last part is a number is an address that is none.
    if _NAME.fullmatch(host) is None or re.fullmatch(r"\d+|0x[0-9a-f]*", host.rpartition(".")[2]):
        return None
    return host


def _number(text: str) -> int:
    if text.startswith(("0x", "0X")):
        return int(text[2:], 16) if text[2:] else 0
    if not text.isascii() or not text.isdigit():
        raise ValueError(text)
    return int(text, 8) if len(text) > 1 and text.startswith("0") else int(text)


@cache
def _start_site(start: str) -> Site:
    parts = _parts(start)
    site = None if parts is None or parts.scheme not in ("http", "https") else _site(parts)
    if site is None:
        raise ConfigurationError(f"expected an http or https URL to start from, found {named_address(start)!r}")
    return site


@cache
def _named_sites(named: str) -> tuple[Site, ...]:
    """The sites that a `host` or `host:port` means: one with a port, two without."""
    parts = None if "/" in named or "@" in named else _parts(f"//{named}")
    host = None if parts is None else folded_host(parts.hostname or "")
    if parts is None or host is None:
        raise ConfigurationError(f"expected a host, or a host and a port, found {named_address(named)!r}")
    return (Site(host, parts.port),) if parts.port else (Site(host, 80), Site(host, 443))
