"""Recording a demonstration: each action stands between the last look at rest before it and one after it.

Nobody can have a person wait until a picture is taken. So the screen is looked at whenever it changed and came to rest,
and an action is recorded once it is known where it began: what was seen before that moment is what the person acted on.
"""

import secrets
import time
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from explorers.core.recording import Recorder
from explorers.core.rollout import SOURCE
from explorers.core.safety.scene import PRESSED
from explorers.demonstrations.events import Event, Gesture, Struck
from explorers.demonstrations.glances import Glance
from explorers.demonstrations.reducing import Reducer, chord
from explorers.demonstrations.stage import Stage
from schemas.actions import Action, Hover, Key, Point, Scroll, Stop, Type, point_of
from schemas.errors import ConfigurationError, DeviceLost
from schemas.records import Choice, EndedBy, EpisodeEnd, EpisodeStart, Node, Outcome
from schemas.redaction import MASK, is_secret, names_card, redact_action
from schemas.targets import target_of
from schemas.traces import check_run_id, trajectory_id

POLICY, VERSION = "human", "1"

LISTEN_SECONDS = 0.02
LINGER_SECONDS = 1.0
"""How long an action may take to show its effect, unless the next one comes before."""

PATIENCE_SECONDS = 4.0
"""How long a screen that moves all the time is waited for after an action."""

ENDING_SECONDS = 1.5
"""What is waited for after the last action."""

TOLD_SECONDS = 0.15
"""How much later than its time an event is told."""

LATE_SECONDS = 0.5
"""The same at most: for so long a look is kept that an action may have begun after."""

LAST_SECONDS = 0.7
"""How long is listened after the end for what was done before it: a tab that was closed, an address that was typed."""

GLANCES = 10
"""That are kept with their pictures while a gesture is open."""

TRAIL = 60
"""Glances since the last action whose trees are kept: where did the pointer bring something forth?"""

_CONTROL_C = Key("Control+c")


@dataclass(frozen=True, slots=True)
class DemonstrationConfig:
    """What is recorded: `stop_key` ends it, as do so many steps or seconds; `run_id` is drawn unless given."""

    goal: str
    stop_key: str = "Control+Alt+q"
    max_steps: int | None = None
    seconds: float | None = None
    run_id: str | None = None
    licence: str | None = None

    def __post_init__(self) -> None:
        """Refuses what can't work."""
        if not self.goal.strip():
            raise ConfigurationError("expected a goal: what the demonstration shows, in a sentence")
        if (self.max_steps is not None and self.max_steps < 1) or (self.seconds is not None and self.seconds <= 0):
            raise ConfigurationError("expected at least one step, and more than zero seconds")
        if self.run_id is not None:
            check_run_id(self.run_id)


@dataclass(frozen=True, slots=True)
class Demonstrated:
    """What was recorded; `lost` counts what no action stands for, by what it was."""

    steps: int
    ended_by: EndedBy
    message: str | None
    path: Path
    actions: Counter[str]
    lost: Counter[str]


def record(
    stage: Stage,
    traces: Path,
    config: DemonstrationConfig,
    *,
    stopped: Callable[[], bool] = lambda: False,
    ready: Callable[[], None] = lambda: None,
) -> Demonstrated:
    """Records what is done on the stage until its end, and seals it; closes the stage.

    `ready` is called when recording begins; `stopped` is asked often whether it shall end.

    Raises:
        DeviceUnavailable: if the stage can't be opened; nothing is recorded then.
        TraceError: if it can't be written.
    """
    traces.mkdir(parents=True, exist_ok=True)
    began = datetime.now(UTC)
    try:
        first = stage.open()
        run_id = config.run_id or secrets.token_hex(16)
        start = EpisodeStart(
            trajectory_id=trajectory_id(run_id, 0),
            run_id=run_id,
            episode=0,
            platform=stage.platform,
            app=stage.app,
            start=stage.start,
            policy=POLICY,
            policy_version=VERSION,
            goal=config.goal,
            setting=stage.setting,
            source=SOURCE,
            licence=config.licence,
            time=began,
        )
        writer = Recorder(traces, start)
        try:
            return _Demonstration(stage, writer, config, first).run(stopped, ready)
        finally:
            writer.close()
    finally:
        stage.close()


class _Demonstration:
    """One demonstration while it goes on."""

    def __init__(self, stage: Stage, writer: Recorder, config: DemonstrationConfig, first: Glance) -> None:
        self._stage = stage
        self._writer = writer
        self._config = config
        self._reducer = Reducer(stage.setting.width, stage.setting.height)
        self._glances: deque[Glance] = deque([first])
        self._trail: deque[Glance] = deque(maxlen=TRAIL)
        self._written = first
        self._flight: Gesture | None = None
        self._heard: deque[Event] = deque()
        self._pointer = first.pointer  # where it was when the last action was over
        self._lost: Counter[str] = Counter()
        self._untold: list[str] = []
        self._actions: Counter[str] = Counter()
        self._steps = 0
        self._over: float | None = None  # when the person ended it: what is done later is not recorded
        writer.observation(first.observation)

    def run(self, stopped: Callable[[], bool], ready: Callable[[], None]) -> Demonstrated:
        ready()
        began = time.monotonic()
        ended_by: EndedBy
        message: str | None = None
        try:
            while True:
                self._listen()
                self._look()
                if self._over is not None or stopped():
                    ended_by = "stop"
                    break
                if self._stage.over is not None:
                    ended_by, message = "stop", self._stage.over
                    break
                if self._full and not self._flight:
                    ended_by = "max steps"
                    break
                if self._config.seconds is not None and time.monotonic() - began >= self._config.seconds:
                    ended_by, message = "policy", f"{self._config.seconds:g} seconds were over"
                    break
            self._end(stop=ended_by == "stop")
        except DeviceLost as error:
            ended_by, message = "device lost", str(error)
            with suppress(DeviceLost):  # what was done until then is known, and what was seen of it
                self._take(self._reducer.finish())
                if self._flight is not None:
                    self._land(None)
        if self._lost:
            left = ", ".join(f"{count} of {what}" for what, count in sorted(self._lost.items()))
            message = "; ".join(filter(None, (message, f"left out: {left}")))
        path = self._writer.end(EpisodeEnd(ended_by, message, success=None, judged_by=None, time=datetime.now(UTC)))
        return Demonstrated(self._steps, ended_by, message, path, self._actions, self._lost)

    # ---- inside

    @property
    def _full(self) -> bool:
        return self._config.max_steps is not None and self._steps >= self._config.max_steps

    def _listen(self, seconds: float = LISTEN_SECONDS) -> None:
        self._heard.extend(self._stage.listen(seconds))
        while self._heard:
            event = self._heard.popleft()
            if self._over is None and self._is_stop(event):
                self._over = event.time
            if self._over is not None and event.time >= self._over:
                continue
            focused = self._glances[-1].focused
            multiline = focused is not None and focused.has("multiline")
            self._take(self._reducer.feed(event, multiline=multiline))
        if self._over is None:
            self._take(self._reducer.due(time.monotonic()))

    def _is_stop(self, event: Event) -> bool:
        return isinstance(event, Struck) and chord(event.key, event.held) == self._config.stop_key

    def _look(self) -> None:
        """Looks where it changed, or an action is over and was not looked at since."""
        flight = self._flight
        since = None
        if flight is not None and self._glances[-1].began < flight.ended:
            since = flight.ended
        glance = self._stage.look(since=since)
        if glance is not None:
            self._glances.append(glance)
            self._prune()
        if flight is None:
            return
        now = time.monotonic()
        rested = now - flight.ended
        # What was seen a moment ago may be what an event did that is still on its way to us.
        settled = [
            glance for glance in self._glances if glance.began >= flight.ended and glance.ended <= now - TOLD_SECONDS
        ]
        following = self._reducer.since
        if following is not None and following >= flight.ended:
            self._land(following)  # what is seen from now on may be what the next one does
        elif settled and rested >= LINGER_SECONDS and (settled[-1].quiet or rested >= PATIENCE_SECONDS):
            self._land(now - TOLD_SECONDS)

    def _await(self, since: float) -> Glance | None:
        """A look that begins after that time, taken now; what is done meanwhile is kept for later."""
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            glance = self._stage.look(since=since)
            if glance is not None:
                self._glances.append(glance)
                if glance.began >= since:
                    return glance
            self._heard.extend(self._stage.listen(LISTEN_SECONDS / 2))
        return None

    def _prune(self) -> None:
        """Forgets the glances that no gesture to come can have begun after."""
        since = self._reducer.since
        needed = time.monotonic() - LATE_SECONDS if since is None else since
        while len(self._glances) > 1 and self._glances[1].ended <= needed:
            self._forget(0)
        while len(self._glances) > GLANCES:
            self._forget(1)

    def _forget(self, index: int) -> None:
        gone = self._glances[index]
        del self._glances[index]
        self._trail.append(replace(gone, make=_gone, picture=_gone))

    def _take(self, gestures: list[Gesture]) -> None:
        for gesture in gestures:
            if gesture.action is None:
                what = gesture.lost or "something"
                self._lost[what] += 1
                self._untold.append(what)
            elif not self._full:
                self._begin(gesture, gesture.action)

    def _begin(self, gesture: Gesture, action: Action) -> None:
        """Records what was seen before the gesture, and the gesture."""
        if self._flight is not None:
            self._land(gesture.began)
        before = self._before(gesture.began)
        self._bridge(before, action)
        if self._full:
            return
        node = before.meant_by(action)
        secret = node is not None and (is_secret(node) or names_card(node))
        focused = before.focused
        if isinstance(action, Type | Key) and focused is not None:
            secret = secret or is_secret(focused) or names_card(focused)
        self._flight = gesture
        if isinstance(action, Type):
            # The focus may have gone into a secret field after the last look before the first key.
            secret = secret or self._typed_secretly(gesture)
        if isinstance(action, Scroll):
            action = self._scrolled(before, gesture, action)
        self._choose(Choice(_masked(action, node, secret=secret), None if node is None else target_of(node)))

    def _typed_secretly(self, gesture: Gesture) -> bool:
        """Whether a look since the first key shows the focus in a secret field; one is taken if none is there."""
        later = [each for each in self._glances if each.ended >= gesture.began]
        if not later and (glance := self._await(gesture.began)) is not None:
            later = [glance]
        looks = [each for each in later if each.began <= gesture.ended] or later[:1]
        focused = [each.focused for each in looks]
        return any(node is not None and (is_secret(node) or names_card(node)) for node in focused)

    def _scrolled(self, before: Glance, gesture: Gesture, action: Scroll) -> Scroll:
        """The scroll by as much as was scrolled, where the largest scroll bar went the way that the wheel did."""
        later = [glance for glance in self._glances if glance.began >= gesture.ended]
        start, end = before.observation.scroll, later[-1].observation.scroll if later else None
        if start is None or end is None:
            return action
        dx, dy = end.x - start.x, end.y - start.y
        return replace(action, dx=dx if dx * action.dx > 0 else action.dx, dy=dy if dy * action.dy > 0 else action.dy)

    def _choose(self, choice: Choice) -> None:
        self._writer.action(choice)
        self._actions[type(choice.action).__name__] += 1
        self._steps += 1

    def _before(self, moment: float) -> Glance:
        """What was seen last before that time."""
        earlier = [glance for glance in self._glances if glance.ended <= moment]
        return earlier[-1] if earlier else self._glances[0]

    def _bridge(self, before: Glance, action: Action) -> None:
        """Records what is seen before an action, where that is no longer what the action before it led to."""
        if before.same_as(self._written):
            return
        spot = point_of(action)
        if spot is not None and spot.x is not None and spot.y is not None:
            hovered = self._hovered(before, spot)
            if hovered is not None:
                node = self._written.meant_by(hovered)
                self._choose(Choice(hovered, None if node is None else target_of(node)))
                self._write(before, Outcome("ok", settle="quiet 0"))
                return
        self._write(before, None)

    def _hovered(self, before: Glance, spot: Point) -> Hover | None:
        """Where the pointer brought forth the element that the spot is on, if it was not there before."""
        assert spot.x is not None
        assert spot.y is not None
        node = before.at(spot.x, spot.y)
        if node is None or self._written.shows(node):
            return None
        glances = [glance for glance in (*self._trail, *self._glances) if glance.ended > self._written.ended]
        for glance in glances:
            if glance.shows(node):
                if glance.pointer is None or glance.pointer == self._pointer:
                    return None  # it came late, and by itself
                x, y = glance.pointer
                over = self._written.at(x, y)
                size = self._stage.setting
                inside = over is not None and (over.role in PRESSED or over.has("haspopup"))
                return Hover(Point.on(x, y, width=size.width, height=size.height)) if inside else None
        return None

    def _land(self, limit: float | None) -> None:
        """Records what the action in flight led to: the last look before `limit`, if there was one after its end."""
        flight = self._flight
        assert flight is not None
        ended = flight.ended
        after = [glance for glance in self._glances if glance.began >= ended]
        intime = [glance for glance in after if limit is None or glance.ended <= limit]
        if not after and (glance := self._await(ended)) is not None:
            after = [glance]  # the next action came at once: better to see both effects than none
        if not after:
            raise DeviceLost("the screen could not be seen after an action")
        seen = intime[0] if intime else after[0]
        for each in intime[1:]:
            if each.pointer != intime[0].pointer and seen.opened_by_passing(each):
                break
            if not (seen.quiet and each.same_as(seen)):  # else all that changed may be what the pointer passes over
                seen = each
        took = max(round((seen.began - ended) * 1000), 0)
        how = "quiet" if seen.quiet and intime else "timeout"
        message = None if intime else "the next action came before this one's effect was seen"
        self._flight, self._pointer = None, after[0].pointer
        self._write(seen, Outcome("ok", settle=f"{how} {took}", message=message))

    def _write(self, glance: Glance, outcome: Outcome | None) -> None:
        observation = glance.observation
        if self._untold:
            lost = "left out: " + ", ".join(self._untold[:5])
            observation = replace(observation, notice="; ".join(filter(None, (observation.notice, lost))))
            self._untold.clear()
        self._writer.observation(observation, outcome)
        self._written = glance
        self._trail.clear()

    def _end(self, *, stop: bool) -> None:
        """Records what is left, and that the person stopped."""
        now, by_key = time.monotonic(), self._over is not None
        self._over = self._over if by_key else now
        while self._stage.over is None and time.monotonic() < now + LAST_SECONDS:
            self._listen()
            self._look()
        left = self._reducer.finish()
        if left and stop and left[-1].action == _CONTROL_C and not by_key:
            left.pop()  # what ended the recording, in the terminal that it was started from
        self._take(left)
        until = time.monotonic() + ENDING_SECONDS
        while self._flight is not None and time.monotonic() < until:
            self._stage.listen(LISTEN_SECONDS)  # it is over: what is done now is not recorded
            self._look()
        if self._flight is not None:
            self._land(None)
        if stop and not self._full:
            self._choose(Choice(Stop()))
            self._write(self._written, Outcome("ok"))


def _masked(action: Action, node: Node | None, *, secret: bool) -> Action:
    if secret and isinstance(action, Type):
        return replace(action, text=MASK)
    if secret and isinstance(action, Key) and len(action.keys) == 1:
        return Key(MASK)
    return redact_action(action, node)


def _gone() -> NoReturn:
    raise AssertionError("the picture of this glance was given up")
