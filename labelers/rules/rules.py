"""The rules backend as a whole: from an episode and known transitions to instructions, labels and silences."""

from collections import Counter
from collections.abc import Iterable

from labelers.backend import Opinions
from labelers.outcomes.outcome import Outcome, judge_outcome
from labelers.rules.effects import new_errors
from labelers.rules.given import given
from labelers.rules.paths import Run, runs
from labelers.rules.planted import Planted, find_planted
from labelers.rules.readings import IDLE, Reading, read_episode, site_names
from labelers.rules.sentences import Unnamed, sentence
from labelers.rules.tasks import Silence, Wish, wishes
from labelers.rules.verdicts import Opinion, idle, judge_steps
from labelers.transitions import TransitionGraph
from schemas.episodes import Episode
from schemas.keys import key
from schemas.opinions import Instruction, Label, Subject, Verdict

VERSION = "4"


class RulesBackend:
    """Reverse task synthesis, step verdicts and a trajectory score by rules alone. Holds no state."""

    name = "rules"
    version = VERSION

    def __call__(self, episode: Episode, graph: TransitionGraph) -> Opinions:
        """The opinions on one episode."""
        readings = read_episode(episode)
        instructions: list[Instruction] = []
        labels: list[Label] = []
        goal = episode.trajectory.goal
        outcome = judge_outcome(goal, readings) if goal is not None else None
        silences: Counter[str] = Counter()
        for reading in readings:
            own = None if outcome is None else outcome.steps.get(reading.index)
            try:
                instruction = _low_level(episode, reading)
            except Unnamed as reason:
                silences[f"step: {reason}"] += 1
                if reading.change in IDLE:
                    own = idle(reading)  # no step without an effect goes without a label that says so
                labels += [] if own is None else [_label(episode, None, reading.index, own)]
                continue
            labels += [] if own is None else [_label(episode, None, reading.index, own)]
            instructions.append(instruction)
            labels.append(_label(episode, instruction, reading.index, _low_level_opinion(reading)))
        site = site_names(readings)
        for run in runs(readings):
            try:
                found = wishes(run, readings, graph, site)
            except Silence as reason:
                silences[f"run: {reason}"] += 1
                continue
            opinions = judge_steps(run, readings, graph)
            for wish in found:
                instruction = _high_level(episode, run, wish)
                instructions.append(instruction)
                steps = range(run.first, run.last + 1)
                labels += [_label(episode, instruction, at, one) for at, one in zip(steps, opinions, strict=True)]
        if (reached := given(episode.trajectory, readings, outcome)) is not None:
            run, wish = reached
            instruction = _high_level(episode, run, wish)
            instructions.append(instruction)
            opinions = judge_steps(run, readings, graph)
            steps = range(run.first, run.last + 1)
            labels += [_label(episode, instruction, at, one) for at, one in zip(steps, opinions, strict=True)]
        labels += [_planted_label(episode, one) for one in find_planted(episode)]
        labels.append(_trajectory_label(episode, readings, outcome))
        return Opinions(tuple(instructions), tuple(labels), dict(sorted(silences.items())))


def _low_level(episode: Episode, reading: Reading) -> Instruction:
    return _instruction(
        episode, "low", (reading.index,), Wish(sentence(reading), None, "", "step"), reading.index, reading.index
    )


def _high_level(episode: Episode, run: Run, wish: Wish) -> Instruction:
    return _instruction(episode, "high", tuple(one.index for one in run.path), wish, run.first, run.last)


def _instruction(episode: Episode, level: str, path: tuple[int, ...], wish: Wish, first: int, last: int) -> Instruction:
    trajectory = episode.trajectory.trajectory_id
    return Instruction(
        instruction_id=key("instruction", trajectory, level, first, last, path, wish.text, RulesBackend.name, VERSION),
        trajectory_id=trajectory,
        kind="step" if level == "low" else "task",
        level="low" if level == "low" else "high",
        first_step=first,
        last_step=last,
        path=path,
        text=wish.text,
        answer=wish.answer,
        evidence=wish.evidence or None,
        template=wish.template,
        parent_id=None,
        labeler=RulesBackend.name,
        labeler_version=VERSION,
        call_id=None,
    )


def _low_level_opinion(reading: Reading) -> Opinion:
    """A low-level instruction is true by construction; what can be asked is whether the step did anything."""
    if reading.step.result != "ok":
        return Opinion("abstain", "not done", f"the action ended with {reading.step.result!r}")
    if reading.change in IDLE:
        return idle(reading)
    if errors := new_errors(reading):
        return Opinion("neutral", "error shown", f"the step did what it says, and the page showed {errors[0][:120]!r}")
    if reading.change == "content":
        return Opinion("good", "effect seen", "the step did what it says, and the page changed")
    return Opinion("abstain", "unclear", "what the step changed is not in the tree")


def _label(episode: Episode, instruction: Instruction | None, step: int, opinion: Opinion) -> Label:
    """A label on a step, relative to the instruction, or to the trajectory's own goal."""
    about = episode.trajectory.trajectory_id if instruction is None else instruction.instruction_id
    return _said(episode, (about, step), "step", opinion, step=step, instruction=instruction)


def _planted_label(episode: Episode, one: Planted) -> Label:
    """A label on the screen that shows a planted instruction; its reason is the passage itself."""
    about = (episode.trajectory.trajectory_id, "screen", one.step, one.screen, one.passage)
    opinion = Opinion("harmful", one.rule, one.passage)
    return _said(episode, about, "screen", opinion, step=one.step, screen=one.screen)


def _trajectory_label(episode: Episode, readings: tuple[Reading, ...], outcome: Outcome | None) -> Label:
    """How the walk went, 1 to 5, and whether it reached its goal; without a goal the score alone decides."""
    score, reason = score_walk(
        readings, crashed=episode.trajectory.ended_by in ("crashed", "device lost", "start failed")
    )
    opinion = _walk_opinion(score, reason) if outcome is None else outcome.verdict
    about = (episode.trajectory.trajectory_id, "trajectory")
    return _said(episode, about, "trajectory", opinion, score=score)


def _said(
    episode: Episode,
    about: tuple[object, ...],
    subject: Subject,
    opinion: Opinion,
    *,
    step: int | None = None,
    instruction: Instruction | None = None,
    screen: str | None = None,
    score: float | None = None,
) -> Label:
    """The opinion as a label of the rules; `about` tells it from their others."""
    return Label(
        label_id=key("label", *about, RulesBackend.name, VERSION, 0),
        trajectory_id=episode.trajectory.trajectory_id,
        subject=subject,
        first_step=step,
        last_step=step,
        instruction_id=None if instruction is None else instruction.instruction_id,
        other_id=None,
        screen=screen,
        verdict=opinion.verdict,
        score=score,
        reason=opinion.reason,
        rule=opinion.rule,
        labeler=RulesBackend.name,
        labeler_version=VERSION,
        sample=0,
        input=episode.trajectory.digest,
        call_id=None,
    )


def _walk_opinion(score: float | None, reason: str) -> Opinion:
    verdict: Verdict = "abstain" if score is None else "good" if score >= 4 else "neutral" if score >= 2 else "harmful"
    return Opinion(verdict, "walk", reason)


def score_walk(readings: Iterable[Reading], *, crashed: bool) -> tuple[float | None, str]:
    """1 to 5: the share of steps that led to a state not seen before in the walk, a point less for a crash.

    None where no step could be read.
    """
    seen: set[str] = set()
    steps = known = fresh = errors = 0
    for reading in readings:
        steps += 1
        seen.update(filter(None, [reading.state] if not seen else []))
        if reading.next_state is None:
            continue
        known += 1
        errors += bool(new_errors(reading))
        fresh += reading.next_state not in seen
        seen.add(reading.next_state)
    if not known:
        return None, f"none of {steps} steps could be read"
    score = max(1.0, min(5.0, 1.0 + round(5 * (fresh - errors) / known)) - crashed)
    ended = ", and the episode crashed" if crashed else ""
    return score, f"{fresh} of {known} steps led somewhere new, {errors} to an error{ended}"
