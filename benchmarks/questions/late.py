"""Late steps: how often a verifier is right by position, and how often its question holds what decides, by context.

    python -m benchmarks.questions.late
    python -m benchmarks.questions.late --model qwen2.5-vl --base-url http://localhost:8000/v1 --seeds 5

Forms of one to six pages are filled in, rightly and wrongly; what each step was worth is computed. Without a model, the
steps are counted that hang on a field of another page (a form is sent, a page left), and of them those whose question
names that field with what it held. With one, its verdicts are held against what is computed, with context and without.
"""

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.miniwob.measuring import labelled_episodes
from benchmarks.questions.form import Case, Recorder, cases
from benchmarks.tables import table
from labelers.askers.verify import StepVerifier
from labelers.kit.asker import Asker, ModelUse
from labelers.model.sending import Endpoint
from pipelines.agree.agreement import Share, wilson
from pipelines.annotate.asking import annotate_by_asking
from pipelines.annotate.planning import Spending
from pipelines.ingest.job import ingest
from pipelines.lake.delta import open_lake
from schemas.errors import HindtraceError

PAGES = (1, 2, 4, 6)
LATE = 5
"""The index of the first step that is late."""


@dataclass(frozen=True, slots=True)
class Held:
    """Of the steps early or late that hang on a field of another page: whose question holds it, and how many."""

    late: bool
    context: bool
    held: int
    of: int


@dataclass(frozen=True, slots=True)
class Agreed:
    """Of the steps early or late that were judged: how many verdicts are those that were computed."""

    late: bool
    context: bool
    right: int
    abstained: int
    of: int

    @property
    def share(self) -> Share:
        """Right of all, those without a verdict included."""
        return wilson(self.right, self.of)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3, metavar="N", help="forms of each size (default: 3)")
    parser.add_argument("--model", metavar="NAME", help="as the server knows it; none: nothing is asked")
    parser.add_argument("--base-url", metavar="URL", help="of the server (default: OPENAI_BASE_URL, else OpenAI's)")
    parser.add_argument("--flights", type=int, default=16, metavar="N", help="calls at once (default: 16)")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="hindtrace-") as folder:
        known = fill(Path(folder), range(given.seeds))
        lake = Path(folder) / "lake"
        rows = [
            (_when(one.late), _with(one.context), str(one.of), _share(wilson(one.held, one.of)))
            for one in informed(lake, known)
        ]
        print(table(("steps", "question", "hang on another page", "the question holds what decides"), rows))
        if given.model is not None:
            try:
                found = judged(lake, known, given.model, Endpoint(given.base_url, flights=given.flights))
            except HindtraceError as error:
                sys.stderr.write(f"{error}\n")
                return 1
            print()
            print(table(("steps", "question", "judged", "abstained", "right"), [_row(one) for one in found]))
    return 0


def fill(folder: Path, seeds: Iterable[int], *, pages: Sequence[int] = PAGES) -> dict[str, Case]:
    """Records the cases on forms of so many pages into a lake, `folder/lake`; by their trajectories."""
    recorder = Recorder(folder / "traces")
    recorder.folder.mkdir()
    known = {recorder.record(case): case for seed in seeds for count in pages for case in cases(count, seed)}
    ingest(recorder.folder, str(folder / "lake"))
    return known


def informed(lake: Path, known: dict[str, Case]) -> list[Held]:
    """How often a question's text holds each field of another page that decides, with what it held."""
    counts: Counter[tuple[bool, bool, bool]] = Counter()
    for context in (False, True):
        asker = Asker(StepVerifier(context=context), ModelUse("none"))
        for episode, written in labelled_episodes(lake, trees=True):
            case = known[episode.trajectory.trajectory_id]
            for place, request in enumerate(asker.requests(episode, written)):
                if deciding := case.deciding(place):
                    lines = [line for line in request.turns[1].text.splitlines() if not line.startswith("goal:")]
                    held = all(holds(lines, place, name, value) for name, value in deciding.items())
                    counts[place >= LATE, context, held] += 1
    return [
        Held(late, context, counts[late, context, True], counts[late, context, True] + counts[late, context, False])
        for late in (False, True)
        for context in (False, True)
    ]


def holds(lines: Sequence[str], place: int, name: str, value: str) -> bool:
    """Whether the question says what the field held before the step at that place.

    A line names it with its value, or, where it was left out, all steps are told and none names it.
    """
    shown, element = f"textbox '{name}': '{value}'", f"textbox '{name}'"
    if any(shown in line for line in lines):
        return True
    steps = [line for line in lines if line.startswith('{"step"')]
    if not value:
        return len(steps) > place and not any(element in line for line in steps)
    return any(element in line and f'"text": "{value}"' in line for line in steps)


def judged(lake: Path, known: dict[str, Case], model: str, endpoint: Endpoint) -> list[Agreed]:
    """The verifier's verdicts against those that are computed, with context and without.

    Raises:
        ModelError: if the server refuses every call.
    """
    found: list[Agreed] = []
    for context in (False, True):
        asker = Asker(StepVerifier(context=context), ModelUse(model))
        annotate_by_asking(str(lake), asker, Spending(endpoint))
        counts: Counter[tuple[bool, str]] = Counter()
        for row in open_lake(str(lake)).snapshot().read("labels").to_pylist():
            if row["subject"] != "step" or (row["labeler"], row["labeler_version"]) != (asker.name, asker.version):
                continue
            late, verdict = row["first_step"] >= LATE, row["verdict"]
            right = verdict == known[row["trajectory_id"]].verdicts()[row["first_step"]]
            counts[late, "right" if right else "abstained" if verdict == "abstain" else "wrong"] += 1
        for late in (False, True):
            of = sum(count for (when, _), count in counts.items() if when == late)
            found.append(Agreed(late, context, counts[late, "right"], counts[late, "abstained"], of))
    return sorted(found, key=lambda one: (one.late, one.context))


def _row(one: Agreed) -> tuple[str, ...]:
    return (_when(one.late), _with(one.context), str(one.of), str(one.abstained), _share(one.share))


def _when(late: bool) -> str:
    return f"from the {LATE + 1}th on" if late else "before"


def _with(context: bool) -> str:
    return "with context" if context else "without"


def _share(share: Share) -> str:
    if share.value is None or share.low is None or share.high is None:
        return "-"
    return f"{share.value:.2f} ({share.low:.2f} to {share.high:.2f})"


if __name__ == "__main__":
    raise SystemExit(main())
