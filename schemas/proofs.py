"""Proofs: what trying a task again and again said of it. Derived from recorded attempts, by rules version."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, TypeAlias, get_args

from schemas.keys import key
from schemas.records import Choice, Int32

Lane = Literal["untouched", "done", "shortened", "near misses", "reading", "referents", "others", "side effects"]
"""The experiments of a proof: nothing is done; the path is; steps are left out; the same is done to something else;
whether the sentence, read alone, is true where the claim is; whether all that its words may mean comes to the same; the
claim where other tasks ended; and what else was changed."""

LANES: tuple[Lane, ...] = get_args(Lane)
"""In the order in which they are made."""

Wrong = Literal["wrong turn", "unrecovered", "destructive"]
"""What a step was that did not do the task: going back made it good, nothing that was tried did, or it changed
something that nobody asked for."""

WRONG: tuple[Wrong, ...] = get_args(Wrong)

LaneVerdict = Literal["passed", "failed", "abstained"]

STOPPED = "stopped, for nothing would put it back: "
"""How the message of a step begins that was to send something where it must not."""

Purpose: TypeAlias = Lane | Literal["other actions"]
"""What an attempt is made for: a lane, or to see what comes of something else that could have been done."""

EXPERIMENT = "experiment"
"""The labeler whose opinions are what attempts came to."""

NEEDED: frozenset[Lane] = frozenset({"untouched", "done", "near misses", "reading"})
"""Lanes that must pass; the others must not fail."""


LATER = timedelta(days=1, hours=2)
"""How much later a path is done once more: what a clock tells is another then, the hour and the day."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try, as it is asked for: where it starts, and what is done, in order.

    `start` is an address, or what a platform starts by; `repeat` tells tries of the same from each other. `kept` says
    that its pictures are recorded: it may be trained on. `later` that the page's clock is `LATER` ahead.
    """

    start: str
    choices: tuple[Choice, ...]
    repeat: int = 0
    kept: bool = False
    later: bool = False


def attempt_run(environment: str, attempt: Attempt) -> str:
    """The run id of an attempt in the environment of that digest; its repeat is the number of the episode in it.

    It follows from what is done and where, whatever it is done for: what two tasks need is tried once.
    """
    done = [(choice.action, choice.target) for choice in attempt.choices]
    return key("attempt", environment, attempt.start, done, attempt.kept, *(["later"] if attempt.later else []))


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What one lane of a task's proof came to.

    `tried` and `held` count the attempts that were compared and those in which the claim held, or the ends of other
    tasks and those at which it does; `share` is stability for `done` and the kill rate for `near misses`.
    `attempts` are their trajectories, `copy` the one to train on, where the task is proven, and `taught_as` its
    instruction there; `contrasts` are those of walks on which something else was done on its way. `environment` is the
    digest of the manifest of them all.
    """

    proof_id: str
    trajectory_id: str
    instruction_id: str
    lane: Lane
    verdict: LaneVerdict
    reason: str
    tried: Int32
    held: Int32
    share: float | None
    attempts: tuple[str, ...]
    copy: str | None
    taught_as: str | None
    environment: str
    rules_version: str
    contrasts: tuple[str, ...] | None = None


def is_proven(verdicts: dict[Lane, LaneVerdict]) -> bool:
    """Whether a task is proven by the verdicts of its lanes."""
    return all(verdicts.get(lane) == "passed" for lane in NEEDED) and "failed" not in verdicts.values()
