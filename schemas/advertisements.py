"""Which elements of a tree are advertisements, by what they are called; "Add to cart" and "admin" are none."""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from schemas.records import Node

ROLES = frozenset({"iframe", "complementary", "link", "img", "image", "region", "figure"})
"""What holds an advertisement, or is one."""

_WORDS = frozenset(
    {
        "ad",
        "ads",
        "advert",
        "adverts",
        "advertisement",
        "advertisements",
        "advertising",
        "adslot",
        "adunit",
        "adbanner",
        "adsense",
        "adsbygoogle",
        "adchoices",
        "sponsored",
        "doubleclick",
        "googlesyndication",
        "googleads",
        "taboola",
        "outbrain",
    }
)
"""Parts of an id or of the name of a host, as they stand between dots, dashes and capitals."""

_HINT = re.compile(r"ad|sponsor|doubleclick|googlesyn|taboola|outbrain", re.IGNORECASE)
"""In whatever is matched: most ids and addresses are told apart by it alone."""

_PARTS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_NAME = re.compile(
    r"(?:3rd party ad content|ad ?choices|(?:ads?|advert|advertisement|advertising|sponsored|promoted)"
    r"(?:$|\s*[:·•|–—-]\s|\s+by\s+\S|\s+from\s+\S))",  # noqa: RUF001 (dashes that pages have)
    re.IGNORECASE,
)
"""A name says it as a whole or before what is advertised. A link "Ads" leads to ads, as "Ads by owner" does."""

_PATHS = frozenset({"aclk", "adclick", "adserver"})


def is_advertisement(node: Node, location: str | None) -> bool:
    """Whether the element is an advertisement on the page at that location, by its id, test id, name or address."""
    if node.role not in ROLES:
        return False
    return (
        _id_says_so(node.id)
        or _id_says_so(node.test_id)
        or _name_says_so(node)
        or (node.href is not None and _address_says_so(node.href, location))
    )


def advertised(nodes: Sequence[Node], location: str | None) -> frozenset[int]:
    """The indices of the advertisements and of all that is in them, in nodes in preorder."""
    indices: list[int] = []
    inside: int | None = None
    for index, node in enumerate(nodes):
        if inside is not None and node.depth > inside:
            indices.append(index)
            continue
        inside = None
        if node.role in ROLES and is_advertisement(node, location):
            inside = node.depth
            indices.append(index)
    return frozenset(indices)


def _id_says_so(text: str | None) -> bool:
    if text is None or not _HINT.search(text):
        return False
    return any(part.lower() in _WORDS for part in _PARTS.findall(text))


def _name_says_so(node: Node) -> bool:
    match = _NAME.match(node.name.strip()) if _HINT.search(node.name) or "romoted" in node.name else None
    return match is not None and not (node.role == "link" and match[0].lower().startswith("ads"))


def _address_says_so(address: str, location: str | None) -> bool:
    """Whether it leads to another host that serves advertisements; a page's own `/ads/12` is what it is about."""
    if not _HINT.search(address) and "aclk" not in address:
        return False
    try:
        parts, here = urlsplit(address), urlsplit(location or "")
        host, own = parts.hostname, here.hostname
    except ValueError:
        return False
    if not host or host == own:
        return False
    return not _WORDS.isdisjoint(re.split(r"[.-]", host)) or not _PATHS.isdisjoint(parts.path.lower().split("/"))
