"""The pairwise judge for best-of-n: of two episodes of one group, which reached the goal better?

Each pair is asked in both orders, since judges prefer a place; a winner wins both. In a large group each episode meets
only so many others, so that the cost grows with the episodes and not with their pairs.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from labelers.kit.forms import Choice, Form, Text
from labelers.kit.prompting import TEXT_LIMIT, as_json, goal_line, step_line, user_turn
from labelers.kit.questionnaire import Case, Finding, Judgement, LookedAt, Question, Questionnaire, Reply, unanswered
from labelers.model.pictures import Picture
from labelers.model.requests import Turn
from schemas.episodes import Episode
from schemas.errors import ConfigurationError
from schemas.keys import key
from schemas.opinions import Verdict

BOTH, TIE, DIFFER = "both orders", "tie", "the orders differ"
"""The rules of a label: one wins in both orders, or neither does, or who wins hangs on the order."""

STEPS = 40
"""Steps of an episode that are told, the last ones of a longer one."""

TEXTS, TEXTS_LIMIT = 60, 3_000
"""Texts of the final page that are told, and their characters in all."""


@dataclass(frozen=True, slots=True)
class Account:
    """An episode in words, with its final screen where one was recorded, to be held against another."""

    trajectory_id: str
    lines: tuple[str, ...]
    screen: str | None = None


Mates = Callable[[str], Sequence[Account]]
"""The accounts of those that an episode is compared with and that come after it by their ids: each pair comes once."""


def paired(names: Collection[str], opponents: int) -> list[tuple[str, str]]:
    """Who of a group is compared with whom, each pair once and in order, whatever the order of the names.

    Everybody sits in a circle, placed by the hash of the name, and meets the nearest on both sides: in a group of at
    most one more than `opponents` all others, else so many, or one less if that is odd. Who joins a group changes only
    the pairs around its place.

    Raises:
        ConfigurationError: for less than two opponents, by which not all would be compared.
    """
    if opponents < 2:
        raise ConfigurationError(f"opponents: expected 2 or more, found {opponents}")
    circle = sorted(names, key=lambda name: (key("place in the circle", name), name))
    reach = (opponents if len(circle) > opponents + 1 else len(circle)) // 2
    met = ({name, circle[(at + far) % len(circle)]} for at, name in enumerate(circle) for far in range(1, reach + 1))
    return sorted({(min(pair), max(pair)) for pair in met})


def account(episode: Episode) -> Account:
    """The episode in words: how it ended, its last steps, the texts of the final page."""
    steps = episode.steps[-STEPS:]
    left_out = len(episode.steps) - len(steps)
    lines = [f"{left_out} earlier steps are left out"] if left_out else []
    lines += map(step_line, steps)
    lines += [f"it ended with: {episode.trajectory.ended_by}", "texts of the final page:", *_final(episode)]
    last = episode.steps[-1].after if episode.steps else None
    return Account(episode.trajectory.trajectory_id, tuple(lines), None if last is None else last.seen.screen)


def nobody(trajectory_id: str) -> Sequence[Account]:
    """Stands for the groups where there are none."""
    del trajectory_id
    return ()


@dataclass(frozen=True)
class PairwiseJudge(Questionnaire):
    """Compares an episode with its mates; `groups` is what tells all who are compared from others."""

    name = question = "pairwise"
    form = Form({"reason": Text(), "winner": Choice("tie", "first", "second")})
    need = "group mates"

    mates: Mates = nobody
    groups: str = ""

    @property
    def variant(self) -> str:
        """Which groups there were."""
        return f"+{key('groups', self.groups)[:8]}"

    def questions(self, case: Case) -> Iterator[Question]:
        """Two a pair: in the order of the ids, and turned round."""
        mine: Account | None = None
        for mate in self.mates(case.episode.trajectory.trajectory_id):
            mine = mine or account(case.episode)
            for first, second in ((mine, mate), (mate, mine)):
                yield Question(turn=_turn(case.episode, first, second), subject="pair")

    def findings(self, episode: Episode, replies: Sequence[Reply]) -> Iterator[Finding]:
        """A label a pair, good where this episode is better than the one that `other_id` names, neutral for a tie."""
        mates = self.mates(episode.trajectory.trajectory_id)
        for mate, first, turned in zip(mates, replies[::2], replies[1::2], strict=True):
            other = mate.trajectory_id
            yield replace(_judgement(first, turned), other_id=other, apart=(other,))
        yield LookedAt()


def _judgement(first: Reply, turned: Reply) -> Judgement:
    if first.fields is None or turned.fields is None:
        return unanswered(first if first.fields is None else turned)
    verdict, rule, score = decide(first.fields["winner"], turned.fields["winner"])
    reason = first.fields["reason"]
    if rule == DIFFER:
        reason += f" Turned round: {turned.fields['reason']}"
    return Judgement(verdict=verdict, reason=reason, subject="pair", score=score, rule=rule, call=first.call)


def _turn(episode: Episode, first: Account, second: Account) -> Turn:
    lines = [
        goal_line(episode.trajectory.goal),
        "the first recording:",
        *first.lines,
        "the second recording:",
        *second.lines,
    ]
    shown = {name: side.screen for name, side in (("first", first), ("second", second)) if side.screen is not None}
    text = "Which of the two is better?"
    if shown:
        text += f" Screenshots: the final screen of the {', then that of the '.join(shown)}."
    return user_turn(text, lines, [Picture(screen) for screen in shown.values()])


def decide(winner: str, turned: str) -> tuple[Verdict, str, float]:
    """Verdict, rule and score of who wins in the first order, and with the two turned round."""
    if (winner, turned) == ("first", "second"):
        return "good", BOTH, 1.0
    if (winner, turned) == ("second", "first"):
        return "harmful", BOTH, 0.0
    return "neutral", TIE if winner == turned == "tie" else DIFFER, 0.5


def _final(episode: Episode) -> Iterator[str]:
    last = episode.steps[-1].after if episode.steps else None
    if last is None or last.tree is None:
        yield "none was recorded"
        return
    texts = dict.fromkeys(" ".join((node.value or node.name).split())[:TEXT_LIMIT] for node in last.tree.nodes)
    room = TEXTS_LIMIT
    for text in [text for text in texts if text][:TEXTS]:
        room -= len(text)
        if room < 0:
            return
        yield as_json(text)
