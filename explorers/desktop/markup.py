"""Names as they are read, without the markup that toolkits draw them by: Pango's and Qt's."""

import html
import re

_TAGS = (
    "a|b|big|body|center|div|em|font|h[1-6]|head|html|i|li|markup|nobr|ol|p|qt|s|small|span|strong|style|sub|sup|table|"
    "td|tr|tt|u|ul"
)
_PAIR = re.compile(rf"<({_TAGS})(\s[^<>]*)?>.*</\1\s*>", re.DOTALL | re.IGNORECASE)
_UNSEEN = re.compile(r"<(style|head)\b[^<>]*>.*?</\1\s*>", re.DOTALL | re.IGNORECASE)
_BREAK = re.compile(r"<(?:br|hr|/p|/div|/li|/td|/tr|/h[1-6])\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(rf"</?(?:{_TAGS}|img|meta|!doctype)\b[^<>]*>", re.IGNORECASE)


def plain(name: str) -> str:
    """The name without its markup; one in which no tag is closed, or which is nothing else, stays as it is.

    >>> plain("<b>Sum</b> &amp; rest"), plain("a < b & c > d"), plain("Insert <b>")
    ('Sum & rest', 'a < b & c > d', 'Insert <b>')
    """
    if "</" not in name or _PAIR.search(name) is None:
        return name
    bare = _TAG.sub("", _BREAK.sub(" ", _UNSEEN.sub("", name)))
    return " ".join(html.unescape(bare).split()) or name
