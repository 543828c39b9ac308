"""What a change may lead to: a refusal of ours with its reason, the same as before, or what the changed bytes say.

A target makes of a seed a changed input, gives it to what reads such, and holds the answer against the rule. Anything
else is a fault: an exception that is none of ours, an answer that differs though nothing says so, a refusal that is no
row.
"""

import contextlib
import json
import shutil
import tempfile
import tomllib
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from random import Random
from types import MappingProxyType
from typing import Any

from benchmarks.fuzz.mutations import changed_bytes, changed_text, flipped
from benchmarks.fuzz.sample import Sample
from benchmarks.fuzz.workers import Fate, Result
from explorers.tasks.files import read_tasks
from labelers.askers import NAMES, questionnaire
from labelers.kit.asker import Asker, ModelUse
from labelers.model.answers import read_answer
from labelers.model.pictures import Picture, paint
from labelers.model.requests import Request
from pipelines.curate.config import CurationConfig, load_config
from pipelines.curate.similarity.fingerprints import fingerprint
from pipelines.ingest.facts import Head, ingest_bucket, read_head
from pipelines.lake.delta import DataFile, Lake, Snapshot, open_lake
from pipelines.lake.screens import Screens
from pipelines.lake.sql import connect, query, rows_of
from pipelines.running.work import Work
from schemas.arrow import table_of
from schemas.errors import ConfigurationError, HindtraceError, LakeError, SchemaError, SchemaVersionError
from schemas.identity import tree_keys
from schemas.keys import bucket_of, content_id
from schemas.limits import check_limits, check_tree
from schemas.opinions import Call, Instruction, Label
from schemas.recordings import Recording, read_trace
from schemas.records import Step
from schemas.traces import LINES
from schemas.trees import pack_tree, parents, tree_bytes, unpack_tree
from schemas.visual import decode, image_size


class Fault(Exception):
    """A change that led to something that it must not lead to."""


Target = Callable[[Sample, Random], tuple[Fate, str]]


def traces(sample: Sample, chance: Random) -> tuple[Fate, str]:
    """A sealed trace with one of its lines, members or bytes changed, brought into the lake."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path, said = _changed_trace(sample, chance, folder)
        head = read_head(folder, path.name)
        work = Work("ingest", "fuzz", _empty_lake(sample.folder), str(folder / "work"))
        bucket = bucket_of(head.trajectory_id or head.digest, work.snapshot.buckets)
        report = ingest_bucket(work, bucket, folder, [head])
        rejected = [row for file in report.add if file.table == "rejects" for row in _rows(work, file)]
        if report.counts["traces rejected"] != len(rejected) or len(rejected) + report.counts["episodes added"] != 1:
            raise Fault(f"a trace is neither added nor a row of rejects: {dict(report.counts)}, {rejected}")
        if rejected:
            if not rejected[0]["reason"] or str(folder) in str(rejected[0]):
                raise Fault(f"a refusal without a reason, or with a path of this machine: {rejected[0]}")
            return "refused", rejected[0]["reason"]
        return _accepted(sample.recording, read_trace(path), said, head)


def _changed_trace(sample: Sample, chance: Random, folder: Path) -> tuple[Path, int | None]:
    """A changed trace, and which line is another one; None where it is the file or a member that is changed."""
    path = folder / "changed.trace.zip"
    if chance.random() < 0.25:
        path.write_bytes(flipped(sample.trace.read_bytes(), chance))
        return path, None
    with zipfile.ZipFile(sample.trace) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    line = None
    if chance.random() < 0.7:
        lines = members[LINES].splitlines()
        line = chance.randrange(len(lines))
        lines[line] = changed_text(lines[line], chance)
        members[LINES] = b"\n".join([*lines, b""])
    else:
        name = chance.choice(sorted(members))
        members[name] = changed_bytes(members[name], chance)
        if name == LINES:
            line = -1
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path, line


def _accepted(was: Recording, now: Recording, line: int | None, head: Head) -> tuple[Fate, str]:
    check_limits(now.steps)
    table_of(Step, now.steps).validate(full=True)
    for step in now.steps:
        for seen in (step.before, step.after):
            if seen is not None and seen.tree is not None:
                check_tree(now.tree(seen.tree))
            if seen is not None and seen.screen is not None and content_id(now.screen(seen.screen)) != seen.screen:
                raise Fault(f"a screen is not what its name says: {seen.screen}")
    if (now.steps, now.trajectory) == (was.steps, was.trajectory):
        return "same", ""
    if now.trajectory.digest == was.trajectory.digest or line is None:
        raise Fault("another recording, though its lines are the same")
    if head.digest != now.trajectory.digest:
        raise Fault("two readings of one file differ")
    if line >= 0:
        # Line 0 begins, 1 is the first observation, then an action and an observation each step.
        for index, (step, before) in enumerate(zip(now.steps, was.steps, strict=False)):
            touched = {0, 2 * index + 1, 2 * index + 2, 2 * index + 3}
            if line not in touched and step != before and len(now.steps) == len(was.steps):
                raise Fault(f"step {index} is another one, though line {line} is changed")
    return "told", ""


def files(sample: Sample, chance: Random) -> tuple[Fate, str]:
    """A data file of the lake with its bytes changed, read by a job, and by SQL."""
    lake, snapshot = _own_lake(sample.lake.url)
    file = chance.choice([file for every in snapshot.files.values() for file in every])
    path = Path(lake.url) / file.path
    was = path.read_bytes()
    now = (flipped if chance.random() < 0.7 else changed_bytes)(was, chance)
    reads: list[Callable[[], object]] = [
        lambda: snapshot.check(file.table),
        lambda: snapshot.read(file.table) if file.table != "screens" else _images(snapshot, sample, file.bucket),
    ]
    if chance.random() < 0.1:  # a connection takes longer than all else here
        reads.append(lambda: _asked(lake, f"select * from {file.table}"))
    path.write_bytes(now)
    try:
        reasons = [_refusal(read, file) for read in reads if now != was]
    finally:
        path.write_bytes(was)
    return ("refused", reasons[0]) if reasons else ("same", "")


@cache
def _own_lake(url: str) -> tuple[Lake, Snapshot]:
    """A copy of the lake that this process alone changes."""
    folder = Path(tempfile.mkdtemp(dir=Path(url).parent))
    lake = open_lake(shutil.copytree(url, folder / "lake").as_posix())
    return lake, lake.snapshot()


def _refusal(read: Callable[[], object], file: DataFile) -> str:
    try:
        found = read()
    except (LakeError, SchemaVersionError) as error:
        if file.path not in str(error):
            raise Fault(f"{file.path} is changed, and another is named: {error}") from error
        return str(error)
    if found != UNCHANGED:
        raise Fault(f"{file.path} is changed, and was read")
    return UNCHANGED


UNCHANGED = "every image is what was recorded"


def _asked(lake: Lake, text: str) -> object:
    with contextlib.closing(connect(lake)) as connection:
        return rows_of(query(connection, text))


def _images(snapshot: Snapshot, sample: Sample, bucket: int) -> str:
    """Reads every image; what is not refused must be what it was."""
    images, known = Screens(snapshot, bucket), Screens(sample.lake.snapshot(), bucket)
    for screen in known:
        if screen not in images:
            raise images.missing(screen)
        if images(screen) != known(screen):
            raise Fault(f"screen {screen} is another one")
    return UNCHANGED


def answers(sample: Sample, chance: Random) -> tuple[Fate, str]:
    """A model's answer that fits its form, changed, and read by the labeler that asked."""
    asker = chance.choice(_askers(sample))
    requests = list(asker.requests(sample.episode, sample.instructions))
    texts = {each.digest: json.dumps(_fitting(json.loads(each.form.schema), chance)) for each in requests if each.form}
    request = chance.choice(requests)
    text = changed_text(texts[request.digest].encode(), chance).decode(errors="surrogateescape")
    message = {"choices": [{"message": {"content": text}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 9}}
    body = json.dumps(message).encode()
    answer = read_answer(changed_text(body, chance) if chance.random() < 0.3 else body)
    text, problem = answer.text or "", answer.error
    if (answer.status == "ok") != (problem is None):
        raise Fault(f"an answer that is {answer.status} because of {problem}")
    problem = asker.check(text) if problem is None else problem
    status = "ok" if problem is None else "malformed"
    calls = {each.digest: _call(asker, each, texts[each.digest]) for each in requests}
    calls[request.digest] = _call(asker, request, text, status)
    opinions = asker.read(sample.episode, sample.instructions, calls)
    table_of(Label, opinions.labels).validate(full=True)
    table_of(Instruction, opinions.instructions).validate(full=True)
    table_of(Call, [call for call in calls.values() if call.status == "ok"]).validate(full=True)
    if asker.read(sample.episode, sample.instructions, calls) != opinions:
        raise Fault("the same answers were read otherwise")
    if problem is not None:
        return "refused", problem
    return ("same" if text == texts[request.digest] else "told"), ""


@cache
def _askers(sample: Sample) -> tuple[Asker, ...]:
    """The labelers that have something to ask about the episode alone."""
    kinds = (questionnaire(name) for name in NAMES)
    every = (Asker(kind(), ModelUse("fuzz")) for kind in kinds if kind.need is None)
    return tuple(each for each in every if any(each.requests(sample.episode, sample.instructions)))


def _fitting(schema: Mapping[str, Any], chance: Random) -> Any:
    """A value that fits a JSON schema."""
    if "anyOf" in schema:
        return _fitting(chance.choice(schema["anyOf"]), chance)
    if "enum" in schema:
        return chance.choice(schema["enum"])
    if "const" in schema:
        return schema["const"]
    kind = schema.get("type")
    match kind[0] if isinstance(kind, list) else kind:
        case "object":
            return {name: _fitting(part, chance) for name, part in schema["properties"].items()}
        case "array":
            return [_fitting(schema["items"], chance)]
        case "integer" | "number":
            return int(max(schema.get("minimum", 1), min(1, schema.get("maximum", 1))))
        case "boolean":
            return True
        case "null":
            return None
    return "Open the article about the oak table"


def _call(asker: Asker, request: Request, text: str, status: str = "ok") -> Call:
    return Call(
        call_id=request.digest[:32],
        request=request.digest,
        trajectory_id=request.trajectory_id,
        labeler=asker.name,
        labeler_version=asker.version,
        model="fuzz",
        status=status,  # type: ignore[arg-type]
        answer=text if status == "ok" else None,
        error=None if status == "ok" else "malformed",
        input_tokens=1,
        output_tokens=1,
        cached_tokens=None,
        money=None,
        latency=None,
        time=datetime(2026, 1, 1, tzinfo=UTC),
    )


def pictures(sample: Sample, chance: Random) -> tuple[Fate, str]:
    """A screenshot with its bytes changed: looked at, decoded, compared and painted on."""
    screens = sorted(sample.recording.formats)
    was = sample.recording.screen(chance.choice(screens))
    now = (flipped if chance.random() < 0.5 else changed_bytes)(was, chance)
    if now == was:
        return "same", ""
    known = fingerprint(content_id(now), now)
    if fingerprint(content_id(now), now) != known:
        raise Fault("the same bytes look otherwise")
    try:
        size = image_size(now)
        pixels = decode(now)
    except SchemaError as error:
        if known.error is None:
            raise Fault("a picture that can't be decoded has a fingerprint") from error
        return "refused", str(error)
    if size != (pixels.shape[1], pixels.shape[0]):
        raise Fault(f"the head says {size}, and the pixels are {pixels.shape}")
    paint(Picture(content_id(now)), pixels)
    return "told", ""


def configurations(sample: Sample, chance: Random) -> tuple[Fate, str]:
    """A configuration of a curation, or a lake's marker, changed."""
    with tempfile.TemporaryDirectory() as name:
        if chance.random() < 0.3:
            lake = Path(name) / "lake"
            lake.mkdir()
            was = (Path(sample.lake.url) / "hindtrace.json").read_bytes()
            (lake / "hindtrace.json").write_bytes(changed_text(was, chance))
            try:
                opened = open_lake(str(lake))
            except LakeError as error:
                return "refused", str(error)
            marker = json.loads((lake / "hindtrace.json").read_bytes())
            if opened.buckets != marker["buckets"] or marker["layout"] != 1:
                raise Fault(f"the marker says {marker}, and the lake has {opened.buckets} buckets")
            return ("same" if opened.buckets == sample.lake.buckets else "told"), ""
        path = Path(name) / "curation.toml"
        path.write_bytes(changed_bytes(_toml(chance).encode(), chance))
        try:
            config = load_config(path)
        except ConfigurationError as error:
            return "refused", str(error)
        for key, value in tomllib.loads(path.read_text(encoding="utf-8")).items():
            if getattr(config, key) != (tuple(value) if isinstance(value, list) else value):
                raise Fault(f"{key} is {value!r}, and {getattr(config, key)!r} was taken")
        return "told", config.digest


def _toml(chance: Random) -> str:
    """The configuration as it is without any, of some of its keys."""
    lines = []
    for field in fields(CurationConfig):
        value = getattr(CurationConfig(), field.name)
        if isinstance(value, bool | int | float | str | tuple) and chance.random() < 0.5:
            lines.append(f"{field.name} = {json.dumps(value)}")
    return "\n".join(lines) + "\n"


def tasks(_sample: Sample, chance: Random) -> tuple[Fate, str]:
    """A file of tasks, changed."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "tasks.json"
        each = [json.dumps(task).encode() for task in _TASKS]
        was = b"[" + b",".join(each) + b"]" if chance.random() < 0.5 else b"\n".join(each)
        path.write_bytes(changed_text(was, chance) if was.startswith(b"[") else changed_bytes(was, chance))
        try:
            read = read_tasks(path)
        except ConfigurationError as error:
            return "refused", str(error)
        if read_tasks(path) != read:
            raise Fault("the same file was read otherwise")
        table_of(type(read[0].task), [each.task for each in read]).validate(full=True)
        for task in (each.task for each in read):
            if task.text not in _texts(path.read_bytes()):
                raise Fault(f"a task that the file does not hold: {task.text[:80]!r}")
        return "told", ""


def _texts(data: bytes) -> list[Any]:
    """The texts of the tasks of a file."""
    try:
        raw = json.loads(data)
    except ValueError:
        raw = [json.loads(line) for line in data.splitlines() if line.strip()]
    return [task.get("text") for task in (raw if isinstance(raw, list) else [raw])]


_TASKS: Sequence[Mapping[str, Any]] = (
    {"text": "Find the oak table", "platform": "web", "start": "http://localhost:8001/", "id": "oak"},
    {
        "text": "Add tea to the list",
        "platform": "desktop",
        "start": "mousepad list.txt",
        "setup": {"steps": [{"kind": "write_file", "path": "list.txt", "text": "salt"}]},
        "check": {
            "all": [{"kind": "file_contains", "path": "list.txt", "text": "tea"}],
            "any": [
                {"kind": "shows", "name": "Saved"},
                {"kind": "prints", "arguments": ["cat", "x"], "pattern": "t.a"},
            ],
        },
    },
    {
        "text": "How many?",
        "platform": "android",
        "start": "org.x/.Main",
        "check": {"all": [{"kind": "answered", "text": "4"}]},
    },
)


def trees(sample: Sample, chance: Random) -> tuple[Fate, str]:
    """A tree with its JSON or its packed bytes changed, read and told by its keys."""
    names = sorted({seen.tree for step in sample.recording.steps if (seen := step.before) is not None and seen.tree})
    name = chance.choice(names)
    was = sample.recording.tree(name)
    packed = pack_tree(was)[1]
    if chance.random() < 0.3:
        now = changed_bytes(packed, chance)
        try:
            tree = unpack_tree(now, tree=name)
        except SchemaError as error:
            return "refused", str(error)
        if tree != was:
            raise Fault("another tree of the same id")
        return "same", ""
    now = zlib.compress(changed_text(tree_bytes(was), chance))
    try:
        tree = unpack_tree(now)
        check_tree(tree)
        text = tree_bytes(tree)
    except SchemaError as error:
        return "refused", str(error)
    if unpack_tree(zlib.compress(text)) != tree:
        raise Fault("a tree that is written and read is another one")
    tree_keys(tree, location="http://a.example/", scroll=None)
    parents(tree)
    if tree == was:
        return "same", ""
    if len(tree.nodes) == len(was.nodes) and sum(a != b for a, b in zip(tree.nodes, was.nodes, strict=True)) > 6:
        raise Fault("many nodes are other ones")
    return "told", ""


TARGETS: Mapping[str, Target] = MappingProxyType(
    {
        "traces": traces,
        "files": files,
        "answers": answers,
        "pictures": pictures,
        "configurations": configurations,
        "tasks": tasks,
        "trees": trees,
    }
)


@cache
def _sample(folder: Path) -> Sample:
    return Sample(folder)


@cache
def _empty_lake(folder: Path) -> Snapshot:
    return open_lake(str(folder / "empty")).snapshot()


def _rows(work: Work, file: DataFile) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = work.snapshot.only(file).read(file.table).to_pylist()
    return rows


def run_case(folder: Path, number: int) -> Result:
    """What became of a case: its kind and its chance follow from its number."""
    kind = list(TARGETS)[number % len(TARGETS)]
    try:
        fate, why = TARGETS[kind](_sample(folder), Random(number))
    except Fault as error:
        return Result(number, kind, "fault", str(error))
    except HindtraceError as error:
        return Result(number, kind, "fault", f"a refusal that nobody took: {error!r}")
    return Result(number, kind, fate, why)
