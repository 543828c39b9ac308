"""What a question which of two has more asks for, with what each of the two is known to have."""

import re
from datetime import datetime

from labelers.reading.questions import question
from labelers.reading.unread import Unread
from labelers.reading.vocabulary import Vocabulary
from schemas.conditions import Answered, TaskCheck
from schemas.screen_conditions import ScreenCondition

_ONE, _OTHER, _LIST, _VALUE = (rf'"(?P<{name}>[^"]*)"' for name in ("one", "other", "list", "value"))
_WHAT, _MORE = "(?P<what>record|page)", "(?P<more>higher|lower|later|earlier)"
_COMPARISONS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"In {_LIST}, look up {_ONE} and {_OTHER}: which of the two {_WHAT}s gives the {_MORE} {_VALUE}\?",
        rf"Look up {_ONE} and {_OTHER} in {_LIST}: which of their {_WHAT}s gives the {_MORE} {_VALUE}\?",
        rf"Find out which {_WHAT} in {_LIST} gives the {_MORE} {_VALUE}, that of {_ONE} or that of {_OTHER}\.",
    )
)


def read_comparison(text: str, vocabulary: Vocabulary, *, found: tuple[str, str], answer: str) -> TaskCheck:
    """What the text asks for: that both are looked up, one after the other; `found` is what each of them gives.

    Raises:
        Unread: if it is not understood, or the answer is not the one of the two that has more of what was found.
    """
    sentence = " ".join(text.split())
    asked = next((match for pattern in _COMPARISONS if (match := pattern.fullmatch(sentence)) is not None), None)
    if asked is None:
        raise Unread(f"not understood: {sentence[:80]}")
    said = asked.groupdict()
    if _most(said, found) != answer:
        raise Unread(
            f"of {found[0][:40]!r} and {found[1][:40]!r} the {said['more']} one is not that of {answer[:40]!r}"
        )
    one, other = (
        question(
            f'In "{said["list"]}", look up "{who}" and report the "{said["value"]}" that its {said["what"]} gives.',
            vocabulary,
            each,
        )
        for who, each in zip((said["one"], said["other"]), found, strict=True)
    )
    seen = tuple(condition for condition in one.all if isinstance(condition, ScreenCondition))
    end = tuple(condition for condition in other.all if not isinstance(condition, Answered))
    return TaskCheck((*end, Answered(answer)), (), (*one.passed, seen, *other.passed))


def _most(said: dict[str, str], found: tuple[str, str]) -> str:
    """Which of the two has the more, or the less, of what was found; nothing where that can't be told."""
    try:
        if said["more"] in ("later", "earlier"):
            one, other = (datetime.fromisoformat(each.strip()).timestamp() for each in found)
        else:
            (one, unit), (other, its) = (_parted(each) for each in found)
            if unit != its:
                return ""
    except ValueError:
        return ""
    if one == other:
        return ""
    wants_more = said["more"] in ("higher", "later")
    return said["one"] if (one > other) == wants_more else said["other"]


def _parted(text: str) -> tuple[float, str]:
    """A number and what stands behind it."""
    number = text.strip().rstrip("%abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return float(re.sub(r"[,$€£\s]", "", number)), text.strip()[len(number) :]
