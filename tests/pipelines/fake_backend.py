"""A backend that needs no model: what the annotate and curate jobs are tested on."""

from collections.abc import Iterator

from labelers.backend import Opinions
from labelers.observed.graph import TransitionGraph
from schemas.episodes import Episode, EpisodeStep
from schemas.keys import key
from schemas.opinions import Instruction, Label, Verdict

NAME, VERSION = "fake", "1"


class FakeBackend:
    """One sentence a step that had a target, and one for every walk that ends elsewhere than it began."""

    @property
    def name(self) -> str:
        return NAME

    @property
    def version(self) -> str:
        return VERSION

    def __call__(self, episode: Episode, graph: TransitionGraph) -> Opinions:  # noqa: ARG002
        low = tuple(_low(one) for one in episode.steps if one.step.target is not None)
        high = tuple(_high(episode))
        verdicts = tuple(label for one in high for label in _verdicts(episode, one))
        whole = _label(episode, "good", "an episode", score=3.0)
        return Opinions((*low, *high), (*verdicts, whole), {"no target": len(episode.steps) - len(low)})


def make_fake_backend() -> FakeBackend:
    return FakeBackend()


def _low(one: EpisodeStep) -> Instruction:
    step, target = one.step, one.step.target
    assert target is not None
    return _instruction(step.trajectory_id, "low", (step.step_index,), f"Use the {target.role} {target.name}.", None)


def _high(episode: Episode) -> Iterator[Instruction]:
    """The walk from its start to the last page, without the steps that led round in a circle or nowhere."""
    path: list[int] = []
    states: list[str] = []
    for one in episode.steps:
        if one.before is None or one.after is None or one.before.keys is None or one.after.keys is None:
            return
        states = states or [one.before.keys.content]
        after = one.after.keys.content
        if after in states:
            cut = states.index(after)
            path, states = path[:cut], states[: cut + 1]
        else:
            path.append(one.step.step_index)
            states.append(after)
    if len(path) > 1:
        last = episode.steps[-1]
        assert last.after is not None
        title = last.after.seen.title
        whole = tuple(range(len(episode.steps)))
        yield _instruction(
            episode.trajectory.trajectory_id, "high", tuple(path), f"Open the page {title}.", title, run=whole
        )


def _verdicts(episode: Episode, instruction: Instruction) -> Iterator[Label]:
    for one in episode.steps:
        on_path = one.step.step_index in instruction.path
        yield _label(
            episode,
            "good" if on_path else "harmful",
            "on the way" if on_path else "leads nowhere",
            step=one.step.step_index,
            instruction=instruction.instruction_id,
        )


def _instruction(
    trajectory_id: str, level: str, path: tuple[int, ...], text: str, answer: str | None, *, run: tuple[int, ...] = ()
) -> Instruction:
    run = run or path
    return Instruction(
        instruction_id=key("instruction", NAME, trajectory_id, level, path),
        trajectory_id=trajectory_id,
        kind="task" if level == "high" else "step",
        level=level,  # type: ignore[arg-type]
        first_step=run[0],
        last_step=run[-1],
        path=path,
        text=text,
        answer=answer,
        template="fake",
        labeler=NAME,
        labeler_version=VERSION,
    )


def _label(
    episode: Episode,
    verdict: Verdict,
    reason: str,
    *,
    step: int | None = None,
    instruction: str | None = None,
    score: float | None = None,
) -> Label:
    trajectory_id = episode.trajectory.trajectory_id
    return Label(
        label_id=key("label", NAME, trajectory_id, step, instruction),
        trajectory_id=trajectory_id,
        subject="trajectory" if step is None else "step",
        first_step=step,
        last_step=step,
        instruction_id=instruction,
        verdict=verdict,
        score=score,
        reason=reason,
        rule="fake",
        labeler=NAME,
        labeler_version=VERSION,
        input=key("input", episode.trajectory.digest),
    )
