"""How sharp the lanes of a proof are, by the attempts that a lake holds: near misses, and sentences made false.

    python -m benchmarks.proofs --lake demo/lake --environment demo/site.toml
    python -m benchmarks.proofs --lake demo/lake --environment demo/site.toml --sentences 100 --show

Nothing is tried. Near misses are those of tasks that no other lane refuses. A false sentence is a true one with its
row, its value, its place, its verb or its order swapped; the lanes get the changed text, the start and the old path,
once with the claim of the true one, as if a model had told it wrong, and once with a claim that is as false as the
text. A sentence that can't be read any more is no lie, nor is one in another order of what is all so at the end; these
are left out. The true ones are the tasks that they were made
of. Abstentions are told apart.
"""

import argparse
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.tables import table
from labelers.reading import Unread, Vocabulary, read
from pipelines.lake.delta import open_lake
from pipelines.prove.kernel import Attempts
from pipelines.prove.lanes import prove
from pipelines.prove.proving import Proving, Try, Walk
from pipelines.prove.tasks import Task, every_task
from schemas.claims import fulfilled
from schemas.conditions import TaskCheck
from schemas.keys import fraction
from schemas.manifest import load_manifest
from schemas.pages import fold
from schemas.proofs import LANES, NEEDED, Attempt, Purpose
from schemas.screen_conditions import Called, EveryRow, HasRow, Says, SortedBy, Tells

BARS = {"near misses": 0.95, "false": 0.95, "true": 0.9}
SENTENCES, MOST_OF_A_TASK = 200, 3
_VERBS = (
    ("ascending", "descending"), ("highest", "lowest"), ("most", "fewest"), ("first", "last"), ("untick", "tick"),
    ("switch off", "switch on"), ("close", "open"), ("largest", "smallest"), ("newest", "oldest"),
)  # fmt: skip
_JOINTS = (", then ", " and ")


@dataclass(frozen=True, slots=True)
class Lie:
    """A sentence that is no longer true of its path, and in which way."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Judged:
    """What the lanes say of a task: it is proven, refused by a lane, or a lane abstains."""

    verdict: str
    lane: str


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lake", required=True, metavar="DIR")
    parser.add_argument("--environment", required=True, metavar="FILE", help="manifest of the attempts")
    parser.add_argument("--sentences", type=int, default=SENTENCES, metavar="N", help="false ones")
    parser.add_argument("--show", action="store_true", help="tell each that was judged wrongly")
    given = parser.parse_args(arguments)
    snapshot = open_lake(given.lake).snapshot()
    environment = load_manifest(Path(given.environment)).digest
    attempts = Attempts(snapshot, environment)
    tried: list[tuple[Task, Proving]] = []
    for task in every_task(snapshot):
        proving = prove(task.claimed, _held(attempts))
        if not proving.missing and any(result.attempts for result in proving.results.values()):
            tried.append((task, proving))
    if not tried:
        print("expected a lake with attempts in that environment, found none", file=sys.stderr)
        return 1
    good = _near_misses(tried)
    good &= _untouched(tried)
    good &= _sentences(tried, attempts, given.sentences, show=given.show)
    return 0 if good else 1


def _held(attempts: Attempts) -> Try:
    """The attempts of the lake; what was tried once stands for its second try."""

    def attempt(asked: Attempt, lane: Purpose, variant: str) -> Walk | None:  # noqa: ARG001
        walk = attempts.walk(asked)
        return walk if walk is not None or asked.repeat != 1 else attempts.walk(replace(asked, repeat=0))

    return attempt


def _near_misses(tried: Sequence[tuple[Task, Proving]]) -> bool:
    """Of the tasks that no other lane refuses or leaves open: how many near misses the claim told from them."""
    made = killed = tasks = 0
    for _, proving in tried:
        verdicts = {lane: result.verdict for lane, result in proving.results.items() if lane != "near misses"}
        if "failed" in verdicts.values() or any(verdicts[lane] != "passed" for lane in NEEDED - {"near misses"}):
            continue
        result = proving.results["near misses"]
        tasks, made, killed = tasks + 1, made + result.tried, killed + result.tried - result.held
    print(f"{made} near misses of {tasks} tasks, {killed} told apart: {_part(killed, made)}")
    return made > 0 and killed >= BARS["near misses"] * made


def _untouched(tried: Sequence[tuple[Task, Proving]]) -> bool:
    """How many proven claims are true where nothing is done: none may be."""
    held = sum(proving.results["untouched"].held for _, proving in tried if proving.proven)
    proven = sum(proving.proven for _, proving in tried)
    print(f"{proven} of {len(tried)} tasks are proven; the claims of {held} of these are true untouched")
    return held == 0


def _sentences(tried: Sequence[tuple[Task, Proving]], attempts: Attempts, most: int, *, show: bool) -> bool:
    """How many false sentences are refused, and how many of the true ones they were made of pass."""
    sources = [(task, proving) for task, proving in tried if task.claimed.claim is not None and task.claimed.read]
    tasks = [task for task, _ in sources]
    lies = [
        (task, lie)
        for task, proving in sources
        for lie in lies_of(task, tasks)
        if _is_false(lie, task, proving, _read(lie.text, task.words, task.answer))
    ]
    lies = sorted(lies, key=lambda each: fraction("lie", each[0].text, each[1].kind, each[1].text))
    lies = _spread(lies, most)
    judged: list[tuple[str, Judged]] = []
    for task, lie in lies:
        said = _read(lie.text, task.words, task.answer)
        for told, claim in (("claim of the true one", task.claimed.claim), ("claim as false", said)):
            claimed = replace(task.claimed, text=lie.text, read=said, claim=claim, unread="" if said else "not read")
            result = _judged(prove(claimed, _held(attempts)))
            judged.append((f"{lie.kind}, {told}", result))
            if show and result.verdict == "proven":
                print(f"not refused ({lie.kind}, {told}): {lie.text}   made of: {task.text}")
    true = [(task, _judged(proving)) for task, proving in sources]
    for task, result in true:
        if show and result.verdict != "proven":
            print(f"not passed ({result.verdict} by {result.lane}): {task.text}")
    rows = [_row(kind, [each for named, each in judged if named == kind]) for kind in sorted({k for k, _ in judged})]
    false = [each for _, each in judged]
    rows += [_row("all false ones", false), _row("true ones", [each for _, each in true])]
    print(table(("sentences", "number", "proven", "refused", "abstained", "by lane"), rows))
    refused = _share(false, "refused", "proven")
    passed = _share([each for _, each in true], "proven", "refused")
    print(f"of the false ones {refused:.1%} refused, of the true ones {passed:.1%} passed, abstentions apart")
    return refused >= BARS["false"] and passed >= BARS["true"]


def _spread(lies: Sequence[tuple[Task, Lie]], most: int) -> list[tuple[Task, Lie]]:
    """So many, of each kind in turn, and of no task too many."""
    kinds = sorted({lie.kind for _, lie in lies})
    queues = {kind: [each for each in lies if each[1].kind == kind] for kind in kinds}
    taken: list[tuple[Task, Lie]] = []
    used: Counter[str] = Counter()
    while len(taken) < most and any(queues.values()):
        for kind in kinds:
            while queues[kind]:
                task, lie = queues[kind].pop(0)
                if used[task.text] < MOST_OF_A_TASK:
                    used[task.text] += 1
                    taken.append((task, lie))
                    break
    return taken[:most]


def _is_false(lie: Lie, task: Task, proving: Proving, said: TaskCheck | None) -> bool:
    """Whether it says something else that can be read; what is all so at the end is so in any order."""
    if said is None or said == task.claimed.read:
        return False
    together = TaskCheck((*said.all, *(each for group in said.passed for each in group)), said.any)
    return lie.kind != "order" or proving.copy is None or not fulfilled(together, proving.copy.pages)


def lies_of(task: Task, others: Sequence[Task]) -> Iterator[Lie]:
    """The sentence with one thing swapped."""
    quoted = re.findall(r'"([^"]*)"', task.text)
    kinds = dict(_named(task.claimed.read))
    pool = [
        pair for other in others if other.app == task.app and other.claimed.read for pair in _named(other.claimed.read)
    ]
    for text in dict.fromkeys(quoted):
        kind = kinds.get(fold(text))
        if kind is None:
            continue
        another = sorted({said for folded, said in _texts(pool, kind, others) if folded not in map(fold, quoted)})
        if another:
            chosen = min(another, key=lambda each: fraction("another", task.text, text, each))
            yield Lie(kind, task.text.replace(f'"{text}"', f'"{chosen}"'))
    for one, other in (*_VERBS, *((b, a) for a, b in _VERBS)):
        if re.search(rf"\b{one}\b", task.text) and not (one == "tick" and "untick" in task.text):
            yield Lie("verb", re.sub(rf"\b{one}\b", other, task.text, count=1))
            break
    yield from _reordered(task.text)


def _reordered(text: str) -> Iterator[Lie]:
    """The last two phrases of a sentence the other way round."""
    bare = re.sub(r'"[^"]*"', lambda found: "\x00" * len(found[0]), text.removesuffix("."))
    for joint in _JOINTS:
        at = bare.rfind(joint)
        if at > 0:
            begin = max(bare.rfind(", ", 0, at) + 2, 0) if ", " in bare[:at] else 0
            head, first, last = text[:begin], text[begin:at], text[at + len(joint) : len(bare)]
            if not head:
                first, last = first[0].lower() + first[1:], last[0].upper() + last[1:]
            yield Lie("order", f"{head}{last}{joint}{first}.")
            return


def _named(check: TaskCheck | None) -> Iterator[tuple[str, str]]:
    """What a check names, folded, each as a row, a value, a place or a column."""
    for condition in () if check is None else check.conditions:
        match condition:
            case Called(text):
                yield fold(text), "place"
            case Tells(name=name):
                yield fold(name), "row"
            case HasRow(cells=cells):
                for cell in cells:
                    yield fold(cell.value), "row"
            case EveryRow(column=column, value=value):
                yield fold(value), "value"
                yield fold(column), "column"
            case SortedBy(column=column):
                yield fold(column), "column"
            case Says(text):
                yield fold(text), "value"


def _texts(pool: Iterable[tuple[str, str]], kind: str, others: Sequence[Task]) -> Iterator[tuple[str, str]]:
    """Texts of a kind as they stand in sentences."""
    wanted = {folded for folded, each in pool if each == kind}
    for other in others:
        for text in re.findall(r'"([^"]*)"', other.text):
            if fold(text) in wanted:
                yield fold(text), text


def _read(text: str, words: Vocabulary, answer: str | None) -> TaskCheck | None:
    try:
        return read(text, words, answer=answer)
    except Unread:
        return None


def _judged(proving: Proving) -> Judged:
    for lane in LANES:
        if proving.results[lane].verdict == "failed":
            return Judged("refused", lane)
    if proving.proven:
        return Judged("proven", "")
    lane = next(lane for lane in LANES if proving.results[lane].verdict == "abstained" and lane in NEEDED)
    return Judged("abstained", f"{lane}: {proving.results[lane].reason[:40]}")


def _share(judged: Sequence[Judged], wanted: str, other: str) -> float:
    decided = [each for each in judged if each.verdict in (wanted, other)]
    return sum(each.verdict == wanted for each in decided) / len(decided) if decided else 0.0


def _row(kind: str, judged: Sequence[Judged]) -> tuple[object, ...]:
    counts = Counter(each.verdict for each in judged)
    lanes = Counter(each.lane for each in judged if each.verdict != "proven")
    told = ", ".join(f"{lane} {number}" for lane, number in sorted(lanes.items(), key=lambda each: (-each[1], each[0])))
    return kind, len(judged), counts["proven"], counts["refused"], counts["abstained"], told


def _part(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "none"


if __name__ == "__main__":
    sys.exit(main())
