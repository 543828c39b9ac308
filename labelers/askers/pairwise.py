"""The pairwise judge for best-of-n: of two episodes of one group, which reached the goal better?

Each pair is asked in both orders, since judges prefer a place; a winner wins both. In a large group each episode meets
only so many others, so that the cost grows with the episodes and not with their pairs.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from labelers.backend import Opinions
from labelers.kit.prompted import ModelUse, PromptedAsker
from labelers.kit.prompting import TEXT_LIMIT, fenced, goal_line, quoted, told
from labelers.model.pictures import Picture
from labelers.model.requests import Request
from schemas.episodes import Episode
from schemas.errors import ConfigurationError
from schemas.keys import key
from schemas.opinions import Call, Instruction, Label, Verdict

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
    met = ({one, circle[(at + far) % len(circle)]} for at, one in enumerate(circle) for far in range(1, reach + 1))
    return sorted({(min(two), max(two)) for two in met})


def account(episode: Episode) -> Account:
    """The episode in words: how it ended, its last steps, the texts of the final page."""
    steps = episode.steps[-STEPS:]
    left_out = len(episode.steps) - len(steps)
    lines = [f"{left_out} earlier steps are left out"] if left_out else []
    lines += [told(one.step.step_index, one) for one in steps]
    lines += [f"it ended with: {episode.trajectory.ended_by}", "texts of the final page:", *_final(episode)]
    last = episode.steps[-1].after if episode.steps else None
    return Account(episode.trajectory.trajectory_id, tuple(lines), None if last is None else last.seen.screen)


def nobody(trajectory_id: str) -> Sequence[Account]:
    """Stands for the groups where there are none."""
    del trajectory_id
    return ()


class PairwiseJudge(PromptedAsker):
    """Compares an episode with its mates; `groups` is what tells all who are compared from others."""

    prompt_name: ClassVar[str] = "pairwise"
    fields: ClassVar[Mapping[str, type]] = {"reason": str, "winner": str}
    choices: ClassVar[Mapping[str, Sequence[Any]]] = {"winner": ("tie", "first", "second")}

    def __init__(self, use: ModelUse, mates: Mates = nobody, groups: str = "") -> None:
        super().__init__(use)
        self._mates, self._groups = mates, groups

    @property
    def version(self) -> str:
        """That of the prompt and of how its answers are read, and which groups there were."""
        return f"{super().version}+{key('groups', self._groups)[:8]}"

    def requests(self, episode: Episode, instructions: Sequence[Instruction]) -> Iterator[Request]:
        """Two questions a pair: in the order of the ids, and turned round."""
        del instructions
        mates = self._mates(episode.trajectory.trajectory_id)
        mine = account(episode) if mates else None
        for mate in mates:
            assert mine is not None
            yield self._request(episode, mine, mate)
            yield self._request(episode, mate, mine)

    def read(self, episode: Episode, instructions: Sequence[Instruction], answers: Mapping[str, Call]) -> Opinions:
        """A label a pair, good where this episode is better than the one that `other_id` names, neutral for a tie."""
        del instructions
        mates = self._mates(episode.trajectory.trajectory_id)
        mine = account(episode)
        labels = []
        answered = 0
        for mate in mates:
            calls = [answers[self._request(episode, *two).digest] for two in ((mine, mate), (mate, mine))]
            said = [self.said(call) for call in calls]
            answered += sum(one is not None for one in said)
            labels.append(self._label(episode, mate, calls, said))
        return Opinions((), (*labels, self.seen(episode, 2 * len(mates), answered)), {})

    def _label(
        self, episode: Episode, mate: Account, calls: Sequence[Call], said: Sequence[Mapping[str, Any] | None]
    ) -> Label:
        first, turned = said
        if first is None or turned is None:
            silent = calls[said.index(None)]
            return _on_pair(self.unanswered(episode, silent, subject="pair", instruction=None), mate)
        verdict, rule, score = decide(first["winner"], turned["winner"])
        reason = first["reason"] if rule != DIFFER else f"{first['reason']} Turned round: {turned['reason']}"
        made = self.label(episode, verdict, reason, call=calls[0], subject="pair", score=score, rule=rule)
        return _on_pair(made, mate)

    def _request(self, episode: Episode, first: Account, second: Account) -> Request:
        lines = [
            goal_line(episode.trajectory.goal),
            "the first recording:",
            *first.lines,
            "the second recording:",
            *second.lines,
        ]
        shown = {name: one.screen for name, one in (("first", first), ("second", second)) if one.screen is not None}
        text = "Which of the two is better?"
        if shown:
            text += f" Screenshots: the final screen of the {', then that of the '.join(shown)}."
        return self.ask(episode, f"{text}\n\n{fenced(lines)}", [Picture(one) for one in shown.values()])


def decide(winner: str, turned: str) -> tuple[Verdict, str, float]:
    """Verdict, rule and score of who wins in the first order, and with the two turned round."""
    if (winner, turned) == ("first", "second"):
        return "good", BOTH, 1.0
    if (winner, turned) == ("second", "first"):
        return "harmful", BOTH, 0.0
    return "neutral", TIE if winner == turned == "tie" else DIFFER, 0.5


def _on_pair(label: Label, mate: Account) -> Label:
    other = mate.trajectory_id
    return replace(label, other_id=other, label_id=key("label", label.label_id, other))


def _final(episode: Episode) -> Iterator[str]:
    last = episode.steps[-1].after if episode.steps else None
    if last is None or last.tree is None:
        yield "none was recorded"
        return
    texts = dict.fromkeys(" ".join((node.value or node.name).split())[:TEXT_LIMIT] for node in last.tree.nodes)
    room = TEXTS_LIMIT
    for text in [one for one in texts if one][:TEXTS]:
        room -= len(text)
        if room < 0:
            return
        yield quoted(text)
