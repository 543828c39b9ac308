"""How much of an interface was seen: states, elements, forms, addresses, and a curve of them against the steps."""

import re
from urllib.parse import urlsplit

_ID = re.compile(r"\d+|[0-9a-f]{8,}|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_ROUTES = ("/", "!")


def url_template(location: str | None) -> str:
    """The path of a URL with numbers, UUIDs and hexadecimal ids replaced, and the route in its fragment likewise.

    >>> url_template("http://shop.example/items/17/edit?next=1")
    '/items/*/edit'
    """
    try:
        parts = urlsplit(location or "")
    except ValueError:
        return ""
    route = f"#{parts.fragment}" if parts.fragment.startswith(_ROUTES) else ""
    return "/".join("*" if _ID.fullmatch(part) else part for part in f"{parts.path}{route}".split("/"))
