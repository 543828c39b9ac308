"""The tasks of a lake to prove: what was done for each, where it starts, what is claimed and what its words ask for."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from labelers.reading import Unread, Vocabulary, read, vocabulary_of
from pipelines.lake.delta import Snapshot
from pipelines.lake.episodes import Trees
from pipelines.lake.explored import explored
from pipelines.prove.addresses import relative
from pipelines.prove.isolation import Isolation, changes, isolation_of, sends_later
from pipelines.prove.leading import lead_of
from pipelines.prove.others import MOST_ENDS
from pipelines.prove.proving import Claimed, Ended
from pipelines.prove.walks import content_of
from schemas.actions import Action, Open, Scroll
from schemas.arrow import from_row
from schemas.conditions import TaskCheck, parse_check
from schemas.identity import tree_keys
from schemas.keys import fraction, key, plain_text
from schemas.pages import Page
from schemas.proofs import EXPERIMENT
from schemas.records import Choice, Seen, Step


class Deed(NamedTuple):
    """Something that was done, and the content of the state that it was done in."""

    state: str
    choice: Choice


@dataclass(frozen=True, slots=True)
class Task:
    """A task of the lake; `instructions` are the ids of all that say it of this path, the least first.

    `whole` says that its trees hold the whole page. `changes` are the steps that sent something besides reading, or of
    which nobody knows, `deeds` what was done besides the path while it was explored, `words` what is known of the
    application's, and `parts` the instructions that a composed one was made of. `steps` are those of its path where it
    was explored, `beside` those between them, and `digest` what that recording was.
    """

    instructions: tuple[str, ...]
    trajectory_id: str
    text: str
    answer: str | None
    template: str | None
    app: str
    claimed: Claimed
    whole: bool
    changes: tuple[int, ...]
    words: Vocabulary = field(default_factory=Vocabulary)
    deeds: tuple[Deed, ...] = ()
    parts: tuple[str, ...] = ()
    steps: tuple[int, ...] = ()
    beside: tuple[int, ...] = ()
    digest: str | None = None

    @property
    def isolation(self) -> Isolation:
        """What its attempts must be kept apart from."""
        return isolation_of(self.changes)


@dataclass(frozen=True, slots=True)
class _Explored:
    """A trajectory that was no attempt: of which application it is, and who recorded it."""

    app: str
    source: str
    digest: str


def vocabularies(snapshot: Snapshot) -> Mapping[str, Vocabulary]:
    """What each application calls its lists, from everything that was seen of it while it was explored."""
    pages: dict[str, list[Page]] = {}
    for bucket in range(snapshot.buckets):
        explored = _explored(snapshot, bucket)
        trees = Trees(snapshot.read("trees", bucket=bucket, columns=["tree", "nodes"]))
        seen: set[tuple[str, str, str | None]] = set()
        for step in _steps(snapshot, bucket, explored):
            after = step.after
            if after is None or after.tree is None or (step.app, after.tree, after.title) in seen:
                continue
            seen.add((step.app, after.tree, after.title))
            page = Page(trees[after.tree], title=after.title, location=after.location)
            if page.tables:
                pages.setdefault(step.app, []).append(page)
    return {app: vocabulary_of(each) for app, each in sorted(pages.items())}


def ends_of(snapshot: Snapshot) -> Mapping[str, tuple[Ended, ...]]:
    """The recorded walks of the tasks of each application, each text and end once; of very many a sample by hash."""
    ends: dict[str, dict[str, Ended]] = {}
    for bucket in range(snapshot.buckets):
        explored = _explored(snapshot, bucket)
        trees = Trees(snapshot.read("trees", bucket=bucket, columns=["tree", "nodes"]))
        for group, path, _, _ in _groups(snapshot, bucket, explored):
            pages = tuple(
                page for seen in (path[0].before, *(step.after for step in path)) for page in _page(seen, trees)
            )
            if pages:
                ended = Ended(
                    plain_text(group[0]["text"]),
                    pages,
                    content_of(pages[-1].tree, pages[-1].location),
                    group[0]["answer"],
                )
                ends.setdefault(path[0].app, {}).setdefault(key("ended", ended.text, ended.end), ended)
    return {app: tuple(each[name] for name in sorted(each)[:MOST_ENDS]) for app, each in sorted(ends.items())}


def tasks_of(
    snapshot: Snapshot,
    bucket: int,
    words: Mapping[str, Vocabulary],
    ends: Mapping[str, tuple[Ended, ...]] = MappingProxyType({}),
) -> Iterator[Task]:
    """The high-level tasks of a bucket, each text of a start and path once, in order of their ids.

    `ends` are where the tasks of each application ended: no attempt hangs on them.
    """
    explored = _explored(snapshot, bucket)
    trees = Trees(snapshot.read("trees", bucket=bucket, columns=["tree", "nodes"]))
    steps = {(step.trajectory_id, step.step_index): step for step in _steps(snapshot, bucket, explored)}
    for group, path, following, beside in _groups(snapshot, bucket, explored):
        task = _task(group, explored[group[0]["trajectory_id"]], path, following, trees, words, ends)
        task = replace(
            task,
            deeds=tuple(deed for step in beside for deed in _deed(step, trees)),
            steps=tuple(step.step_index for step in path),
            beside=tuple(step.step_index for step in beside if step not in path),
            digest=explored[group[0]["trajectory_id"]].digest,
        )
        source = explored[path[0].trajectory_id].source
        earlier = (steps.get((path[0].trajectory_id, index)) for index in range(path[0].step_index))
        # What a desktop was led to by its own steps was changed by them, as it is to be.
        by_address = task.claimed.start.startswith("/")
        changed = by_address and any(step is not None and changes(step, source=source) for step in earlier)
        yield _led(task, lead_of(steps, path[0], trees), after_changes=changed)


def every_task(snapshot: Snapshot) -> list[Task]:
    """The tasks of all buckets, with what is known of the words of their applications and of where others ended."""
    words, ends = vocabularies(snapshot), ends_of(snapshot)
    return [task for bucket in range(snapshot.buckets) for task in tasks_of(snapshot, bucket, words, ends)]


def _led(task: Task, lead: list[Step], *, after_changes: bool) -> Task:
    """A task whose path has the steps before it that lead to where it begins."""
    path = (*(Choice(step.action, step.target) for step in lead), *task.claimed.path)
    return replace(task, claimed=replace(task.claimed, path=path, lead=len(lead), after_changes=after_changes))


def sample(tasks: Sequence[Task], most: int) -> list[Task]:
    """So many of the tasks, drawn by hash: each text once before any comes twice."""
    said: Counter[str] = Counter()
    ranked: list[tuple[int, float, Task]] = []
    for task in sorted(tasks, key=lambda task: task.instructions[0]):
        said[task.text] += 1
        ranked.append((said[task.text], fraction("sample", task.text, task.instructions[0]), task))
    return [task for _, _, task in sorted(ranked, key=lambda each: each[:2])[:most]]


_Group: TypeAlias = tuple[list[dict[str, Any]], list[Step], list[Step | None], list[Step]]


def _groups(snapshot: Snapshot, bucket: int, explored: Mapping[str, _Explored]) -> Iterator[_Group]:
    """The instructions that say the same of one path, its steps, the step after each, and what was done besides.

    Each has as its `check` what a model read from its words, if one did.
    """
    rows = snapshot.read("instructions", bucket=bucket)
    read_by_models = rows.filter(pc.field("kind") == "check")
    rows = rows.filter(
        (pc.field("level") == "high") & (pc.field("kind") == "task") & (pc.field("labeler") != EXPERIMENT)
    )
    checks = {row["parent_id"]: row["claim"] for row in sorted(read_by_models.to_pylist(), key=_whose)}
    steps = {(step.trajectory_id, step.step_index): step for step in _steps(snapshot, bucket, explored)}
    same: dict[str, list[dict[str, Any]]] = {}
    for row in sorted(rows.to_pylist(), key=lambda row: str(row["instruction_id"])):
        if row["trajectory_id"] in explored and row["path"]:
            path = [step for index in row["path"] if (step := steps.get((row["trajectory_id"], index))) is not None]
            if len(path) == len(row["path"]):
                said = {**row, "check": checks.get(row["instruction_id"])}
                same.setdefault(key("task", row["text"], row["answer"], *_done(path)), []).append(said)
    for group in same.values():
        first = group[0]
        path = with_scrolls([steps[first["trajectory_id"], index] for index in first["path"]], steps)
        yield (
            group,
            path,
            [steps.get((step.trajectory_id, step.step_index + 1)) for step in path],
            _beside(first, steps),
        )


def with_scrolls(path: Sequence[Step], steps: Mapping[tuple[str, int], Step]) -> list[Step]:
    """The path with the scrolls just before its steps, which may have brought their elements in sight.

    A sentence names none of them, and those that are not needed are left out again.
    """
    whole: list[Step] = []
    for step in path:
        scrolls: list[Step] = []
        before = steps.get((step.trajectory_id, step.step_index - 1))
        while (
            before is not None and isinstance(before.action, Scroll) and before.result == "ok" and before not in whole
        ):
            scrolls.insert(0, before)
            before = steps.get((step.trajectory_id, before.step_index - 1))
        whole += [*scrolls, step]
    return whole


def _beside(row: Mapping[str, Any], steps: Mapping[tuple[str, int], Step]) -> list[Step]:
    """What was done in the run of an instruction and is not on its path."""
    others = (index for index in range(row["first_step"], row["last_step"] + 1) if index not in row["path"])
    return [step for index in others if (step := steps.get((row["trajectory_id"], index))) is not None]


def _deed(step: Step, trees: Trees) -> Iterator[Deed]:
    seen = step.before
    if seen is not None and seen.tree is not None and step.result in ("ok", "timeout"):
        state = tree_keys(trees[seen.tree], location=seen.location, scroll=seen.scroll).content
        yield Deed(state, Choice(_rebased(step.action), step.target))


def _whose(row: Mapping[str, Any]) -> tuple[str, str, str]:
    return row["labeler"], row["labeler_version"], row["instruction_id"]


def _task(
    group: list[dict[str, Any]],
    of: _Explored,
    path: list[Step],
    following: list[Step | None],
    trees: Trees,
    words: Mapping[str, Vocabulary],
    ends: Mapping[str, tuple[Ended, ...]],
) -> Task:
    """A task that the rows of a group state; what its words ask for is read by the rules, else by a model."""
    row = group[0]
    before = path[0].before
    asked: TaskCheck | None = None
    unread = ""
    try:
        asked = read(row["text"], words.get(of.app, Vocabulary()), answer=row["answer"])
    except Unread as error:
        unread = str(error)
        by_model = next((each["check"] for each in group if each["check"] is not None), None)
        asked = None if by_model is None else parse_check(json.loads(by_model))
    held = [trees[seen.tree] for step in path for seen in (step.before,) if seen is not None and seen.tree is not None]
    claimed = Claimed(
        start=relative((before and before.location) or ""),
        path=tuple(Choice(_rebased(step.action), step.target) for step in path),
        claim=None if row["claim"] is None else parse_check(json.loads(row["claim"])),
        read=asked,
        unread=unread,
        text=row["text"],
        others=ends.get(of.app, ()),
    )
    return Task(
        instructions=tuple(each["instruction_id"] for each in group),
        trajectory_id=row["trajectory_id"],
        text=row["text"],
        answer=row["answer"],
        template=row["template"],
        app=of.app,
        claimed=claimed,
        whole=any(node.has("offscreen") for tree in held for node in tree.nodes),
        changes=tuple(
            step.step_index
            for step, after in zip(path, following, strict=True)
            if changes(step, source=of.source) or sends_later(after)
        ),
        words=words.get(of.app, Vocabulary()),
    )


def _page(seen: Seen | None, trees: Trees) -> Iterator[Page]:
    if seen is not None and seen.tree is not None:
        yield Page(trees[seen.tree], title=seen.title, location=seen.location)


def _rebased(action: Action) -> Action:
    """An address that is opened as one of the application, wherever that answers."""
    return replace(action, location=relative(action.location)) if isinstance(action, Open) else action


def _done(path: list[Step]) -> list[object]:
    before = path[0].before
    return [relative((before and before.location) or ""), *([step.action, step.target] for step in path)]


def _explored(snapshot: Snapshot, bucket: int) -> dict[str, _Explored]:
    """The trajectories of the bucket that were no attempts."""
    rows = explored(snapshot, bucket=bucket, columns=["trajectory_id", "app", "source", "digest"])
    return {row["trajectory_id"]: _Explored(row["app"], row["source"], row["digest"]) for row in rows.to_pylist()}


def _steps(snapshot: Snapshot, bucket: int, trajectories: Mapping[str, _Explored]) -> Iterator[Step]:
    rows: pa.Table = snapshot.read("steps", bucket=bucket)
    rows = rows.filter(pc.is_in(rows["trajectory_id"], value_set=pa.array(sorted(trajectories), pa.string())))
    for batch in rows.to_batches(max_chunksize=1_024):
        for row in batch.to_pylist():
            yield from_row(Step, row)
