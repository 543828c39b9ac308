"""Reading: from the answers to opinions, for each episode whose questions all have one."""

from collections import Counter
from collections.abc import Iterator, Mapping

import pyarrow.compute as pc

from labelers.kit.asker import Asker
from pipelines.annotate.call_log import known_calls
from pipelines.annotate.job import INCOMPLETE, check_opinions
from pipelines.annotate.planning import Asking, asked_about
from pipelines.lake.screens import Screens
from pipelines.lake.writing import write_sorted
from pipelines.running.rejects import write_rejects
from pipelines.running.work import Report
from schemas.choices import Reject
from schemas.opinions import Call, Instruction, Label

ASKED, DECIDED = "questions asked", "questions decided by rules"


class NotAnswered(KeyError):
    """A question of the episode was not asked: the budget ended before it."""


class Answers(Mapping[str, Call]):
    """The calls by request digest; `used` are those that were looked up."""

    def __init__(self, known: Mapping[str, Call]) -> None:
        self._known = known
        self.used: set[str] = set()

    def __getitem__(self, digest: str) -> Call:
        """The call of a request.

        Raises:
            NotAnswered: if there is none.
        """
        if digest not in self._known:
            raise NotAnswered(digest)
        self.used.add(digest)
        return self._known[digest]

    def __iter__(self) -> Iterator[str]:
        """The digests."""
        return iter(self._known)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._known)


def read_bucket(task: Asking, asker: Asker, bucket: int) -> Report:
    """Writes the new calls, and what the answers say of each episode whose questions all have one."""
    known, fresh = known_calls(task.work.snapshot, task.log, bucket, asker)
    counts: Counter[str] = Counter()
    instructions: list[Instruction] = []
    labels: list[Label] = []
    missing: dict[str, str] = {}
    held = _held(task, asker, bucket)
    for asking, episode, written in asked_about(task, asker, bucket, Screens(task.whole, bucket), missing=missing):
        answers = Answers(known)
        try:
            opinions = asking.read(episode, written, answers)
        except NotAnswered:
            counts["trajectories not finished: questions not asked"] += 1
            continue
        check_opinions(episode.trajectory.trajectory_id, asker, opinions)
        instructions += (one for one in opinions.instructions if one.instruction_id not in held)
        labels += (one for one in opinions.labels if one.label_id not in held)
        counts["trajectories"] += 1
        counts[ASKED] += len(answers.used)
        counts[DECIDED] += opinions.decided
        counts.update({f"silent: {reason}": number for reason, number in opinions.silences.items()})
    counts.update(f"calls {call.status}" for call in fresh)
    counts["tokens in"] = sum(call.input_tokens or 0 for call in fresh)
    counts["tokens out"] = sum(call.output_tokens or 0 for call in fresh)
    counts.update(f"instructions, {one.level} level" for one in instructions)
    counts.update(f"labels on a {one.subject}: {one.verdict}" for one in labels)
    counts["trajectories that miss something"] = len(missing)
    lost = [Reject(task.work.name, name, name, INCOMPLETE, why) for name, why in missing.items()]
    lost = [*task.damaged.get(bucket, ()), *lost]
    lake = task.work.snapshot.url
    add = [
        *write_rejects(task.work, bucket, lost),
        *write_sorted(lake, "calls", fresh, bucket=bucket),
        *write_sorted(lake, "instructions", instructions, bucket=bucket),
        *write_sorted(lake, "labels", labels, bucket=bucket),
    ]
    money = sum(call.money or 0.0 for call in fresh)
    notes = tuple(f"{one.subject}: {one.reason}" for one in lost)
    return Report(tuple(add), (), dict(sorted(counts.items())), notes, money=money)


def _held(task: Asking, asker: Asker, bucket: int) -> frozenset[str]:
    """The ids of what this labeler and version has said before: where it looks again, only what is new is written."""
    mine = (pc.field("labeler") == asker.name) & (pc.field("labeler_version") == asker.version)
    found: set[str] = set()
    for table, name in (("instructions", "instruction_id"), ("labels", "label_id")):
        rows = task.whole.read(table, bucket=bucket, columns=[name, "labeler", "labeler_version"])
        found.update(rows.filter(mine)[name].to_pylist())
    return frozenset(found)
