"""A walk on a real site becomes proven tasks: explored, labelled, tried in a real browser, curated and exported."""

import json
import shutil
import threading
from collections.abc import Iterator
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import polars as pl
import pytest

from explorers.core.rollout import ExploreConfig, run_episode
from explorers.tasks import read_tasks
from explorers.web import WebConfig, WebEnvironment
from labelers.askers import NAMES, questionnaire
from labelers.askers.checker import TaskChecker
from labelers.askers.synthesis import TaskSynthesizer
from labelers.kit.asker import Asker, ModelUse
from labelers.model.sending import Endpoint
from pipelines.annotate.asking import annotate_by_asking, plan_asking
from pipelines.annotate.groups import GroupMates
from pipelines.annotate.handbook import runs_of
from pipelines.annotate.needs import supply
from pipelines.annotate.planning import Selection, Spending
from pipelines.cli import main as hindtrace
from pipelines.curate.config import CurationConfig
from pipelines.curate.job import curate
from pipelines.lake.delta import Lake, open_lake
from pipelines.lake.episodes import Trees
from pipelines.lake.funnel import funnel
from pipelines.prove.job import judge
from schemas.actions import Click, Point
from schemas.manifest import load_manifest
from schemas.proofs import NEEDED
from schemas.records import Choice, Observation, Outcome
from schemas.targets import target_of
from tests.labelers.askers.answering import USE
from tests.labelers.model.server import serving

pytestmark = pytest.mark.web

COLUMNS = ("name", "family", "height")
PLANTS = {
    "11": ("Silver Fern", "Cyathea", "300"),
    "12": ("Royal Fern", "Osmunda", "160"),
    "13": ("Sword Fern", "Boston", "90"),
    "14": ("Golden Fern", "Cyathea", "210"),
}
PLOTS = {"11": "North Gate", "12": "Pond", "13": "Old Wall", "14": "Orchard"}


class _Pages(BaseHTTPRequestHandler):
    """Plants in a list that can be sorted, each with a page of its own."""

    def do_GET(self) -> None:
        """Answers with the page of the path."""
        parts = urlsplit(self.path)
        words = parts.path.strip("/").split("/")
        if words == [""]:
            body = _page("Fernwood", '<p><a href="/plants">Plants</a> <a href="/orders">Orders</a></p>')
        elif words == ["plants"]:
            order = parse_qs(parts.query).get("sort", [""])[0]
            rows = sorted(PLANTS.items(), key=lambda row: _order(row[1], order)) if order else list(PLANTS.items())
            lines = "".join(
                f'<tr><td><a href="/plants/{number}">{row[0]}</a></td><td>{row[1]}</td><td>{row[2]}</td></tr>'
                for number, row in rows
            )
            heads = "".join(f'<th><a href="/plants?sort={name}">{name}</a></th>' for name in COLUMNS)
            body = _page("Plants", f"<table><thead><tr>{heads}</tr></thead><tbody>{lines}</tbody></table>")
        elif len(words) == 2 and words[1] in PLANTS:
            row, heads = PLANTS[words[1]], "".join(f"<th>{name}</th>" for name in (*COLUMNS, "plot"))
            cells = "".join(f"<td>{cell}</td>" for cell in (*row, PLOTS[words[1]]))
            table = f"<table><thead><tr>{heads}</tr></thead><tbody><tr>{cells}</tr></tbody></table>"
            body = _page(row[0], f'{table}<p><a href="/plants">Plants</a></p>')
        else:
            body = _page("Orders", "<p>Nothing was ordered yet.</p>")
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def _order(row: tuple[str, str, str], by: str) -> tuple[int, str]:
    value = row[COLUMNS.index(by)]
    return (int(value), "") if value.isdecimal() else (0, value)


def _page(name: str, inside: str) -> bytes:
    head = f"<!doctype html><html lang=en><title>{escape(name)} - Fernwood</title>"
    today = "<p id=day></p><script>day.textContent = 'Today ' + new Date().toISOString().slice(0, 10)</script>"
    return f"{head}<h1>{escape(name)}</h1>{inside}{today}".encode()


class _Walk:
    """Clicks the links of these names."""

    name, version = "walk", "1"

    def __init__(self, *names: str) -> None:
        self._names = list(names)

    def begin(self, *, seed: int) -> None:
        """Nothing is random in it."""

    def choose(self, observation: Observation) -> Choice | None:
        """The next link."""
        if not self._names:
            return None
        name = self._names.pop(0)
        node = next(node for node in observation.nodes if node.role == "link" and node.name == name)
        assert node.box is not None
        return Choice(Click(Point.on(*node.box.centre, width=1280, height=720)), target_of(node))

    def learn(self, before: Observation, choice: Choice, outcome: Outcome, after: Observation) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The site."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def place(address: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the traces of a walk, its annotated lake and the manifest of the site."""
    folder = tmp_path_factory.mktemp("proving")
    environment = WebEnvironment(address, config=WebConfig(mode="page"))
    config = ExploreConfig(episodes=1, max_steps=9)
    walk = _Walk("Plants", "Royal Fern")
    run_episode(environment, walk, folder / "traces", config, run_id="walk", episode=0)
    environment.close()
    lake = str(folder / "lake")
    assert hindtrace(["ingest", "--traces", str(folder / "traces"), "--lake", lake]) == 0
    assert hindtrace(["annotate", "--lake", lake, "--backend", "rules"]) == 0
    manifest = f'[environment]\nname = "fernwood"\nstart = "{address}"\nclock = "2026-01-05T09:00:00Z"\n'
    (folder / "site.toml").write_text(manifest)
    call = ["prove", "--lake", lake, "--traces", str(folder / "attempts"), "--environment", str(folder / "site.toml")]
    assert hindtrace(call) == 0
    return folder


@pytest.fixture
def lake(place: Path) -> Lake:
    return open_lake(str(place / "lake"))


def test_what_was_done_is_proven_and_its_walk_can_be_trained_on(lake: Lake) -> None:
    snapshot = lake.snapshot()
    proofs = pl.DataFrame(snapshot.read("proofs"))
    copies = set(proofs["copy"].drop_nulls().to_list())
    assert copies
    told = pl.DataFrame(snapshot.read("instructions")).filter(pl.col("labeler") == "experiment")
    tasks = dict(told.filter(pl.col("level") == "high").select("text", "answer").rows())
    assert tasks == {
        'In "Plants", open the entry "Royal Fern".': None,
        'In "Plants", look up "Royal Fern" and report the "plot" that its record gives.': "Pond",
        'Find the "name" in "Plants" whose "height" is "160".': "Royal Fern",
        'How many rows does "Plants" list?': "4",
        'Look up in "Plants" what is listed as "height" for "Royal Fern".': "160",
        'Of all that "Plants" lists, which "name" has the lowest "height"?': "Sword Fern",
    }
    steps = told.filter(pl.col("level") == "low")["text"].to_list()
    assert set(steps) == {'Click the link "Plants".', 'Click the link "Royal Fern".'}
    beside = set(proofs["contrasts"].explode().drop_nulls().to_list())
    taught = told.filter(pl.col("instruction_id").is_in(proofs["taught_as"].to_list()))
    assert set(taught["trajectory_id"].to_list()) == copies
    labels = pl.DataFrame(snapshot.read("labels")).filter(pl.col("labeler") == "experiment")
    assert set(labels.select("verdict", "rule").rows()) == {("good", "needed"), ("harmful", "wrong turn")}
    wrong = labels.filter(pl.col("verdict") == "harmful")
    assert set(wrong["instruction_id"].to_list()) == beside
    assert set(wrong["cost"].to_list()) == {2}
    others = pl.DataFrame(snapshot.read("trajectories")).filter(pl.col("lane") == "other actions")
    assert set(wrong["trajectory_id"].to_list()) <= set(others["trajectory_id"].to_list())


def test_each_is_done_once_a_day_later_and_what_a_clock_tells_is_no_difference(lake: Lake) -> None:
    snapshot = lake.snapshot()
    tried = pl.DataFrame(snapshot.read("trajectories")).filter(pl.col("lane").is_not_null())
    variants = dict(tried.select("trajectory_id", "variant").rows())
    days: dict[bool, set[str]] = {True: set(), False: set()}
    for bucket in range(snapshot.buckets):
        trees = Trees(snapshot.read("trees", bucket=bucket, columns=["tree", "nodes"]))
        for row in snapshot.read("steps", bucket=bucket).to_pylist():
            if row["trajectory_id"] in variants and row["requests"] == []:
                said = {node.name for node in trees[row["after"]["tree"]].nodes if node.name.startswith("Today")}
                days[variants[row["trajectory_id"]].endswith("later")] |= said
    assert days == {True: {"Today 2026-01-06"}, False: {"Today 2026-01-05"}}
    told = pl.DataFrame(snapshot.read("proofs")).filter(pl.col("verdict") == "failed")
    assert told.is_empty()


def test_proving_again_tries_nothing_and_changes_nothing(
    place: Path, lake: Lake, capsys: pytest.CaptureFixture[str]
) -> None:
    before, attempts = lake.snapshot().versions, sorted((place / "attempts").iterdir())
    call = ["prove", "--lake", str(place / "lake"), "--traces", str(place / "attempts")]
    assert hindtrace([*call, "--environment", str(place / "site.toml"), "--parallel", "2"]) == 0
    assert "attempts made" not in capsys.readouterr().out
    after = lake.snapshot().versions
    assert {name: version for name, version in after.items() if name != "runs"} == {
        name: version for name, version in before.items() if name != "runs"
    }
    assert sorted((place / "attempts").iterdir()) == attempts


def test_the_same_attempts_give_the_same_bytes_in_another_lake(place: Path, lake: Lake, tmp_path: Path) -> None:
    other = str(tmp_path / "lake")
    shutil.copytree(place / "traces", tmp_path / "all/traces")
    shutil.copytree(place / "attempts", tmp_path / "all/attempts")
    assert hindtrace(["ingest", "--traces", str(tmp_path / "all"), "--lake", other]) == 0
    assert hindtrace(["annotate", "--lake", other, "--backend", "rules"]) == 0
    judge(other, [load_manifest(place / "site.toml").digest])
    files = [
        sorted(file.path for file in each.snapshot().files_of(table))
        for table in ("proofs", "instructions", "labels")
        for each in (lake, open_lake(other))
    ]
    assert files[0] == files[1]
    rows = [
        pl.DataFrame(each.snapshot().read("instructions")).sort("instruction_id") for each in (lake, open_lake(other))
    ]
    assert rows[0].equals(rows[1])


def test_attempts_teach_nothing_by_themselves(place: Path, lake: Lake, capsys: pytest.CaptureFixture[str]) -> None:
    attempts = pl.DataFrame(lake.snapshot().read("trajectories")).filter(pl.col("lane").is_not_null())
    assert attempts.height > 5
    assert attempts["goal"].is_null().all()
    assert attempts["group"].is_null().all()
    capsys.readouterr()
    assert hindtrace(["annotate", "--lake", str(place / "lake"), "--backend", "rules"]) == 0
    assert "annotate: nothing new" in capsys.readouterr().out
    assert hindtrace(["stats", "--lake", str(place / "lake")]) == 0
    told = capsys.readouterr().out
    assert " 1 " in told.split("episodes", 1)[1].splitlines()[0]
    silent = pl.DataFrame(lake.snapshot().read("labels")).filter(pl.col("labeler") == "rules")
    assert not set(silent["trajectory_id"].to_list()) & set(attempts["trajectory_id"].to_list())


@pytest.fixture(scope="module")
def bare(place: Path, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """The lake of the same walk without any attempt."""
    lake = str(tmp_path_factory.mktemp("bare") / "lake")
    assert hindtrace(["ingest", "--traces", str(place / "traces"), "--lake", lake]) == 0
    assert hindtrace(["annotate", "--lake", lake, "--backend", "rules"]) == 0
    return open_lake(lake)


def test_with_attempts_in_the_lake_all_that_counts_and_asks_does_as_without(lake: Lake, bare: Lake) -> None:
    told = {title: counts for title, counts in funnel(lake).items() if title != "Proofs"}
    assert told == funnel(bare)
    spending = Spending(Endpoint("http://127.0.0.1:9/v1", flights=1), None)
    for name in NAMES:
        questions = []
        for each in (lake, bare):
            needed = supply(questionnaire(name).need, each.url, policies=None, least=1, opponents=1)
            asker = Asker(questionnaire(name)(**needed.arguments), ModelUse("any"))
            questions.append(plan_asking(each.url, asker, spending, Selection().within(needed.only)))
        assert questions[0] == questions[1], name
    assert GroupMates(lake, opponents=3).digest == GroupMates(bare, opponents=3).digest
    assert [runs_of(each, least=1) for each in (lake,)] == [runs_of(each, least=1) for each in (bare,)]


@pytest.mark.slow
def test_without_proof_a_curation_is_that_of_the_lake_without_attempts(lake: Lake, bare: Lake, tmp_path: Path) -> None:
    decided = []
    for name, each in (("a", lake), ("b", bare)):
        shutil.copytree(each.url, tmp_path / name)
        curate(str(tmp_path / name), "c", CurationConfig(proof="off"))
        rows = open_lake(str(tmp_path / name)).snapshot().read("decisions", curation="c")
        decided.append(pl.DataFrame(rows).sort("use", "trajectory_id", "step_index", "instruction_id"))
    assert decided[0].equals(decided[1])
    assert not decided[0].is_empty()


def test_what_was_tried_and_failed_is_what_not_to_do(place: Path, tmp_path: Path) -> None:
    shutil.copytree(place / "lake", tmp_path / "lake")
    lake = str(tmp_path / "lake")
    curate(lake, "a", CurationConfig(proof="required", test=0.0))
    rows = pl.DataFrame(open_lake(lake).snapshot().read("decisions"))
    wrong = rows.filter((pl.col("use") == "kto") & (pl.col("role") == "negative"))
    assert set(wrong.select("rule", "cost").rows()) == {("wrong turn", 2)}
    assert rows.filter(pl.col("role") != "negative")["cost"].is_null().all()
    data = tmp_path / "data"
    call = ["export", "--lake", lake, "--name", "a", "--format", "trl-dpo", "--out", str(data)]
    assert hindtrace(call) == 0
    written = pl.read_parquet(data / "data" / "*.parquet")
    pairs = written.filter(pl.col("task") == "step").select("chosen", "rejected", "kind", "cost").to_dicts()
    assert pairs
    for pair in pairs:
        assert pair["chosen"] != pair["rejected"]
        assert (pair["kind"], pair["cost"]) == ("wrong turn", 2)


@pytest.mark.parametrize("proof", ["required", "off"])
def test_a_curation_takes_what_is_proven_from_the_walk_that_proved_it(place: Path, tmp_path: Path, proof: str) -> None:
    shutil.copytree(place / "lake", tmp_path / "lake")
    lake = open_lake(str(tmp_path / "lake"))
    curate(str(tmp_path / "lake"), "a", CurationConfig(proof=proof, test=0.0))  # type: ignore[arg-type]
    rows = pl.DataFrame(lake.snapshot().read("decisions"))
    attempts = pl.DataFrame(lake.snapshot().read("trajectories")).filter(pl.col("lane").is_not_null())
    sft = rows.filter(pl.col("use") == "sft")
    on_attempts = sft.filter(pl.col("trajectory_id").is_in(attempts["trajectory_id"].to_list()))
    targets = sft.filter(pl.col("role") == "target")
    if proof == "off":
        assert on_attempts.is_empty()
        assert not targets.is_empty()
        return
    assert not targets.is_empty()
    assert set(targets["trajectory_id"]) <= set(on_attempts["trajectory_id"])
    assert set(sft.filter(pl.col("role") == "dropped")["rule"].to_list()) >= {"proved elsewhere"}
    out = ["export", "--lake", str(tmp_path / "lake"), "--name", "a", "--format", "trl-sft"]
    assert hindtrace([*out, "--out", str(tmp_path / "data")]) == 0


@pytest.mark.slow
def test_what_a_model_wrote_is_believed_where_what_another_read_from_its_words_came_true(
    place: Path, tmp_path: Path
) -> None:
    lake = str(tmp_path / "lake")
    shutil.copytree(place / "lake", lake)
    written = {"low": "", "high": "Show me all there is on the royal fern.", "kind": "go", "answer": "", "shown": ""}
    with serving(answer=json.dumps({**written, "reason": "So it is."})) as url:
        annotate_by_asking(lake, Asker(TaskSynthesizer(), USE), Spending(Endpoint(url)))
    read = {"when": "end", "kind": "record", "name": "", "value": "Royal Fern"}
    with serving(answer=json.dumps({"conditions": [read]})) as url:
        annotate_by_asking(lake, Asker(TaskChecker(), USE), Spending(Endpoint(url)))
    call = ["prove", "--lake", lake, "--traces", str(place / "attempts"), "--environment", str(place / "site.toml")]
    assert hindtrace([*call, "--where", "labeler = 'synthesis/local'"]) == 0
    told = open_lake(lake).snapshot()
    tasks = pl.DataFrame(told.read("instructions")).filter(pl.col("labeler") == "synthesis/local")
    verdicts = (
        pl.DataFrame(told.read("proofs"))
        .join(tasks.select("instruction_id", "first_step"), on="instruction_id")
        .select("first_step", "lane", "verdict", "reason")
        .rows_by_key(["first_step", "lane"], unique=True)
    )
    # The same words were written of both steps: of that to the list they are not true, of that to the record they are.
    assert verdicts[0, "reading"] == ("failed", "the words are not true of it: the page is about 'Royal Fern'")
    proven = {lane: verdict for (step, lane), (verdict, _) in verdicts.items() if step == 1}
    assert {lane for lane, verdict in proven.items() if verdict == "passed"} >= NEEDED
    assert "failed" not in proven.values()


def test_proven_tasks_are_written_and_can_be_tried(place: Path, tmp_path: Path) -> None:
    out = tmp_path / "tasks.jsonl"
    assert hindtrace(["tasks", "--lake", str(place / "lake"), "--out", str(out)]) == 0
    tasks = read_tasks(out)
    assert {each.task.text for each in tasks} >= {'In "Plants", open the entry "Royal Fern".'}
    assert all(each.check is not None and each.task.source == "derived" for each in tasks)
    assert all(each.task.trajectory_id is not None for each in tasks)
    call = ["rollout", "--tasks", str(out), "--policy", "random", "--max-steps", "2", "--traces", str(tmp_path / "new")]
    assert hindtrace(call) == 0
    assert hindtrace(["tasks", "--lake", str(place / "lake"), "--out", str(out), "--curation", "none"]) == 2
    assert hindtrace(["tasks", "--lake", str(place / "lake"), "--out", str(out), "--split", "test"]) == 2


def test_a_page_shows_each_task_with_its_claim_and_its_lanes(place: Path, traces: Path, tmp_path: Path) -> None:
    page = tmp_path / "tasks.html"
    assert hindtrace(["view", "--lake", str(place / "lake"), "--html", str(page)]) == 0
    assert "at the end the only row has &#x27;Royal Fern&#x27; as its &#x27;name&#x27;" in page.read_text()
    assert hindtrace(["view", "--lake", str(place / "lake"), "--html", str(page), "--limit", "1"]) == 0
    told = page.read_text()
    assert "6 tasks that were tried: 6 proven" in told
    assert "5 more are not shown" in told
    assert told.count("data:image/webp;base64,") == 1
    assert "<script" not in told
    assert "default-src &#x27;none&#x27;" in told or "default-src 'none'" in told
    other = str(tmp_path / "lake")
    assert hindtrace(["ingest", "--traces", str(traces), "--lake", other]) == 0
    assert hindtrace(["view", "--lake", other, "--html", str(tmp_path / "none.html")]) == 1
    assert not (tmp_path / "none.html").exists()


def test_composed_tasks_without_end_are_a_wrong_call(place: Path, tmp_path: Path) -> None:
    call = ["prove", "--lake", str(place / "lake"), "--traces", str(tmp_path / "new")]
    assert hindtrace([*call, "--environment", str(place / "site.toml"), "--composed", "-1"]) == 2
    assert not (tmp_path / "new").exists()


def test_a_lake_without_that_application_is_a_wrong_call(place: Path, tmp_path: Path) -> None:
    call = ["prove", "--lake", str(place / "lake"), "--traces", str(tmp_path), "--environment"]
    assert hindtrace([*call, str(place / "site.toml"), "--app", "elsewhere.test"]) == 2
    assert hindtrace([*call, str(place / "nothing.toml")]) == 2


@pytest.mark.parametrize(
    ("more", "where", "said"),
    [
        ("", "nonsense (", "Parser Error"),
        ("", "true; select 1", "expected one statement that reads"),
        ("reset = { command = 'sh -c \"' }", "true", "reset: expected a command"),
        ("reset = { command = 'no-such-program' }", "true", "expected a program that resets"),
        ("reset = { request = 'PUT /reset' }", "true", "expected an http or https URL that resets"),
        ("clock = 'noon'", "true", "expected a time"),
        ("viewport = [1, 1]", "true", "expected a screen"),
    ],
)
def test_what_can_not_be_is_a_wrong_call_before_anything_is_tried(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], more: str, where: str, said: str
) -> None:
    manifest = tmp_path / "site.toml"
    own = (place / "site.toml").read_text()
    if more.startswith("clock"):
        own = own[: own.index("clock")]
    manifest.write_text(f"{own}{more}\n")
    call = ["prove", "--lake", str(place / "lake"), "--traces", str(tmp_path / "new"), "--environment", str(manifest)]
    assert hindtrace([*call, "--where", where]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "new").exists()
