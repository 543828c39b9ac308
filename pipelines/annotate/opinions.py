"""What all who label share: whose turn it is, the episodes that are shown, and opinions on their way into the lake."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from labelers.backend import Opinions
from pipelines.lake.delta import Lake, Snapshot
from pipelines.lake.episodes import Trees, episodes, incomplete
from pipelines.lake.explored import explored
from pipelines.lake.screens import Screens
from pipelines.lake.states import Place
from pipelines.lake.writing import write_sorted
from pipelines.running.jobs import Job, begin
from pipelines.running.rejects import write_rejects
from pipelines.running.work import Report, Work
from schemas.choices import Reject
from schemas.episodes import Episode
from schemas.errors import LedgerError
from schemas.identity import StateKeys
from schemas.opinions import Call, Instruction, Label
from schemas.protocols import Labeler
from schemas.records import Screen

INCOMPLETE = "incomplete episode"


def begin_labelling(
    lake: Lake, verb: str, labeler: Labeler, *, reads: Sequence[str], order: Sequence[str], resume: bool = False
) -> Job:
    """The job of one labeler and version: no other of that name and version may write beside it."""
    configuration = {"labeler": labeler.name, "version": labeler.version}
    writer = f"{verb} {labeler.name} {labeler.version}"
    return begin(lake, verb, configuration, reads=reads, order=order, writer=writer, resume=resume)


def pending(work: Work, labeler: Labeler, *, bucket: int | None = None) -> tuple[str, ...]:
    """The trajectories that this labeler and version has not seen, sorted."""
    columns = ["trajectory_id", "subject", "labeler", "labeler_version"]
    labels = work.snapshot.read("labels", bucket=bucket, columns=columns)
    mine = labels.filter(
        (pc.field("subject") == "trajectory")
        & (pc.field("labeler") == labeler.name)
        & (pc.field("labeler_version") == labeler.version)
    )
    known = explored(work.snapshot, bucket=bucket, columns=["trajectory_id"])["trajectory_id"]
    return tuple(sorted(set(known.to_pylist()) - set(mine["trajectory_id"].to_pylist())))


def whole_episodes(
    snapshot: Snapshot, bucket: int, names: Sequence[str], keys: Mapping[Place, StateKeys], screens: Screens
) -> tuple[Iterator[Episode], dict[str, str]]:
    """Those of the trajectories that miss nothing, as episodes; and what each of the others misses.

    Raises:
        LakeError: if something is missing because a file is not what was written.
    """
    trajectories, steps = (rows_of(snapshot, table, bucket, names) for table in ("trajectories", "steps"))
    trees = Trees(snapshot.read("trees", bucket=bucket, columns=["tree", "nodes"]))
    missing = incomplete(trajectories, steps, trees, screens)
    if missing:
        snapshot.check("screens", bucket=bucket)
    lost = pc.is_in(trajectories["trajectory_id"], value_set=pa.array(sorted(missing), pa.string()))
    return episodes(trajectories.filter(pc.invert(lost)), steps, keys, trees, screens), missing


def rows_of(snapshot: Snapshot, table: str, bucket: int, names: Iterable[str]) -> pa.Table:
    """The rows of a bucket that belong to those trajectories."""
    rows = snapshot.read(table, bucket=bucket)
    return rows.filter(pc.is_in(rows["trajectory_id"], value_set=pa.array(sorted(names), pa.string())))


def no_screen(screen: str) -> Screen:
    """Stands for the images of an episode whose images nobody looks at.

    Raises:
        KeyError: whatever is asked for.
    """
    raise KeyError(screen)


@dataclass(slots=True)
class Collected:
    """What a labeler said of a bucket's episodes, and the counts of it."""

    counts: Counter[str] = field(default_factory=Counter)
    instructions: list[Instruction] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)

    def add(self, trajectory_id: str, labeler: Labeler, opinions: Opinions, held: frozenset[str] = frozenset()) -> None:
        """Takes the opinions on one episode, but for those whose ids are held already.

        Raises:
            LedgerError: if they are about another one, or there are none on it.
        """
        check_opinions(trajectory_id, labeler, opinions)
        self.instructions += (
            instruction for instruction in opinions.instructions if instruction.instruction_id not in held
        )
        self.labels += (label for label in opinions.labels if label.label_id not in held)
        self.counts["trajectories"] += 1
        self.counts.update({f"silent: {reason}": number for reason, number in opinions.silences.items()})

    def report(
        self,
        work: Work,
        bucket: int,
        missing: Mapping[str, str],
        calls: Sequence[Call] = (),
    ) -> Report:
        """Writes what was collected, the calls, and rejects for what misses something."""
        counts = self.counts
        counts.update(f"instructions, {instruction.level} level" for instruction in self.instructions)
        counts.update(f"labels on a {label.subject}: {label.verdict}" for label in self.labels)
        counts["trajectories that miss something"] = len(missing)
        lost = [Reject(work.name, name, name, INCOMPLETE, why) for name, why in missing.items()]
        add = (
            *write_rejects(work, bucket, lost),
            *write_sorted(work.snapshot.url, "calls", calls, bucket=bucket),
            *write_sorted(work.snapshot.url, "instructions", self.instructions, bucket=bucket),
            *write_sorted(work.snapshot.url, "labels", self.labels, bucket=bucket),
        )
        notes = tuple(f"{reject.subject}: {reject.reason}" for reject in lost)
        return Report(
            add, (), dict(sorted(counts.items())), notes, money=sum((call.money or 0.0 for call in calls), 0.0)
        )


def check_opinions(trajectory_id: str, labeler: Labeler, opinions: Opinions) -> None:
    """Refuses opinions on another episode, and silence on this one.

    Raises:
        LedgerError: if there are any, since curation could not account for them.
    """
    written: tuple[Instruction | Label, ...] = (*opinions.instructions, *opinions.labels)
    for opinion in written:
        if opinion.trajectory_id != trajectory_id:
            raise LedgerError(f"{labeler.name}: was shown {trajectory_id}, spoke of {opinion.trajectory_id}")
        if (opinion.labeler, opinion.labeler_version) != (labeler.name, labeler.version):
            raise LedgerError(f"{labeler.name} {labeler.version}: spoke as {opinion.labeler} {opinion.labeler_version}")
    if not any(label.subject == "trajectory" for label in opinions.labels):
        raise LedgerError(f"{labeler.name}: gave no label on the trajectory {trajectory_id} that it was shown")
