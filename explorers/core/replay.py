"""A recorded trace done again: each element is found anew, and each step says how far it still goes as recorded."""

import secrets
from dataclasses import replace
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from explorers.core.affordances import visible_point
from explorers.core.fidelity import NOTHING, Likeness, Replay, StepFidelity, likeness
from explorers.core.locating import Match, find_again
from explorers.core.placing import masked, moved, rescaled
from explorers.core.rollout import DEFAULT, ExploreConfig, run_episode
from explorers.core.safety import Safety, touched
from explorers.core.wrapping import Wrapped
from schemas.actions import (
    Action,
    NewTab,
    Open,
    ScrollTo,
    point_of,
)
from schemas.arrow import kind_of
from schemas.errors import ConfigurationError
from schemas.protocols import Environment
from schemas.recordings import Recording
from schemas.records import Choice, Observation, Outcome, Seen, Step, Target, Tree
from schemas.targets import target_of

POLICY = "replay"
VERSION = "2"


def replay(
    recording: Recording,
    environment: Environment,
    traces: Path,
    *,
    run_id: str | None = None,
    safety: Safety = DEFAULT,
) -> Replay:
    """Does the finished steps of a recording again in a fresh environment, and records that as a trace of its own.

    The environment must start where the recording did, or at the same place of another host; its maker closes it. A
    step whose element is not found is not done, and the next one is tried.

    Raises:
        ConfigurationError: if the recording is of another platform.
        TraceError: if what was recorded can't be read, or the replay not be written.
    """
    trajectory = recording.trajectory
    if trajectory.platform != environment.platform:
        raise ConfigurationError(
            f"expected a recording of {environment.platform} to replay there, found {trajectory.platform}"
        )
    policy = _ReplayPolicy(recording, environment.start)
    config = ExploreConfig(
        episodes=1,
        max_steps=max(2 * len(policy.todo), 1),  # each may need its element to be scrolled to first
        run_id=run_id,
        round=trajectory.round,
        licence=trajectory.licence,
    )
    summary = run_episode(
        _Replaying(environment, policy),
        policy,
        traces,
        config,
        run_id=run_id or secrets.token_hex(16),
        episode=0,
        safety=safety,
        parent_id=trajectory.trajectory_id,
    )
    return Replay(len(policy.todo), policy.start, tuple(policy.fidelities), summary)


def observed_mode(recording: Recording) -> Literal["viewport", "page"]:
    """Whether the recording's trees hold the whole page, so that a replay looks at the same.

    Raises:
        TraceError: if a tree can't be read.
    """
    names = {seen.tree for step in recording.steps for seen in (step.before, step.after) if seen is not None}
    for name in sorted(name for name in names if name is not None):
        if any(node.has("offscreen") for node in recording.tree(name).nodes):
            return "page"
    return "viewport"


class _Replaying(Wrapped):
    """An environment that leaves undone what the replay could not prepare."""

    def __init__(self, inner: Environment, policy: "_ReplayPolicy") -> None:
        super().__init__(inner)
        self._policy = policy

    def act(self, action: Action) -> Outcome:
        """Does the action, unless there is a reason not to."""
        if self._policy.problem is not None:
            return Outcome("no target", message=self._policy.problem)
        return super().act(action)


class _ReplayPolicy:
    """Takes the recorded steps one after another; `problem` is why the present one can't be done."""

    name, version = POLICY, VERSION

    def __init__(self, recording: Recording, start: str) -> None:
        self.todo = tuple(step for step in recording.steps if step.after is not None)
        self.fidelities: list[StepFidelity] = []
        self.start = NOTHING
        self.problem: str | None = None
        self._recording = recording
        self._origins = (_origin(recording.trajectory.start), _origin(start))
        self._match: Match | None = None
        self._revealing = self._revealed = False

    def begin(self, *, seed: int) -> None:
        """Nothing is random in it."""

    def choose(self, observation: Observation) -> Choice | None:
        """The next recorded step, with its point on the element as it is found now."""
        number = len(self.fidelities)
        if number == 0 and self.todo and not self._revealed:
            self.start = self._likeness(self.todo[0].before, observation)
        if number == len(self.todo):
            return None
        step = self.todo[number]
        self.problem = masked(step.action)
        self._match = None
        action, target = self._rebased(step.action), step.target
        if self.problem is None and point_of(action) is not None:
            known = self._tree(step.before)
            target = self._target(step, known, observation)
            if target is not None:
                self._match = find_again(target, observation.tree, known)
                if self._match is None:
                    self.problem = f"the element is not there: {target.role} {target.name!r}"[:300]
                elif self._must_reveal(self._match, observation):
                    self._revealing = self._revealed = True
                    path = self._match.node.path or ""
                    return Choice(ScrollTo(path), self._target_now(), thought="the element is not on the screen")
                else:
                    now = moved(action, target, self._match, observation, known)
                    if now is None:
                        self.problem = f"the element is not on the screen: {target.role} {target.name!r}"[:300]
                    action, target = now or action, self._target_now()
        if self._match is None and self.problem is None and observation.screen is not None:
            action = rescaled(action, (observation.screen.width, observation.screen.height))
        self._revealing = self._revealed = False
        thought = f"found by {self._match.evidence}" if self._match is not None else self.problem
        return Choice(action, target, thought=thought)

    def learn(self, before: Observation, choice: Choice, outcome: Outcome, after: Observation) -> None:  # noqa: ARG002
        """Compares what the step led to with what it led to when it was recorded."""
        if self._revealing:
            return
        step = self.todo[len(self.fidelities)]
        self.fidelities.append(
            StepFidelity(
                step=step.step_index,
                action=kind_of(type(step.action)),
                evidence=None if self._match is None else self._match.evidence,
                matches=0 if self._match is None else self._match.matches,
                moved=self._match is not None and self._match.moved,
                result=outcome.result == step.result,
                after=self._likeness(step.after, after),
                problem=self.problem,
            )
        )

    # ---- inside

    def _tree(self, seen: Seen | None) -> Tree | None:
        return None if seen is None or seen.tree is None else self._recording.tree(seen.tree)

    def _target_now(self) -> Target | None:
        return None if self._match is None else target_of(self._match.node)

    def _target(self, step: Step, known: Tree | None, observation: Observation) -> Target | None:
        """The element that was meant; where the record names none, the one that was at the point."""
        if step.target is not None:
            return step.target
        if known is None:
            return None
        node = touched(replace(observation, tree=known), step.action)
        return None if node is None else target_of(node)

    def _must_reveal(self, match: Match, observation: Observation) -> bool:
        """Whether the element is outside of the screen, can be scrolled to, and was not yet."""
        if self._revealed or not match.node.path or observation.screen is None:
            return False
        return visible_point(match.node, observation.screen.width, observation.screen.height) is None

    def _rebased(self, action: Action) -> Action:
        """The action with an address of the recorded site on the site of the replay."""
        old, new = self._origins
        if not isinstance(action, Open | NewTab) or action.location is None or _origin(action.location) != old:
            return action
        return replace(action, location=new + action.location[len(old) :])

    def _likeness(self, recorded: Seen | None, now: Observation) -> Likeness:
        if recorded is None:
            return NOTHING
        screen = None if recorded.screen is None else self._recording.load_screen(recorded.screen)
        return likeness(recorded, self._tree(recorded), screen, now)


def _origin(location: str) -> str:
    try:
        parts = urlsplit(location)
    except ValueError:
        return location
    return f"{parts.scheme}://{parts.netloc}"
