"""Secrets in texts and addresses: what is shaped like a key, what is said to be a password, what an address carries."""

import re
from functools import lru_cache
from urllib.parse import quote, unquote, unquote_plus, urlsplit, urlunsplit

from schemas.secret_names import names_secret, names_secret_parameter, precedes_secret

MASK = "••••••"

_QUOTED_MASK = quote(MASK)
_SHAPES = re.compile(
    r"\beyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*)*"  # JSON web tokens (RFC 7519)
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
    r"|\b(?:sk|rk|pk)[-_](?=[\w-]{0,80}\d)[\w-]{12,}"
    r"|\bgh[pousr]_\w{10,}|\bgithub_pat_\w{10,}|\bglpat-[\w-]{10,}|\bxox[abceoprs]-[\w-]{8,}|\bhf_(?=\w{0,80}\d)\w{16,}"
    r"|\b(?:AKIA|ASIA)[A-Z0-9]{12,}|\bAIza[\w-]{20,}|\bya29\.[\w-]{10,}|\bnpm_\w{20,}|\bpypi-[\w-]{30,}"
    r"|\bSG\.[\w-]{10,}\.[\w-]{10,}|\bdop_v1_\w{20,}|\bshp(?:at|ca|pa|ss)_\w{16,}|\bwhsec_[\w+/]{12,}"
    # What a web framework signs: a text, perhaps a time, and a signature of 20 bytes or more in base64.
    r"|(?<![\w.:-])[\w-]{2,300}[.:](?:[\w-]{5,12}[.:])?(?=[\w-]*[a-z])(?=[\w-]*[A-Z])(?=[\w-]*\d[A-Za-z])[\w-]{27,}"
    r"|\$2[aby]\$\d\d\$[./\w]{20,}|\$argon2\w*\$\S{20,}"
    r"|(?i:\b(?:bearer|basic) )(?=[\w.~+/-]{0,80}\d)[\w.~+/-]{8,}=*",
    re.DOTALL,
)
"""Keys that can be told by their shape alone."""

_DIGIT = re.compile(r"\d")
_ADDRESS = re.compile(r"//|\?|#|^/")
_SEPARATOR = re.compile(r"([&;])")
_MATRIX = re.compile(r";([^=;/]+)=([^;/]*)")
_PIECE = re.compile(r"[^\s<>\"'`]+")
_PAIR = re.compile(r"([\w.\[\]-]{2,40})[\"']?\s*[:=]\s*([\"'])((?:(?!\2).){4,})\2")
_SAID = re.compile(
    r"(?:[:=：]|(?<!\w)(?:is|ist|lautet|est|es|è|é|jest|это)(?!\w))\s*[\"'“„«]?([^\s\"'“”„«»,;:=]{4,})"  # noqa: RUF001
)
_STEP = re.compile(r"(?:step|page|part|v)[-_]?\d{1,3}", re.IGNORECASE)
_NUMBERS = re.compile(r"[\d.,:/ +-]+")
_CODE = re.compile(r"\d{4,10}|\d{3}[ -]\d{3,4}")
_OPAQUE = re.compile(r"(?=(?:[\w-]*?(?:[A-Za-z]\d|\d[A-Za-z])){3})[\w-]{16,}")
_SHORT = re.compile(r"t|k|h|s|st|tk|ott|magic|refresh|login|link", re.IGNORECASE)
"""Fields that hold what nobody reads, where it is long and of letters and digits: `/in?t=3f9c...`."""

_HOOKS = frozenset({"webhooks", "hooks", "services"})
_LEAVING = frozenset({"unsubscribe", "optout", "opt-out", "confirm", "activate", "verify", "accept"})
_WORDS = re.compile(r"\S+")
_LABELS = 3
"""Words of what a secret is called where it stands right behind."""

_NESTED = 3
_REMEMBERED = 2_000
"""Characters of a text of which is remembered what became of it: a page's texts are looked through at each look."""

_FOLLOWING = 2
"""Segments of a path after one that says that a secret follows."""


def redact_text(text: str) -> str:
    """The text with keys, secrets in addresses, and what is said to be a password masked; the rest as it was."""
    return _redact_text(text) if len(text) <= _REMEMBERED else _redact_text.__wrapped__(text)


def redact_location(location: str | None) -> str | None:
    """The location without user name and password, and with the secrets in its path, query and fragment masked.

    The rest stays as it was written. Of an address that can't be taken apart only the scheme is kept.
    """
    if not location:
        return location
    return _redact_location(location) if len(location) <= _REMEMBERED else _redact_address(location, [])


def named_address(text: str) -> str:
    """What was given as an address, and may be none, as a message may name it: without anything before its last `@`."""
    scheme, mark, rest = text.rpartition("://")
    return redact_location(scheme + mark + rest.rpartition("@")[2]) or ""


@lru_cache(maxsize=20_000)
def _redact_text(text: str) -> str:
    redacted = _SHAPES.sub(MASK, text) if _DIGIT.search(text) or "-----" in text else text
    if "/" in text or "?" in text or "#" in text:
        redacted = _PIECE.sub(_redact_piece, redacted)
    if ":" in text or "=" in text or " " in text:
        redacted = _PAIR.sub(_redact_pair, redacted)
        redacted = _SAID.sub(_redact_said, redacted)
    if " " in text and _DIGIT.search(text):
        redacted = _redact_beside(redacted)
    return redacted


@lru_cache(maxsize=20_000)
def _redact_location(location: str) -> str:
    return _redact_address(location, [])


def secrets_in(location: str | None) -> tuple[str, ...]:
    """What `redact_location` takes out of an address, decoded."""
    hidden: list[str] = []
    if location:
        _redact_address(location, hidden)
    return tuple(dict.fromkeys(hidden))


def looks_secret(text: str) -> bool:
    """Whether a text can be the secret that its label announces: no word and no sentence, no date and no amount."""
    text = text.strip()
    if len(text) < 4 or text == MASK:
        return False
    if _NUMBERS.fullmatch(text):
        return _CODE.fullmatch(text) is not None
    pieces = text.split()
    if any(map(str.isdigit, text)):
        return len(pieces) <= 24 and all(any(map(str.isdigit, each)) or each.isupper() for each in pieces)
    return len(pieces) == 1 and len(text) >= 12 and text.isalpha() and not (text.islower() or text.istitle())


def _redact_address(location: str, hidden: list[str], depth: int = 0) -> str:
    if not _ADDRESS.search(location):
        return _PAIR.sub(_redact_pair, _SHAPES.sub(MASK, location))
    try:
        parts = urlsplit(location)
    except ValueError:
        return location.partition(":")[0] + ":" + MASK
    user, _, host = parts.netloc.rpartition("@")
    hidden += [unquote(user.partition(":")[2])] if ":" in user else []
    path = parts.path
    if not parts.netloc and "//" in path and parts.scheme and depth < _NESTED:
        path = _redact_address(path, hidden, depth + 1)  # blob:http://...
    redacted = parts._replace(
        netloc=host,
        path=_redact_path(path, hidden),
        query=_redact_fields(parts.query, hidden, depth, after=path),
        fragment=_redact_fields(parts.fragment, hidden, depth),
    )
    return location if redacted == parts else urlunsplit(redacted)


def _redact_path(path: str, hidden: list[str]) -> str:
    """The path with what follows a segment such as `reset` masked, and what is shaped like a key."""
    if not path or path == "/":
        return path
    segments = path.split("/")
    plain = [unquote(segment) for segment in segments]
    for index, segment in enumerate(plain):
        before = plain[max(index - _FOLLOWING, 0) : index]
        around = {*plain[max(index - 3, 0) : index]} & _HOOKS or {*plain[index + 1 : index + 2]} & _LEAVING
        if (_is_token(segment) and any(map(precedes_secret, before))) or (around and _OPAQUE.fullmatch(segment)):
            hidden.append(segment)
            segments[index] = _QUOTED_MASK
        elif _SHAPES.search(segment):
            hidden.append(segment)
            segments[index] = quote(_SHAPES.sub(MASK, segment))
        elif ";" in segments[index]:
            segments[index] = _MATRIX.sub(
                lambda field: ";" + _redact_field(field[1], field[2], hidden, _NESTED), segments[index]
            )
    return "/".join(segments)


def _redact_fields(query: str, hidden: list[str], depth: int, *, after: str = "") -> str:
    """The query, or a fragment that may hold one after a route, with the secrets in its fields masked.

    What comes `after` a path such as `/reset` is one by its looks, whatever its field is called.
    """
    if "=" not in query:
        return _redact_path(query, hidden) if "/" in query else _SHAPES.sub(_QUOTED_MASK, query)
    route, mark, fields = query.partition("?")
    if mark and "=" not in route:
        return f"{_redact_path(route, hidden)}?{_redact_fields(fields, hidden, depth, after=route)}"
    told = any(map(precedes_secret, [unquote(segment) for segment in after.split("/") if segment][-_FOLLOWING:]))
    parts = _SEPARATOR.split(query)
    for index in range(0, len(parts), 2):
        name, equals, value = parts[index].partition("=")
        before, mark, name = name.rpartition("?")
        if equals and name:
            parts[index] = before + mark + _redact_field(name, value, hidden, depth, told=told)
    return "".join(parts)


def _redact_field(name: str, value: str, hidden: list[str], depth: int, *, told: bool = False) -> str:
    """A field of a query or of a path, `name=value`, with its value masked where it is a secret."""
    plain = unquote_plus(value)
    if not value or plain == MASK:
        return f"{name}={value}"
    opaque = (told and _is_token(plain) and not plain.isdigit()) or (
        _SHORT.fullmatch(name) and _OPAQUE.fullmatch(plain)
    )
    if opaque or names_secret_parameter(unquote_plus(name), plain):
        hidden.append(plain)
        return f"{name}={_QUOTED_MASK}"
    if depth < _NESTED:
        inner = _redact_address(plain, hidden, depth + 1)
        if inner != plain:
            return f"{name}={quote(inner, safe='')}"
    return f"{name}={value}"


def _is_token(segment: str) -> bool:
    """Whether a segment of a path is no word that a person chose: `done`, `set-password`, `step-2`, `42`."""
    if len(segment) < 4 or segment == MASK or _STEP.fullmatch(segment):
        return False
    if any(map(str.isdigit, segment)):
        return True
    return segment.isalpha() and (len(segment) >= 24 or (len(segment) >= 12 and not segment.islower()))


def _redact_piece(match: re.Match[str]) -> str:
    """An address in a text, without the punctuation after it."""
    piece = match[0]
    if not ("://" in piece or piece.startswith(("/", "?", "#", "//")) or ("?" in piece and "=" in piece)):
        return piece
    address = piece.rstrip(".,;:!)]}")
    redacted = redact_location(address) or ""
    return piece if redacted == address else redacted + piece[len(address) :]


def _redact_pair(match: re.Match[str]) -> str:
    if not names_secret_parameter(match[1], match[3]):
        return match[0]
    return match[0][: match.start(3) - match.start()] + MASK + match[2]


def _redact_beside(text: str) -> str:
    """The text with what stands right behind the name of a secret masked: `Token 3f9c2b1`, alone or in a sentence."""
    words = [match.span() for match in _WORDS.finditer(text[:_REMEMBERED])]
    parts, done = [], 0
    for at, (start, end) in enumerate(words):
        token = text[start:end].strip("\"'“”„«».,;:!?()")
        if at == 0 or len(token) < 4 or not _DIGIT.search(token) or not looks_secret(token):
            continue
        whole = at == len(words) - 1 and at <= _LABELS
        if not whole and (len(token) < 6 or not any(map(str.isalpha, token))):
            continue
        labels = (text[words[first][0] : words[at - 1][1]] for first in range(max(at - _LABELS, 0), at))
        if any(names_secret(label, whole=True) for label in labels):
            place = text.index(token, start)
            parts += [text[done:place], MASK]
            done = place + len(token)
    return "".join([*parts, text[done:]])


def _redact_said(match: re.Match[str]) -> str:
    """What is said after a colon, or after `is`, where the words before it name a secret."""
    label = " ".join(match.string[max(match.start() - 60, 0) : match.start()].split()[-4:])
    token = match[1].rstrip(".!)")
    # In `Set-Cookie: session=3f9c` it is called as in an address.
    given = match[0].startswith("=") and names_secret_parameter(re.sub(r".*[^\w.-]", "", label), "")
    if not looks_secret(token) or not (given or names_secret(label)):
        return match[0]
    start = match.start(1) - match.start()
    return match[0][:start] + MASK + match[0][start + len(token) :]
