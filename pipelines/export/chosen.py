"""From a bucket of the lake to the rows of a dataset: what was decided, joined with what the format needs of it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.agree.verdicts import refused_of
from pipelines.curate.roles.planted import tainted, unlabelled
from pipelines.export.formats.curated import CuratedStep, Rejected, curated_steps, kind_of_wrong, partner_of
from pipelines.export.formats.examples import Format, Rows
from pipelines.export.geometry import Size
from pipelines.export.voice import Voice
from pipelines.lake.delta import Snapshot
from pipelines.lake.episodes import Trees
from schemas.arrow import from_row
from schemas.keys import bucket_of
from schemas.records import Box, Node, Seen, Step


def bucket_rows(snapshot: Snapshot, bucket: int, curation: str, form: Format, voice: Voice) -> Rows:
    """The rows of a bucket and what is left out, in order of the decisions; of walks, in that of their first steps."""
    decisions = snapshot.read("decisions", bucket=bucket, curation=curation)
    steps = snapshot.read("steps", bucket=bucket)
    instructions = snapshot.read("instructions", bucket=bucket)
    trajectories = snapshot.read("trajectories", bucket=bucket)
    platforms = dict(zip(*(trajectories[name].to_pylist() for name in ("trajectory_id", "platform")), strict=True))
    goals = trajectories if form.goals else None
    partners = _partners(snapshot, decisions, curation) if "dpo" in form.uses else {}
    barred: frozenset[str] = frozenset()
    if voice.thoughts:
        labels = snapshot.read("labels", bucket=bucket)
        trees = snapshot.read("trees", bucket=bucket, columns=["tree", "nodes"])
        planted = unlabelled(trajectories, steps, labels, trees)
        barred = tainted(steps, instructions, labels, planted).instructions.union(refused_of(labels))
    curated = curated_steps(
        decisions,
        steps,
        instructions,
        form.uses,
        platforms,
        _sizes(snapshot, bucket),
        trajectories=goals,
        partners=partners,
        barred=barred,
    )
    if form.places or form.trees:
        curated = _looked_at(curated, snapshot, bucket, form)
    if form.walks is not None:
        for walk in _walks(curated):
            yield from form.walks(walk, voice)
    if form.examples is not None:
        for chosen in curated:
            yield from form.examples(chosen, voice)


def _sizes(snapshot: Snapshot, bucket: int) -> Mapping[str, Size]:
    rows = snapshot.read("screens", bucket=bucket, columns=["screen", "width", "height"]).to_pydict()
    return {
        screen: (width, height)
        for screen, width, height in zip(rows["screen"], rows["width"], rows["height"], strict=True)
    }


def _walks(curated: Iterable[CuratedStep]) -> Iterator[Sequence[CuratedStep]]:
    """The steps that are targets of one instruction of an episode, in their order."""
    walks: defaultdict[tuple[str, str], list[CuratedStep]] = defaultdict(list)
    for chosen in curated:
        if chosen.role == "target":
            walks[chosen.step.trajectory_id, chosen.instruction.instruction_id].append(chosen)
    for walk in walks.values():
        yield sorted(walk, key=lambda chosen: chosen.step.step_index)


def _looked_at(curated: Iterable[CuratedStep], snapshot: Snapshot, bucket: int, form: Format) -> Iterator[CuratedStep]:
    """The steps with what is on their screens, as far as the format needs it.

    Of places these are the boxes of all links that lead where the one meant leads.
    """
    trees = Trees(snapshot.read("trees", bucket=bucket, columns=["tree", "nodes"]))

    def nodes(seen: Seen | None) -> tuple[Node, ...]:
        tree = None if seen is None else seen.tree
        return trees[tree].nodes if tree is not None and tree in trees else ()

    for chosen in curated:
        here = nodes(chosen.step.before)
        if form.trees:
            chosen = replace(chosen, nodes=here, after_nodes=nodes(chosen.step.after) if chosen.ends else ())
        yield replace(chosen, places=_alike(chosen, here)) if form.places else chosen


def _alike(chosen: CuratedStep, here: Sequence[Node]) -> tuple[Box, ...]:
    target = chosen.step.target
    if target is None:
        return ()
    shown = [(node.href, node.box) for node in here if node.on_screen and node.href is not None]
    meant = {href for href, box in shown if box == target.box}
    return tuple(box for href, box in shown if href in meant and box is not None)


def _partners(snapshot: Snapshot, decisions: pa.Table, curation: str) -> Mapping[str, Rejected]:
    """The steps that the pairs of a bucket name, read bucket by bucket, with what is decided of them."""
    kept = decisions.filter((pc.field("use") == "dpo") & (pc.field("role") == "target"))
    by_bucket: dict[int, set[str]] = {}
    for name in kept["survivor"].drop_null().to_pylist():
        by_bucket.setdefault(bucket_of(partner_of(name)[0], snapshot.buckets), set()).add(name)
    partners: dict[str, Rejected] = {}
    for bucket, names in sorted(by_bucket.items()):
        named = pa.array(sorted({partner_of(name)[0] for name in names}), pa.string())
        rows = snapshot.read("steps", bucket=bucket)
        rows = rows.filter(pc.is_in(rows["trajectory_id"], value_set=named))
        steps = {(row["trajectory_id"], row["step_index"]): row for row in rows.to_pylist()}
        decided = snapshot.read("decisions", bucket=bucket, curation=curation)
        decided = decided.filter((pc.field("use") == "dpo") & (pc.field("role") == "negative"))
        said = {
            f"{row['trajectory_id']}/{row['step_index']}/{row['instruction_id'] or ''}": row
            for row in decided.to_pylist()
        }
        for name in sorted(names):
            place, row = partner_of(name), said.get(name)
            if place in steps:
                kind, cost = (None, None) if row is None else (kind_of_wrong(row), row["cost"])
                partners[name] = Rejected(from_row(Step, steps[place]), kind, cost)
    return partners
