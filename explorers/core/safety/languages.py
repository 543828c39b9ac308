# ruff: noqa: RUF001 - letters of other scripts are what this file is about
"""What would change the language of an interface: a setting that outlasts the episode, and in which no word holds.

Told by its name, which is a language's own name, by a list of languages, or by an address that differs from the present
one in its language alone. What these miss is told by its effect (`explorers.core.aftermath`).
"""

import re
from urllib.parse import parse_qsl, urlsplit

from explorers.core.safety.scene import PRESSED, Scene
from explorers.core.safety.words import folded
from schemas.records import Node


def _folded_set(words: str) -> frozenset[str]:
    return frozenset(map(folded, words.split("|")))


_OWN_NAMES = _folded_set(
    "English|Deutsch|Français|Español|Castellano|Italiano|Português|Português do Brasil|Nederlands|Polski|"
    "Русский|中文|简体中文|繁體中文|繁体中文|正體中文|日本語|한국어|Türkçe|العربية|"
    "Bahasa Melayu|Melayu|Bahasa Indonesia|Svenska|"
    "Dansk|Norsk|Norsk bokmål|Bokmål|Nynorsk|Suomi|Čeština|Česky|Slovenčina|Magyar|Română|Ελληνικά|"
    "Українська|Tiếng Việt|ไทย|ภาษาไทย|עברית|فارسی|हिन्दी|हिंदी|Български|Hrvatski|Srpski|Српски|Slovenščina|"
    "Lietuvių|Latviešu|Eesti|Català|Euskara|Galego|Gaeilge|Cymraeg|Íslenska|Shqip|Македонски|Беларуская|"
    "Қазақша|Қазақ тілі|ქართული|Հայերեն|বাংলা|தமிழ்|తెలుగు|ಕನ್ನಡ|മലയാളം|ગુજરાતી|ਪੰਜਾਬੀ|मराठी|नेपाली|සිංහල|"
    "မြန်မာ|ខ្មែរ|ລາວ|Монгол|Filipino|Tagalog|Kiswahili|Afrikaans|Azərbaycan|Azərbaycanca|Oʻzbek|O'zbekcha|"
    "اردو|Esperanto|Bosanski|Lëtzebuergesch|Malti"
)
_ENGLISH_NAMES = _folded_set(
    "german|french|spanish|italian|portuguese|dutch|polish|russian|chinese|simplified chinese|"
    "traditional chinese|japanese|korean|turkish|arabic|malay|indonesian|swedish|danish|norwegian|finnish|"
    "czech|slovak|hungarian|romanian|greek|ukrainian|vietnamese|thai|hebrew|persian|hindi|bulgarian|croatian|"
    "serbian|slovenian|lithuanian|latvian|estonian|catalan|basque|galician|irish|welsh|icelandic|albanian|"
    "macedonian|belarusian|kazakh|georgian|armenian|bengali|tamil|telugu|urdu|mongolian|swahili|afrikaans"
)
_CODES = _folded_set(
    "ar|az|be|bg|bn|bs|ca|cs|cy|da|de|el|en|eo|es|et|eu|fa|fi|fr|ga|gl|he|hi|hr|hu|hy|id|is|it|ja|ka|kk|ko|"
    "lt|lv|mk|mn|ms|nb|nl|nn|no|pl|pt|ro|ru|sk|sl|sq|sr|sv|ta|te|th|tr|uk|ur|uz|vi|zh"
)
_CODE = re.compile(r"([a-z]{2})(?:[-_](?:[a-z]{4}|[a-z]{2}|\d{3}))?", re.IGNORECASE)
_PARTS = re.compile(r"\s*[()\[\]/|\u2013\u2014\u00b7,:\-]+\s*")
_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]{2}")
_SWITCH = re.compile(r"(?:switch to|change to|view in|read in|show in|see in|use|translate to|translate into) (.+)")
_FIELDS = frozenset({"lang", "language", "locale", "hl", "lng", "ui_locales", "setlang", "set_lang", "l", "lc"})
_CALLED = _folded_set(
    "language|languages|locale|sprache|langue|langues|idioma|idiomas|lingua|taal|język|язык|语言|語言|言語|언어|dil|"
    "لغة|اللغة|bahasa|språk|sprog|kieli|jazyk|nyelv|limbă|limba|γλώσσα|мова|ngôn ngữ|ภาษา|שפה|زبان|भाषा"
)
_LISTS = frozenset({"combobox", "listbox"})
_DATA = frozenset({"row", "cell", "gridcell", "rowheader"})
_LONGEST = 60


def changes_language(scene: Scene, index: int) -> str | None:
    """What an element says by which it would change the language, or None if nothing does."""
    node = scene.nodes[index]
    if node.role in _LISTS:
        return node.name or "a list of languages" if lists_languages(node) else None
    if node.role not in PRESSED:
        return None
    if node.href is not None and _other_language(node.href, scene.observation.location or ""):
        return node.href
    if not 0 < len(node.name) <= _LONGEST:
        return None
    if names_language(node.name) or (_is_code(node.name) and _among_languages(scene, index)):
        # In a table it is a fact of its row: the language of a book.
        return None if scene.enclosing(scene.above[index], _DATA) is not None else node.name
    return None


def lists_languages(node: Node) -> bool:
    """Whether most options of a list are languages, or it is called so and some are."""
    options = [option for option in node.options if option.strip()]
    languages = sum(_is_language(option) for option in options)
    if languages >= 2 and 2 * languages >= len(options):
        return True
    called = bool(_CALLED & set(folded(node.name).split())) or folded(node.name) in _CALLED
    return called and (not options or any(_is_language(option) or _is_code(option) for option in options))


def names_language(name: str) -> bool:
    """Whether a name is a language's own, maybe with its country, or tells to change to one.

    >>> names_language("Deutsch (Österreich)"), names_language("Switch to German"), names_language("German books")
    (True, True, False)
    """
    bare = _FLAG.sub("", name).strip()
    if not bare:
        return _FLAG.search(name) is not None  # a flag alone
    parts = [folded(part) for part in _PARTS.split(bare) if part]
    if len(parts) <= 3 and any(part in _OWN_NAMES for part in parts):
        return True
    switch = _SWITCH.fullmatch(folded(bare))
    return switch is not None and (switch[1] in _OWN_NAMES or switch[1] in _ENGLISH_NAMES)


def _is_language(name: str) -> bool:
    return len(name) <= _LONGEST and (names_language(name) or folded(name) in _ENGLISH_NAMES)


def _is_code(name: str) -> bool:
    code = _CODE.fullmatch(name.strip())
    return code is not None and code[1].lower() in _CODES


def _among_languages(scene: Scene, index: int) -> bool:
    """Whether another code or language stands beside an element: `EN | DE`."""
    outer = scene.above[index]
    if outer is not None and scene.nodes[outer].role == "listitem":
        outer = scene.above[outer]
    beside = range(len(scene.nodes)) if outer is None else scene.within(outer)
    others = [scene.nodes[each] for each in beside if each != index and scene.nodes[each].role in PRESSED]
    return any(_is_code(other.name) or names_language(other.name) for other in others if other.name)


def _other_language(href: str, location: str) -> bool:
    """Whether an address is the present one in another language, by a field of its query or a part of its path."""
    try:
        there, here = urlsplit(href), urlsplit(location)
    except ValueError:
        return False
    if there.netloc != here.netloc:
        return False
    asked, had = dict(parse_qsl(there.query)), dict(parse_qsl(here.query))
    chosen = {name: asked.pop(name) for name in list(asked) if name.lower() in _FIELDS and _is_code(asked[name])}
    known = {name: had.pop(name) for name in list(had) if name.lower() in _FIELDS and _is_code(had[name])}
    if asked != had:
        return False
    if chosen and chosen != known and there.path == here.path:
        return True
    parts, now = there.path.strip("/").split("/"), here.path.strip("/").split("/")
    if len(parts) != len(now):
        return False
    different = [(part, other) for part, other in zip(parts, now, strict=True) if part != other]
    return len(different) == 1 and all(map(_is_code, different[0]))
