"""The rules backend as a whole: from an episode and known transitions to instructions, labels and silences."""

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator

from labelers.backend import Opinions
from labelers.observed.graph import TransitionGraph
from labelers.observed.opinions import Opinion, idle
from labelers.observed.transitions import IDLE, Transition, menu_names, site_names, transitions_of
from labelers.outcomes.outcome import GoalOutcome, judge_outcome
from labelers.rules.effects import new_errors
from labelers.rules.paths import RunPath, begins, from_the_start, of_one_window, runs, tightened, without
from labelers.rules.planted import Planted, find_planted
from labelers.rules.reached import reached_goal
from labelers.rules.sentences import Unnamed, sentence
from labelers.rules.tasks import NoTask, TaskSentence, Untold, synthesize
from labelers.rules.verdicts import judge_steps
from schemas.conditions import check_text
from schemas.episodes import Episode
from schemas.keys import key
from schemas.opinions import Instruction, Label, Subject, Verdict

VERSION = "10"


class RulesBackend:
    """Reverse task synthesis, step verdicts and a trajectory score by rules alone. Holds no state."""

    name = "rules"
    version = VERSION

    def __call__(self, episode: Episode, graph: TransitionGraph) -> Opinions:
        """The opinions on one episode."""
        transitions = transitions_of(episode)
        instructions: list[Instruction] = []
        labels: list[Label] = []
        goal = episode.trajectory.goal
        outcome = judge_outcome(goal, transitions) if goal is not None else None
        silences: Counter[str] = Counter()
        for transition in transitions:
            own = None if outcome is None else outcome.steps.get(transition.index)
            try:
                instruction = _low_level(episode, transition)
            except Unnamed as reason:
                silences[f"step: {reason}"] += 1
                if transition.change in IDLE:
                    own = idle(transition)  # no step without an effect goes without a label that says so
                labels += [] if own is None else [_label(episode, None, transition.index, own)]
                continue
            labels += [] if own is None else [_label(episode, None, transition.index, own)]
            instructions.append(instruction)
            labels.append(_label(episode, instruction, transition.index, _low_level_opinion(transition)))
        site, menu = site_names(transitions), menu_names(transitions)
        found = [
            each
            for ending in _by_end(runs(transitions))
            for each in _longest(ending, transitions, graph, site, menu, silences)
        ]
        for run, task in _not_begun(found, silences):
            instruction = _high_level(episode, run, task)
            instructions.append(instruction)
            opinions = judge_steps(run, transitions, graph)
            steps = range(run.first, run.last + 1)
            labels += [_label(episode, instruction, at, opinion) for at, opinion in zip(steps, opinions, strict=True)]
        if (reached := reached_goal(episode.trajectory, transitions, outcome)) is not None:
            run, task = reached
            instruction = _high_level(episode, run, task)
            instructions.append(instruction)
            opinions = judge_steps(run, transitions, graph)
            steps = range(run.first, run.last + 1)
            labels += [_label(episode, instruction, at, opinion) for at, opinion in zip(steps, opinions, strict=True)]
        labels += [_planted_label(episode, planted) for planted in find_planted(episode)]
        labels.append(_trajectory_label(episode, transitions, outcome))
        return Opinions(tuple(instructions), tuple(labels), dict(sorted(silences.items())))


def _by_end(found: Iterable[RunPath]) -> Iterator[list[RunPath]]:
    """The runs that end with the same step, together."""
    for _, ending in itertools.groupby(found, key=lambda run: run.last):
        yield list(ending)


def _longest(
    ending: list[RunPath],
    transitions: tuple[Transition, ...],
    graph: TransitionGraph,
    site: frozenset[str],
    menu: frozenset[str],
    silences: Counter[str],
) -> list[tuple[RunPath, TaskSentence]]:
    """Of the runs that end with one step the longest command and the longest question of each kind.

    A shorter one begins in the middle of the longer, where nobody would start.
    """
    best: dict[str, tuple[RunPath, TaskSentence]] = {}
    begun = [whole for run in ending if (whole := from_the_start(run, transitions)) is not None]
    tight = [tightened(run) for run in (*ending, *begun)]
    if transitions[0].step.platform == "desktop":
        tight = [own for run in tight if (own := of_one_window(run, transitions)) is not None]
    left = list({tuple(each.index for each in run.path): run for run in tight}.values())
    for run in left:
        try:
            tasks = synthesize(run, transitions, graph, site, menu)
        except Untold as partly:
            silences[f"run: {partly}"] += 1
            left.append(without(run, partly.steps))
            continue
        except NoTask as reason:
            silences[f"run: {reason}"] += 1
            continue
        often: Counter[str] = Counter()
        for task in tasks:
            asks = task.answer is not None
            if asks and len(run.path) == 1 and not begins(run, transitions) and not _is_counted(task):
                silences["run: a question that one step answers"] += 1
                continue
            often[task.template] += 1
            kind = f"{task.template} {often[task.template]}" if asks else ""
            if kind not in best or len(best[kind][0].path) < len(run.path):
                best[kind] = run, task
    return [best[kind] for kind in sorted(best)]


def _is_counted(task: TaskSentence) -> bool:
    """Whether an answer is not read off a page, but what comes of a search, a filter or an order."""
    return task.template.split("+")[0] in ("search", "filter", "sort", "narrow", "related")


def _not_begun(
    found: list[tuple[RunPath, TaskSentence]], silences: Counter[str]
) -> Iterator[tuple[RunPath, TaskSentence]]:
    """The tasks without the commands that are the beginning of another command."""
    walked = {_walked(run) for run, task in found if task.answer is None}
    begun = {path[:end] for path in walked for end in range(1, len(path))}
    for run, task in found:
        if task.answer is None and _walked(run) in begun:
            silences["run: it is the beginning of a longer one"] += 1
        else:
            yield run, task


def _walked(run: RunPath) -> tuple[int, ...]:
    return tuple(transition.index for transition in run.path)


def low_level(episode: Episode, transition: Transition) -> Instruction | None:
    """The sentence of one step, or None where it has none."""
    try:
        return _low_level(episode, transition)
    except Unnamed:
        return None


def _low_level(episode: Episode, transition: Transition) -> Instruction:
    return _instruction(
        episode,
        "low",
        (transition.index,),
        TaskSentence(sentence(transition), None, "", "step"),
        transition.index,
        transition.index,
    )


def _high_level(episode: Episode, run: RunPath, task: TaskSentence) -> Instruction:
    return _instruction(episode, "high", tuple(transition.index for transition in run.path), task, run.first, run.last)


def _instruction(
    episode: Episode, level: str, path: tuple[int, ...], task: TaskSentence, first: int, last: int
) -> Instruction:
    trajectory = episode.trajectory.trajectory_id
    return Instruction(
        instruction_id=key("instruction", trajectory, level, first, last, path, task.text, RulesBackend.name, VERSION),
        trajectory_id=trajectory,
        kind="step" if level == "low" else "task",
        level="low" if level == "low" else "high",
        first_step=first,
        last_step=last,
        path=path,
        text=task.text,
        answer=task.answer,
        evidence=task.evidence or None,
        template=task.template,
        claim=None if task.claim is None else check_text(task.claim),
        labeler=RulesBackend.name,
        labeler_version=VERSION,
    )


def _low_level_opinion(transition: Transition) -> Opinion:
    """A low-level instruction is true by construction; what can be asked is whether the step did anything."""
    if transition.step.result != "ok":
        return Opinion("abstain", "not done", f"the action ended with {transition.step.result!r}")
    if transition.change in IDLE:
        return idle(transition)
    if errors := new_errors(transition):
        return Opinion("neutral", "error shown", f"the step did what it says, and the page showed {errors[0][:120]!r}")
    if transition.change == "content":
        return Opinion("good", "effect seen", "the step did what it says, and the page changed")
    return Opinion("abstain", "unclear", "what the step changed is not in the tree")


def _label(episode: Episode, instruction: Instruction | None, step: int, opinion: Opinion) -> Label:
    """A label on a step, relative to the instruction, or to the trajectory's own goal."""
    about = episode.trajectory.trajectory_id if instruction is None else instruction.instruction_id
    return _said(episode, (about, step), "step", opinion, step=step, instruction=instruction)


def _planted_label(episode: Episode, planted: Planted) -> Label:
    """A label on the screen that shows a planted instruction; its reason is the passage itself."""
    about = (episode.trajectory.trajectory_id, "screen", planted.step, planted.screen, planted.passage)
    opinion = Opinion("harmful", planted.rule, planted.passage)
    return _said(episode, about, "screen", opinion, step=planted.step, screen=planted.screen)


def _trajectory_label(episode: Episode, transitions: tuple[Transition, ...], outcome: GoalOutcome | None) -> Label:
    """How the walk went, 1 to 5, and whether it reached its goal; without a goal the score alone decides."""
    score, reason = score_walk(
        transitions, crashed=episode.trajectory.ended_by in ("crashed", "device lost", "start failed")
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
        screen=screen,
        verdict=opinion.verdict,
        score=score,
        reason=opinion.reason,
        rule=opinion.rule,
        labeler=RulesBackend.name,
        labeler_version=VERSION,
        input=episode.trajectory.digest,
    )


def _walk_opinion(score: float | None, reason: str) -> Opinion:
    verdict: Verdict = "abstain" if score is None else "good" if score >= 4 else "neutral" if score >= 2 else "harmful"
    return Opinion(verdict, "walk", reason)


def score_walk(transitions: Iterable[Transition], *, crashed: bool) -> tuple[float | None, str]:
    """1 to 5: the share of steps that led to a state not seen before in the walk, a point less for a crash.

    None where no step could be read.
    """
    seen: set[str] = set()
    steps = known = fresh = errors = 0
    for transition in transitions:
        steps += 1
        seen.update(filter(None, [transition.state] if not seen else []))
        if transition.next_state is None:
            continue
        known += 1
        errors += bool(new_errors(transition))
        fresh += transition.next_state not in seen
        seen.add(transition.next_state)
    if not known:
        return None, f"none of {steps} steps could be read"
    score = max(1.0, min(5.0, 1.0 + round(5 * (fresh - errors) / known)) - crashed)
    ended = ", and the episode crashed" if crashed else ""
    return score, f"{fresh} of {known} steps led somewhere new, {errors} to an error{ended}"
