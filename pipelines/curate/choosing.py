"""The first stage of `curate`, per bucket: fingerprints, states, what each step could be, and what that hangs on."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from labelers.rules import RulesBackend
from pipelines.curate import ledger, stages
from pipelines.curate.config import AFTERWARDS, CurationConfig
from pipelines.curate.roles import rollouts, subjects
from pipelines.curate.roles.candidates import RULES_VERSION, Facts, candidates, expected_rows
from pipelines.curate.roles.counting import counted
from pipelines.curate.roles.dangling import anchored
from pipelines.curate.roles.gates import GATES, Seen, Size, failures
from pipelines.curate.roles.planted import unlabelled
from pipelines.curate.roles.proofs import PROOF_COLUMNS, considered, outcomes
from pipelines.curate.selection import preferences
from pipelines.curate.similarity.fingerprints import RULES_VERSION as FINGERPRINT_VERSION
from pipelines.curate.similarity.fingerprints import fingerprints
from pipelines.curate.stages import Curation, Stage
from pipelines.lake.delta import DataFile, Snapshot
from pipelines.lake.episodes import Trees
from pipelines.lake.screens import Screens
from pipelines.lake.writing import write_chunks
from pipelines.prove.composing import COMPOSED
from pipelines.prove.lanes import RULES_VERSION as PROOFS_VERSION
from pipelines.running.known_states import bucket_states
from pipelines.running.rejects import write_rejects
from pipelines.running.work import Report, Work
from schemas.arrow import table_of
from schemas.choices import Fingerprint, Reject
from schemas.identity import RULES_VERSION as STATE_VERSION
from schemas.keys import key
from schemas.proofs import EXPERIMENT

CHECKED = ("trajectories", "steps", "trees", "states", "instructions", "labels", "fingerprints")
"""The tables that the stage reads whole; what they hold must be what was written, be it kept or found anew."""

FRESH = "screens fingerprinted"
NO_EPISODE = "steps of an episode that does not exist"
UNDECODED = "screen can't be decoded"


def choose(curation: Curation, bucket: int) -> Iterator[tuple[int, int]]:
    """Does the stage for a bucket, unless it was done; yields the bucket under a key that all share."""
    work = curation.work
    if not work.is_done(bucket, stage=Stage.CHOOSE):
        counts = _kept(curation, bucket)
        if counts is not None:
            work.leave(bucket, Report(counts=counts), stage=Stage.CHOOSE)
        else:
            choose_bucket(work, curation.config, bucket)
            _keep(curation, bucket)
    yield 0, bucket


def _kept(curation: Curation, bucket: int) -> Mapping[str, int] | None:
    """Hands over what is kept of the bucket, if what it was made from is what was written."""
    work, shelf = curation.work, curation.shelf
    digest = made_from(work, curation.config, bucket)
    if not shelf.holds(work, Stage.CHOOSE, bucket, digest):
        return None
    work.snapshot.check(*CHECKED, bucket=bucket)
    work.snapshot.check("screens", bucket=bucket, quick=True)
    return shelf.take(work, Stage.CHOOSE, bucket, digest, stages.CHOSEN)


def _keep(curation: Curation, bucket: int) -> None:
    """Keeps what was found, unless something was rejected: then the ledger is to say so each time."""
    work = curation.work
    report = work.report(bucket, stage=Stage.CHOOSE)
    if not any(name.startswith("rejected") for name in report.counts):
        digest = made_from(work, curation.config, bucket, added=report.add)
        curation.shelf.put(work, Stage.CHOOSE, bucket, digest, stages.CHOSEN, {**report.counts, FRESH: 0})


def made_from(work: Work, config: CurationConfig, bucket: int, *, added: Sequence[DataFile] = ()) -> str:
    """The digest of all that the stage reads of a bucket, with files that it has added itself."""
    files = [file for table in (*CHECKED, "screens") for file in work.snapshot.files_of(table, bucket=bucket)]
    tasks = work.snapshot.files_of("tasks")  # a template may lie in any bucket, and so may the proof of a copy
    proofs = work.snapshot.files_of("proofs")
    chosen = {name: value for name, value in asdict(config).items() if name not in AFTERWARDS}
    rules = [RULES_VERSION, STATE_VERSION, FINGERPRINT_VERSION, RulesBackend.version, PROOFS_VERSION]
    return key("chosen", rules, chosen, sorted({file.path for file in (*files, *added, *tasks, *proofs)}))


def choose_bucket(work: Work, config: CurationConfig, bucket: int) -> None:
    """Hands over candidates, instructions, marks, sights ... of a bucket, and leaves its report.

    What is about something that is not there is left out and goes to `rejects`.
    """
    pictures, drawn, counts, rejects = _fingerprint(work, bucket)
    snapshot = work.snapshot
    proofs = None if config.proof == "off" else snapshot.read("proofs", columns=PROOF_COLUMNS)
    trajectories, steps, said = considered(
        snapshot.read("trajectories", bucket=bucket),
        snapshot.read("steps", bucket=bucket),
        snapshot.read("instructions", bucket=bucket),
        proofs,
    )
    states, added = bucket_states(work, bucket, steps)
    opinions = snapshot.read("labels", bucket=bucket)
    taught = pc.is_in(opinions["instruction_id"], value_set=said["instruction_id"].combine_chunks())
    opinions = opinions.filter(pc.or_(pc.not_equal(opinions["labeler"], EXPERIMENT), taught))
    instructions, labels, dangling = anchored(trajectories, steps, said, opinions)
    trees = snapshot.read("trees", bucket=bucket, columns=["tree", "nodes"])
    planted = unlabelled(trajectories, steps, labels, trees)
    labels = counted(labels, config.labelers)
    unreadable = _unreadable(steps, pictures)
    failed = failures(steps, Seen(Trees(trees), _screen_sizes(snapshot, bucket), _recording_sizes(trajectories)))
    if unreadable or any(failed[gate.column] for gate in GATES if gate.of_pictures):
        snapshot.check("screens", bucket=bucket)  # it may be their file, of which the ids and sizes alone were read
    facts = Facts(
        trajectories,
        steps,
        states,
        instructions,
        labels,
        unreadable,
        failed,
        planted,
        {} if proofs is None else outcomes(proofs, instructions),
    )
    rows = candidates(facts, config)
    expected = expected_rows(facts)
    ledger.balance(expected, rows, where=f"bucket {bucket}")
    sentences = subjects.instructions_of(rows, facts.instructions, facts.trajectories, _templates(work, trajectories))
    work.hand_over(stages.CANDIDATES, rows, bucket)
    work.hand_over(stages.INSTRUCTIONS, sentences, bucket)
    work.hand_over(stages.WORDINGS, subjects.wordings_of(sentences, facts.instructions), bucket)
    work.hand_over(stages.MARKS, subjects.marks_of(rows), bucket)
    work.hand_over(stages.SIGHTS, subjects.sights_of(states, steps, facts.trajectories, pictures), bucket)
    work.hand_over(stages.WALKS, subjects.walks_of(facts), bucket)
    work.hand_over(stages.REWARDS, rollouts.rewards_of(facts.trajectories, facts.labels), bucket)
    work.hand_over(stages.CONTESTS, preferences.contests_of(facts.labels), bucket)
    work.hand_over(stages.LAUNCHERS, _column(subjects.launchers_of(states, trajectories)), bucket)
    work.hand_over(stages.LOGINS, _column(subjects.logins_of(states, trees)), bucket)
    orphans = set(steps["trajectory_id"].to_pylist()) - set(trajectories["trajectory_id"].to_pylist())
    lost = (
        *rejects,
        *(Reject(work.name, row.subject, row.trajectory_id, row.rule, row.reason) for row in dangling),
        *(Reject(work.name, name, name, NO_EPISODE, f"{NO_EPISODE}: its steps are left out") for name in orphans),
    )
    counts |= {f"rejected: {rule}": count for rule, count in Counter(reject.rule for reject in lost).items()}
    report = Report(
        (*drawn, *added, *write_rejects(work, bucket, lost)), (), {**counts, "rows expected": sum(expected.values())}
    )
    work.leave(bucket, report, stage=Stage.CHOOSE)


def _fingerprint(work: Work, bucket: int) -> tuple[pa.Table, tuple[DataFile, ...], dict[str, int], list[Reject]]:
    """The fingerprints of all screens under today's rules, and the files of those that the lake did not have.

    Where all have theirs no image is read, and of the files no more than their sizes.
    """
    held = work.snapshot.read("fingerprints", bucket=bucket)
    held = held.filter(pc.field("rules_version") == FINGERPRINT_VERSION)
    known = set(held["screen"].to_pylist())
    complete = sum(file.rows for file in work.snapshot.files_of("screens", bucket=bucket)) == len(known)
    work.snapshot.check("screens", bucket=bucket, quick=complete)
    if complete:
        broken = _broken(held)
        return held, (), _counts(0, broken), [_undecoded(work, *screen) for screen in broken]
    screens = Screens(work.snapshot, bucket)
    fresh = fingerprints((screen, screens.data(screen)) for screen in screens if screen not in known)
    ranked = sorted(fresh, key=lambda fingerprint: fingerprint.screen)
    files = write_chunks(
        work.snapshot.url, "fingerprints", ((fingerprint, 4_096) for fingerprint in ranked), bucket=bucket
    )
    pictures = pa.concat_tables([held, table_of(Fingerprint, ranked)])
    there = pictures.filter(pc.is_in(pictures["screen"], value_set=pa.array(list(screens), pa.string())))
    broken = _broken(there)
    return there, files, _counts(len(fresh), broken), [_undecoded(work, *screen) for screen in broken]


def _broken(pictures: pa.Table) -> list[tuple[str, str]]:
    """The screens that can't be decoded, each with the reason."""
    rows = pictures.filter(pc.is_valid(pictures["error"])).select(["screen", "error"]).to_pylist()
    return [(row["screen"], row["error"]) for row in rows]


def _counts(fresh: int, broken: Sequence[object]) -> dict[str, int]:
    return {FRESH: fresh, "screens that can't be decoded": len(broken)}


def _undecoded(work: Work, screen: str, error: str) -> Reject:
    return Reject(work.name, screen, None, UNDECODED, error)


def _unreadable(steps: pa.Table, pictures: pa.Table) -> frozenset[str]:
    """The screens before steps that have no picture: they are missing, or can't be decoded."""
    readable = pictures.filter(pc.is_null(pictures["error"]))["screen"].to_pylist()
    named = steps["before"].combine_chunks().field("screen").drop_null().to_pylist()
    return frozenset(named) - frozenset(readable)


def _screen_sizes(snapshot: Snapshot, bucket: int) -> dict[str, Size]:
    rows = snapshot.read("screens", bucket=bucket, columns=["screen", "width", "height"])
    return {row["screen"]: (row["width"], row["height"]) for row in rows.to_pylist()}


def _recording_sizes(trajectories: pa.Table) -> dict[str, Size]:
    rows = trajectories.select(["trajectory_id", "setting"]).to_pylist()
    return {row["trajectory_id"]: (row["setting"]["width"], row["setting"]["height"]) for row in rows}


def _column(states: list[str]) -> pl.DataFrame:
    return pl.DataFrame({"state": states}, schema={"state": pl.String})


def _templates(work: Work, trajectories: pa.Table) -> dict[str, str | None]:
    """The templates of the tasks, by id; read only where an episode was given one, since they lie in all buckets.

    What all composed tasks have in its place is none: it would make one of all of them.
    """
    if trajectories["task_id"].null_count == trajectories.num_rows:
        return {}
    tasks = work.snapshot.read("tasks", columns=["task_id", "template"])
    tasks = tasks.filter(pc.not_equal(pc.fill_null(tasks["template"], ""), COMPOSED))
    return dict(zip(tasks["task_id"].to_pylist(), tasks["template"].to_pylist(), strict=True))
