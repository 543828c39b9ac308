"""The lanes of a proof against rewards that no one here computes: those of the pages of MiniWoB++.

    python -m benchmarks.miniwob.proving --half opened
    python -m benchmarks.miniwob.proving --half unopened --more 15

What an episode did is taken for what its task asks for: the claim is read from the task's words and its first page by
rules, and the episode is accepted where the lanes prove it. Held against that are the page's reward of the episode
itself, and for each of its steps, which are labelled as needed, the reward where it is left out. Scripts, sabotaged
scripts and random walks do three tasks of each kind, and more of those whose words are read. What was recorded and
tried is used again.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, get_args

from benchmarks.miniwob.collecting import CONTEXTS, Told, collect, told
from benchmarks.miniwob.kinds import Half, halves
from benchmarks.miniwob.policies import scripts
from benchmarks.miniwob.task import CLOCK, TaskEnvironment, served_tasks
from benchmarks.sites.installing import CACHE
from benchmarks.sites.miniwob import VERSION
from benchmarks.sites.serving import clean_up_when_terminated
from benchmarks.tables import table
from explorers.core.safety import Safety
from explorers.experiments import Laboratory
from explorers.web.browser import SharedBrowser
from labelers.reading import Unread, read_utterance
from pipelines.agree.agreement import Share, wilson
from pipelines.prove.addresses import relative
from pipelines.prove.lanes import prove
from pipelines.prove.proving import Claimed, Proving, Walk
from pipelines.prove.walks import walk_of_recording
from schemas.actions import Stop, Wait
from schemas.claims import fulfilled
from schemas.conditions import TaskCheck
from schemas.pages import Page
from schemas.proofs import LANES, LATER, Attempt, Purpose, attempt_run
from schemas.protocols import Environment
from schemas.recordings import Recording, read_trace
from schemas.records import Choice, Seen
from schemas.traces import sealed_file, trace_folder

SEEDS, MORE = 3, 12
ACCEPTED, KINDS, PRECISION = 200, 10, 0.97
"""What the unopened half has to show: so many accepted episodes, of so many kinds, and how many of them rewarded."""

_ALL = Safety(allow=(".",))
_ENVIRONMENT = f"miniwob {VERSION}"
_REWARDS = "rewards.jsonl"


@dataclass(frozen=True, slots=True)
class Judged:
    """What the lanes say of an episode; `why` it is not accepted, and of each needed step the reward without it."""

    told: Told
    text: str
    accepted: bool
    why: str = ""
    without: tuple[float, ...] = ()

    @property
    def rewarded(self) -> bool:
        """Whether its page gave the full reward."""
        return self.told.done and self.told.reward >= 1


class _Rewarded(TaskEnvironment):
    """A task that tells its reward when it is left, before anyone else may read its recording."""

    def __init__(self, tell: Callable[[float], None], address: str, kind: str, seed: int, **rest: Any) -> None:
        super().__init__(address, kind, seed, **rest)
        self._tell = tell

    def close(self) -> None:
        """Ends the episode."""
        self._tell(self.reward if self.done else 0.0)
        super().close()


class Trials:
    """Attempts at the tasks, with the reward that the page gave at the end of each."""

    def __init__(self, folder: Path, address: str, browser: SharedBrowser) -> None:
        self._address, self._browser = address, browser
        self._laboratory = Laboratory(folder, _ENVIRONMENT, _ALL)
        self._file, self._guard = folder / _REWARDS, Lock()
        lines = self._file.read_text().splitlines() if self._file.exists() else []
        self._rewards: dict[str, float] = dict(map(json.loads, lines))

    def walk(self, asked: Attempt, lane: Purpose = "shortened", variant: str = "") -> Walk:
        """Makes an attempt, or reads it back."""

        def tell(reward: float) -> None:
            with self._guard, self._file.open("a") as file:
                file.write(json.dumps([_name(asked), reward]) + "\n")
                self._rewards[_name(asked)] = reward

        def make(wanted: Attempt) -> Environment:
            kind, _, seed = wanted.start.rpartition("/")[2].partition(".html?seed=")
            clock = CLOCK + LATER if wanted.later else CLOCK
            return _Rewarded(tell, self._address, kind, int(seed), browser=self._browser, clock=clock)

        recording = self._laboratory.attempt(asked, make, lane=lane, variant=variant, proof_of=asked.start)
        return walk_of_recording(recording, choices=len(asked.choices))

    def reward(self, asked: Attempt) -> float:
        """The reward at its end."""
        self.walk(asked)
        return self._rewards[_name(asked)]


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; 1 where the half misses what the unopened one has to show."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", choices=get_args(Half), default="opened")
    parser.add_argument("--kinds", nargs="+", metavar="KIND", help="of that half; default: all that have a script")
    parser.add_argument("--seeds", type=int, default=SEEDS, metavar="N", help="tasks of each kind")
    parser.add_argument("--more", type=int, default=MORE, metavar="N", help="more tasks of the kinds that are read")
    parser.add_argument("--folder", type=Path, default=CACHE / "proofs", help="for recordings and attempts")
    given = parser.parse_args(arguments)
    clean_up_when_terminated()
    kinds = [kind for kind, half in halves().items() if half == given.half and kind in scripts()]
    kinds = [kind for kind in kinds if given.kinds is None or kind in given.kinds]
    first, second = given.folder / f"first-{given.seeds}", given.folder / f"more-{given.seeds}-{given.more}"
    collect(first, kinds, range(1, given.seeds + 1))
    episodes = list(_episodes(first, kinds))
    readable = sorted({row.kind for row, _, claim in episodes if isinstance(claim, TaskCheck)})
    collect(second, readable, range(given.seeds + 1, given.seeds + given.more + 1))
    episodes += _episodes(second, readable)
    (given.folder / "attempts").mkdir(parents=True, exist_ok=True)
    browser = SharedBrowser()
    try:
        with served_tasks() as address, ThreadPoolExecutor(CONTEXTS) as threads:
            trials = Trials(given.folder / "attempts", address, browser)
            found = list(threads.map(lambda each: judged(each[0], each[1], each[2], trials), episodes))
    finally:
        browser.close()
    return 0 if show(found) else 1


def judged(row: Told, recording: Recording, claim: TaskCheck | str, trials: Trials) -> Judged:
    """What the lanes say of an episode; nothing is tried where its own end is not what the words ask for."""
    text = recording.trajectory.goal or ""
    if isinstance(claim, str):
        return Judged(row, text, accepted=False, why=f"not read: {claim}")
    path = tuple(
        Choice(step.action, step.target) for step in recording.steps if not isinstance(step.action, Stop | Wait)
    )
    pages = tuple(_pages(recording))
    if not path or not fulfilled(claim, pages):
        return Judged(row, text, accepted=False, why="done: the recorded end is another")
    start = relative(pages[0].location or "")
    proving = prove(Claimed(start, path, claim, claim, text=text), trials.walk)
    if not proving.proven:
        return Judged(row, text, accepted=False, why=_refused(proving))
    left = [(*proving.path[:at], *proving.path[at + 1 :]) for at in range(len(proving.path))]
    return Judged(row, text, True, without=tuple(trials.reward(Attempt(start, each)) for each in left))


def show(found: Sequence[Judged]) -> bool:
    """Prints what was found of each kind; whether it is what the unopened half has to show."""
    kinds: dict[str, list[Judged]] = {}
    for each in found:
        kinds.setdefault(each.told.kind, []).append(each)
    read = {kind for kind, rows in kinds.items() if any(not row.why.startswith("not read") for row in rows)}
    names = ("kind", "episodes", "rewarded", "accepted", "of these rewarded", "steps needed", "rewarded without")
    print(table(names, [_row(kind, kinds[kind]) for kind in sorted(read)]))
    print(f"\nNot read: {', '.join(sorted(set(kinds) - read)) or 'none'}.")
    for each in found:
        if each.accepted and not each.rewarded:
            print(f"accepted, not rewarded ({each.told.reward:g}): {_told(each)}")
        for at, reward in enumerate(each.without):
            if reward >= 1:
                print(f"rewarded without step {at}: {_told(each)}")
    whys = Counter(
        (each.told.kind, each.why) for each in found if each.rewarded and not each.accepted and each.told.kind in read
    )
    for (kind, why), count in sorted(whys.items()):
        print(f"{count} rewarded of {kind} not accepted: {why}")
    accepted = [each for each in found if each.accepted]
    right = sum(each.rewarded for each in accepted)
    rewarded = sum(each.rewarded for each in found)
    steps = [reward for each in accepted for reward in each.without]
    needed = sum(reward < 1 for reward in steps)
    of_kinds = len({each.told.kind for each in accepted})
    print(f"\n{len(accepted)} accepted of {of_kinds} kinds, precision {_share(wilson(right, len(accepted)))}")
    print(f"coverage {_share(wilson(right, rewarded))} of {rewarded} rewarded episodes")
    print(f"{len(steps)} steps labelled needed, right {_share(wilson(needed, len(steps)))}")
    return len(accepted) >= ACCEPTED and of_kinds >= KINDS and right >= PRECISION * len(accepted)


def _episodes(folder: Path, kinds: Iterable[str]) -> Iterator[tuple[Told, Recording, TaskCheck | str]]:
    """The recorded episodes with a step, each with what is true of it and the claim that is read, or why none is."""
    for kind in kinds:
        truth: Mapping[str, Told] = {row.trajectory_id: row for row in told(folder, [kind])}
        for episode in range(len(truth)):
            recording = read_trace(sealed_file(trace_folder(folder / kind, f"miniwob-{kind}", episode)))
            pages = tuple(_pages(recording))
            if not pages:
                continue
            try:
                claim: TaskCheck | str = read_utterance(recording.trajectory.goal or "", pages[0])
            except Unread as error:
                claim = str(error)
            yield truth[recording.trajectory.trajectory_id], recording, claim


def _pages(recording: Recording) -> Iterator[Page]:
    seen: list[Seen | None] = [step.before for step in recording.steps[:1]] + [step.after for step in recording.steps]
    for each in seen:
        if each is not None and each.tree is not None:
            yield Page(recording.tree(each.tree), title=each.title, location=each.location)


def _refused(proving: Proving) -> str:
    results = [proving.results[lane] for lane in LANES]
    failed = [each for each in results if each.verdict == "failed"]
    first = next(iter((*failed, *(each for each in results if each.verdict == "abstained"))))
    return f"{first.lane}: {first.reason}"


def _row(kind: str, rows: Sequence[Judged]) -> tuple[str, ...]:
    accepted = [row for row in rows if row.accepted]
    steps = [reward for row in accepted for reward in row.without]
    counts = (
        len(rows),
        sum(row.rewarded for row in rows),
        len(accepted),
        sum(row.rewarded for row in accepted),
        len(steps),
        sum(reward >= 1 for reward in steps),
    )
    return (kind, *map(str, counts))


def _told(each: Judged) -> str:
    return f"{each.told.kind} {each.told.seed} {each.told.policy} ({each.told.fault}): {each.text[:100]}"


def _share(share: Share) -> str:
    if share.value is None or share.low is None or share.high is None:
        return "-"
    return f"{share.value:.3f} ({share.low:.3f} to {share.high:.3f})"


def _name(asked: Attempt) -> str:
    return f"{attempt_run(_ENVIRONMENT, asked)} {asked.repeat}"


if __name__ == "__main__":
    sys.exit(main())
