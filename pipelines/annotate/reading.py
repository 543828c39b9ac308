"""Reading: from the answers to opinions, for each episode whose questions all have one."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import pyarrow.compute as pc

from pipelines.annotate.call_log import known_calls
from pipelines.annotate.calling import HEARD
from pipelines.annotate.opinions import Collected
from pipelines.annotate.planning import Asking, asked_about
from pipelines.lake.screens import Screens
from schemas.opinions import Call

ASKED, DECIDED, USELESS = "questions asked", "questions decided by rules", "questions without a usable answer"
IN_VAIN = "trajectories without a usable answer"


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


def read_bucket(task: Asking, bucket: int, groups: Sequence[int]) -> None:
    """Leaves the new calls, and what the answers say of each episode whose questions all have one.

    Where no question of the whole job was answered, by what the `groups` report, nothing is said of any episode: each
    is looked at again when the server, the longest answer or the reading is another one.
    """
    heard = [task.work.report(group, stage=HEARD) for group in groups]
    if any(report.notes for report in heard):
        return  # the job ends without: what was heard waits for the next
    known, fresh = known_calls(task.work.snapshot, task.log, bucket, task.asker)
    collected, held = Collected(), _held(task, bucket)
    counts = collected.counts
    shown, missing = asked_about(task, bucket, Screens(task.work.snapshot, bucket))
    of_all = Counter[str]()
    for report in heard:
        of_all.update(report.counts)
    in_vain = bool(of_all["failed"] + of_all["malformed"]) and not of_all["ok"] + of_all["refused"]
    if in_vain:
        counts[IN_VAIN] = len(task.todo(bucket)) - len(missing)
    for asker, episode, written in () if in_vain else shown:
        answers = Answers(known)
        try:
            opinions = asker.read(episode, written, answers)
        except NotAnswered:
            counts["trajectories not finished: questions not asked"] += 1
            continue
        collected.add(episode.trajectory.trajectory_id, asker, opinions, held)
        counts[ASKED] += len(answers.used)
        counts[USELESS] += sum(asker.fields(known[digest]) is None for digest in answers.used)
        counts[DECIDED] += opinions.decided
    counts.update(f"calls {call.status}" for call in fresh)
    counts["tokens in"] = sum(call.input_tokens or 0 for call in fresh)
    counts["tokens out"] = sum(call.output_tokens or 0 for call in fresh)
    task.work.leave(bucket, collected.report(task.work, bucket, missing, fresh))


def _held(task: Asking, bucket: int) -> frozenset[str]:
    """The ids of what this labeler and version has said before: where it looks again, only what is new is written."""
    asker = task.asker
    mine = (pc.field("labeler") == asker.name) & (pc.field("labeler_version") == asker.version)
    ids: set[str] = set()
    for table, name in (("instructions", "instruction_id"), ("labels", "label_id")):
        rows = task.work.snapshot.read(table, bucket=bucket, columns=[name, "labeler", "labeler_version"])
        ids.update(rows.filter(mine)[name].to_pylist())
    return frozenset(ids)
