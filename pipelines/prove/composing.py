"""Composed tasks: two proven ones of an application done as one walk from the first's start, and proven as one task.

The joint claim is the first's, passed, and then the second's; it must not hold where either part alone is done. What
leads from the end of the one to the start of the other is nothing, where they are the same page or the second begins
there as well, else one link, or the way back to where their paths part. Two questions for the same value of two things
become the question which of them has more; of other tasks the words are joined, and read again from the joint sentence
alone.
"""

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from labelers.reading import Unread, Vocabulary, read, read_comparison
from labelers.rules.comparing import comparison
from pipelines.prove.addresses import relative
from pipelines.prove.proving import Claimed, Proving, Walk
from pipelines.prove.tasks import Task
from schemas.actions import Back, Click, Point
from schemas.claims import fulfilled
from schemas.conditions import Answered, TaskCheck
from schemas.identity import canonical_location
from schemas.keys import fraction
from schemas.pages import fold
from schemas.records import Choice, Node
from schemas.screen_conditions import ScreenCondition
from schemas.targets import target_of

COMPOSED = "composed"
"""What tasks that were joined from others have as their template."""

AND = "+"
"""Between the ids of its parts in that of a composed task."""

LONGEST = 12
"""Steps of a composed task."""

MOST_USES = 2
"""Composed tasks that a sentence is a part of."""

SAME_SUBJECT = 0.5
"""Share of the words, but for quoted values and numbers, from which on two tasks are about the same (Jaccard)."""

_VALUE = re.compile(r"\"[^\"]*\"|'[^']*'(?!\w)|“[^”]*”|\d+")
_WORD = re.compile(r"\w+")
_INSIDE = re.compile(r"[.!?:;]\s")
_THEN = re.compile(r"(\"[^\"]*\")|, then ")
_FIRST_THEN = re.compile(r"First: (?P<first>.+?[.?!]) Then: (?P<then>.+)")


@dataclass(frozen=True, slots=True)
class Part:
    """A proven task with its minimal path, the walk by it, and its instruction on that walk."""

    task: Task
    path: tuple[Choice, ...]
    walk: Walk
    taught_as: str

    @property
    def name(self) -> str:
        """The id of its first instruction."""
        return self.task.instructions[0]

    @property
    def lead(self) -> int:
        """How many steps of its path lead to where it begins."""
        leading = self.task.claimed.path[: self.task.claimed.lead]
        return sum(choice in leading for choice in self.path[: len(leading)])

    @property
    def claim(self) -> TaskCheck:
        """What is true when it is done."""
        assert self.task.claimed.claim is not None  # it is proven
        return self.task.claimed.claim


def part_of(task: Task, proving: Proving, taught_as: str) -> Part | None:
    """The task as a part, or None where it is not proven or its claim leaves a choice."""
    claim = task.claimed.claim
    if not proving.proven or proving.copy is None or claim is None or claim.any or task.parts:
        return None
    return Part(task, proving.path, proving.copy, taught_as)


def composed(parts: Iterable[Part], *, most: int) -> Iterator[Task]:
    """At most so many composed tasks, half of them comparisons if there are so many; which ones hangs on the parts."""
    every = sorted(parts, key=lambda part: part.name) if most else []
    pairs = [(first, then) for first in every for then in every if first.name != then.name]
    pairs.sort(key=lambda pair: fraction(COMPOSED, pair[0].name, pair[1].name))
    used: Counter[str] = Counter()
    taken: set[frozenset[str]] = set()
    made = 0
    for join, until in ((compared, (most + 1) // 2), (joined, most)):
        for first, then in pairs:
            texts = (first.task.text, then.task.text)
            if made == until:
                break
            if any(used[text] >= MOST_USES for text in texts) or frozenset(texts) in taken:
                continue
            task = join(first, then)
            if task is not None and task.text not in used:
                used.update((*texts, task.text))
                taken.add(frozenset(texts))
                made += 1
                yield task


def together(first: Part, then: Part) -> Task | None:
    """The two as one task, in the one way there is; None where there is none."""
    return compared(first, then) if first.task.answer is not None else joined(first, then)


def compared(first: Part, then: Part) -> Task | None:
    """The question which of two has more of what both are asked for, or None where they can't be compared."""
    one, other = first.task, then.task
    if one.app != other.app or one.answer is None or other.answer is None or one.changes or other.changes:
        return None
    found = (one.answer, other.answer)
    asked = comparison((one.text, other.text), found)
    if asked is None:
        return None
    text, answer = asked
    read_as: TaskCheck | None = None
    unread = ""
    try:
        read_as = read_comparison(text, one.words, found=found, answer=answer)
    except Unread as error:
        unread = str(error)
    return _one_task(first, then, (text, answer), read_as, unread)


def joined(first: Part, then: Part) -> Task | None:
    """The one and then the other, or None where they can't follow each other or are about the same."""
    one, other = first.task, then.task
    if one.app != other.app or one.answer is not None or (one.changes and other.changes) or alike(one.text, other.text):
        return None
    if not _goes_on(first, then):
        return None
    text = sentence([one.text, other.text])
    read_as: TaskCheck | None = None
    unread = ""
    try:
        read_as = read_joined(text, one.words, answer=other.answer)
    except Unread as error:
        unread = str(error)
    return _one_task(first, then, (text, other.answer), read_as, unread)


def _goes_on(first: Part, then: Part) -> bool:
    """Whether the second is about something that the first names, or begins on the page where that ends."""
    values = [set(_VALUE.findall(fold(part.task.text))) for part in (first, then)]
    end = first.walk.pages[-1].location
    starts = canonical_location(then.task.claimed.start)
    return bool(values[0] & values[1]) or (end is not None and canonical_location(relative(end)) == starts)


def _one_task(
    first: Part, then: Part, asked: tuple[str, str | None], read_as: TaskCheck | None, unread: str
) -> Task | None:
    """Both on one walk, asked for by that text with that answer; None where no way leads from one to the other."""
    one, other = first.task, then.task
    way = _way(first, then)
    if way is None or len(first.path) + len(way[0]) + len(way[1]) > LONGEST:
        return None
    between, rest = way
    looked = _looked(first.claim)
    seen = sum(not isinstance(condition, Answered) for condition in first.claim.all)
    text, answer = asked
    end = tuple(condition for condition in then.claim.all if not isinstance(condition, Answered))
    answered = () if answer is None else (Answered(answer),)
    claim = TaskCheck((*end, *answered), (), (*first.claim.passed, looked, *then.claim.passed))
    if len(looked) != seen or any(fulfilled(claim, part.walk.pages) for part in (first, then)):
        return None  # one of them alone would do
    return Task(
        instructions=(AND.join((first.name, then.name)),),
        trajectory_id=one.trajectory_id,
        text=text,
        answer=answer,
        template=COMPOSED,
        app=one.app,
        claimed=Claimed(
            one.claimed.start,
            (*first.path, *between, *rest),
            claim,
            read_as,
            unread,
            text,
            one.claimed.others,
            lead=first.lead,
            between=tuple(range(len(first.path), len(first.path) + len(between) + then.lead)),
        ),
        whole=one.whole or other.whole,
        changes=(*one.changes, *other.changes),
        words=one.words,
        parts=(first.taught_as, then.taught_as),
    )


def _looked(claim: TaskCheck) -> tuple[ScreenCondition, ...]:
    """What a claim asks of the screen at its end."""
    return tuple(condition for condition in claim.all if isinstance(condition, ScreenCondition))


_Way = tuple[tuple[Choice, ...], tuple[Choice, ...]]
"""What leads from the end of a part to the other, and what is left of that one's path."""


def _way(first: Part, then: Part) -> _Way | None:
    """How one comes from the end of the first to where the second goes on; None where no way is known."""
    between = _between(first, then)
    return _back(first, then) if between is None else (between, then.path)


def _back(first: Part, then: Part) -> _Way | None:
    """Back from page to page to where the two paths part, and the rest of the second."""
    if first.task.claimed.start != then.task.claimed.start or first.lead or then.lead:
        return None
    pairs = zip(first.path, then.path, strict=False)
    alike_until = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))
    pages = [None if page.location is None else canonical_location(page.location) for page in first.walk.pages]
    if None in pages or len(pages) != len(first.path) + 1 or len(then.path) == alike_until:
        return None
    steps = list(itertools.pairwise(pages[alike_until:]))
    if not steps or any(one == other for one, other in steps):
        return None  # what led to no other address is not gone back from
    return (Choice(Back(), None),) * len(steps), then.path[alike_until:]


def _between(first: Part, then: Part) -> tuple[Choice, ...] | None:
    """What leads from the end of the first to where the second begins: nothing, or a link; None where neither does."""
    end, begin = first.walk.pages[-1], then.walk.transitions[0].node
    if end.location is None:
        return None
    if canonical_location(relative(end.location)) == canonical_location(then.task.claimed.start):
        return ()
    if begin is not None and begin.href is not None and any(_is_like(node, begin) for node in end.nodes):
        return ()
    wanted = canonical_location(then.task.claimed.start)
    there = next((node for node in end.nodes if node.href is not None and _address(node) == wanted), None)
    if there is None or there.box is None:
        return None
    return (Choice(Click(Point(*there.box.centre)), target_of(there)),)


def _is_like(node: Node, begin: Node) -> bool:
    """Whether a link leads to the same page, whatever of the view where it stands it carries on."""
    same = (node.role, node.name) == (begin.role, begin.name) and node.href is not None and node.box is not None
    return same and _address(node).partition("?")[0] == _address(begin).partition("?")[0]


def _address(node: Node) -> str:
    return canonical_location(relative(node.href or ""))


def alike(first: str, second: str) -> bool:
    """Whether two tasks are about the same, whatever their values."""
    words = [set(_WORD.findall(_VALUE.sub(" ", text).casefold())) for text in (first, second)]
    together = words[0] | words[1]
    return not together or len(words[0] & words[1]) / len(together) >= SAME_SUBJECT


# ---- words


def sentence(texts: Sequence[str]) -> str:
    """The tasks in one sentence, or in one after another where one of them is more than a sentence."""
    plain = [" ".join(text.split()) for text in texts]
    if any(_INSIDE.search(text) or text.endswith(("?", "!")) for text in plain):
        first, *others = (text if text[-1:] in ".?!" else f"{text}." for text in plain)
        return " ".join([f"First: {first}", *(f"Then: {text}" for text in others)])
    first, *others = (text.rstrip(".") for text in plain)
    return f"{', then '.join([first, *map(_continued, others)])}."


def _continued(text: str) -> str:
    """With a small letter at its begin, unless the word is written in capitals."""
    word = text.split(" ", 1)[0]
    return text if len(word) > 1 and not word[1:].islower() else text[:1].lower() + text[1:]


def read_joined(text: str, vocabulary: Vocabulary, *, answer: str | None = None) -> TaskCheck:
    """What a joint sentence asks for: what its first part does is passed, then comes the second.

    Raises:
        Unread: if it is not understood, or in more than one way.
    """
    found = []
    for first, then in _split(" ".join(text.split())):
        try:
            found.append((read(first, vocabulary), read(then, vocabulary, answer=answer)))
        except Unread:
            continue
    if len(found) != 1:
        raise Unread(f"understood in {len(found)} ways as two tasks: {text[:80]}")
    ((one, other),) = found
    return TaskCheck(other.all, other.any, (*one.passed, _looked(one), *other.passed))


def _split(text: str) -> Iterator[tuple[str, str]]:
    """The ways to take a text as two tasks."""
    apart = _FIRST_THEN.fullmatch(text)
    if apart is not None:
        yield apart["first"], apart["then"]
        return
    for matched in _THEN.finditer(text):
        if matched[1] is None:
            rest = text[matched.end() :]
            yield f"{text[: matched.start()]}.", rest[:1].upper() + rest[1:]
