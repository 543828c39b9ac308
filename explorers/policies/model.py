"""A walk that asks a chat model: a persona explores, a task is proposed at the start and refined with each step."""

from dataclasses import dataclass, field

from explorers.core.affordances import Affordance, fields_of, submit_of
from explorers.core.memory import Memory
from explorers.policies.generated import Generator
from explorers.policies.novelty import NoveltyPolicy
from explorers.policies.options import Option, scrolls
from explorers.policies.personas import PERSONAS
from explorers.policies.prompts import Answer, WrongAnswer, ask, read, said
from schemas import actions
from schemas.actions import Action, Back, Click, Select, Stop, Type
from schemas.errors import ModelError
from schemas.protocols import ChatModel, Message
from schemas.records import Choice, Observation

FAILURES = 3
REPEATS = 3
"""Steps without a usable answer, and equal actions in a row, after which the episode ends (NNetNav's numbers)."""

DONE = 15
"""Earlier steps that the model is told."""


@dataclass(slots=True)
class _Talk:
    """What the model is told again with each step, until the episode ends."""

    persona: str
    task: str | None = None
    done: list[str] = field(default_factory=list)
    failures: int = 0
    last: tuple[str, ...] = ()
    repeats: int = 0


class ModelPolicy(NoveltyPolicy):
    """Asks the model for each step: first as a proposer of a task, then as its refiner (Explorer), under a persona.

    Once it is given a goal, it does that instead. The seed draws the persona (NNetNav). Offered is what may be used,
    and nothing else can be chosen. A wrong answer is told to the model once; after a second one the step is the novelty
    walk's, and `thought` says so. The thought of a step holds the task as refined, and why the model took it.
    """

    def __init__(
        self,
        model: ChatModel,
        memory: Memory | None = None,
        made: Generator | None = None,
        *,
        images: bool = True,
        personas: tuple[str, ...] = PERSONAS,
    ) -> None:
        super().__init__(memory, made)
        self._model = model
        self._images = images
        self._personas = personas
        self._talk = _Talk(personas[0])
        self._goal: str | None = None

    @property
    def name(self) -> str:
        """As the lake records it."""
        return "model"

    @property
    def version(self) -> str:
        """Changes when its prompts or its rules would."""
        return "1"

    def pursue(self, goal: str) -> None:
        """The goal of the episodes that begin from now on."""
        self._goal = goal

    def begin(self, *, seed: int) -> None:
        """A new episode under a persona of its own."""
        super().begin(seed=seed)
        self._talk = _Talk(self._chance.choice(self._personas), task=self._goal)

    def choose(self, observation: Observation) -> Choice | None:
        """The next action, or None where nothing can be done or the model goes in circles."""
        talk = self._talk
        if talk.failures >= FAILURES or talk.repeats >= REPEATS:
            return None
        if observation.tree is not None:
            self._episode.seen.learn(observation.tree)
        found = self._affordances(observation)
        messages = ask(
            observation,
            found,
            persona=talk.persona,
            task=talk.task,
            done=talk.done[-DONE:],
            images=self._images,
            given=self._goal is not None,
        )
        option, answer, problem = self._asked(messages, observation, found)
        if answer is None:
            talk.failures += 1
            choice = super().choose(observation)
            return None if choice is None else _with_thought(choice, f"no usable answer ({problem}): novelty instead")
        if self._goal is None:
            talk.task = answer.task
        if answer.action in ("stop", "answer"):
            self._episode.chosen = None
            last = Stop() if answer.action == "stop" else actions.Answer(answer.text)
            return Choice(last, thought=self._thought(answer))
        if option is None:
            return None
        self._episode.chosen = option
        same = (answer.action, *option.identity, answer.text)
        talk.repeats = talk.repeats + 1 if same == talk.last else 1
        talk.last = same
        talk.done.append(_done(answer, option))
        return Choice(option.action, option.target, self._thought(answer))

    def _asked(
        self, messages: tuple[Message, ...], observation: Observation, found: tuple[Affordance, ...]
    ) -> tuple[Option | None, Answer | None, str]:
        """The option that the model chose and its answer, or no answer and why, after a second try."""
        problem = ""
        for _ in range(2):
            try:
                text = self._model(messages)
            except ModelError as error:
                return None, None, f"the model failed: {error}"
            try:
                answer = read(text, found, given=self._goal is not None)
                return self._option_of(answer, observation, found), answer, ""
            except WrongAnswer as error:
                problem = str(error)
                messages = (*messages, Message("assistant", text[:2000]), Message("user", f"{problem}. Answer again."))
        return None, None, problem

    def _option_of(self, answer: Answer, observation: Observation, found: tuple[Affordance, ...]) -> Option | None:
        """The answer as something to do.

        Raises:
            WrongAnswer: if it can't be done here.
        """
        if answer.action in ("stop", "answer"):
            return None
        if answer.action == "back":
            if not observation.can_go_back:
                raise WrongAnswer("there is no page to go back to")
            return Option(Back(), "back", 1.0, ("back",))
        if answer.action == "scroll":
            for option in scrolls(observation, 1.0):
                if option.identity == ("scroll", answer.direction):
                    return option
            raise WrongAnswer(f"the page does not scroll {answer.direction}")
        assert answer.element is not None  # `read` saw to it
        each = found[answer.element]
        action: Action
        match answer.action:
            case "type":
                submit = len(fields_of(found, each.form)) <= 1 and submit_of(found, each.form) is None
                action = Type(answer.text, each.point, clear=bool(each.node.value), submit=submit)
            case "choose":
                action = Select(answer.text, each.point)
            case _:
                action = Click(each.point)
        return Option(action, each.label, 1.0, each.identity, each.target, each)

    def _thought(self, answer: Answer) -> str | None:
        """Why the model took the step, and unless it was given one, for which task."""
        if self._goal is not None:
            return answer.thought or None
        return f"Task: {answer.task}" + (f" | {answer.thought}" if answer.thought else "")


def _with_thought(choice: Choice, thought: str) -> Choice:
    return Choice(choice.action, choice.target, thought, choice.candidates)


def _done(answer: Answer, option: Option) -> str:
    """A step in words, for the model's next one: the names in it are a page's, so they are cut and marked as such."""
    words = answer.action if option.affordance is None else f"{answer.action} <page>{said(option.name)}</page>"
    return words + (f' "{said(answer.text)}"' if answer.text else "")
