"""A walk that asks a chat model: a persona explores, a task is proposed at the start and refined with each step."""

from dataclasses import dataclass, field, replace
from typing import Self

from explorers.core.affordances import Affordance
from explorers.core.memory import Memory
from explorers.core.safety import touched
from explorers.policies.generated import TextGenerator
from explorers.policies.novelty import NoveltyPolicy
from explorers.policies.options import Option, back, scrolls
from explorers.policies.personas import PERSONAS
from explorers.policies.prompts import ModelDecision, WrongAnswer, ask, platform_of, read, said
from explorers.policies.registry import PolicyParts
from explorers.policies.view import View
from schemas.actions import Action, Answer, Click, DoubleClick, Drag, Key, LongPress, RightClick, Select, Stop, Type
from schemas.errors import ConfigurationError, ModelError
from schemas.protocols import ChatModel, Message
from schemas.records import Choice, Node, Observation
from schemas.targets import target_of

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

    name = "model"
    version = "3"

    def __init__(
        self,
        model: ChatModel,
        memory: Memory | None = None,
        text: TextGenerator | None = None,
        *,
        images: bool = True,
    ) -> None:
        super().__init__(memory, text)
        self._model = model
        self._images = images
        self._talk = _Talk(PERSONAS[0])
        self._goal: str | None = None

    @classmethod
    def build(cls, parts: PolicyParts) -> Self:
        """The policy of these parts.

        Raises:
            ConfigurationError: if there is no model among them.
        """
        if parts.model is None:
            raise ConfigurationError("--policy model: expected a chat model by --model NAME, found none")
        return cls(parts.model, parts.memory, parts.text)

    def pursue(self, goal: str) -> None:
        """The goal of the episodes that begin from now on."""
        self._goal = goal

    def begin(self, *, seed: int) -> None:
        """A new episode under a persona of its own."""
        super().begin(seed=seed)
        self._talk = _Talk(self._chance.choice(PERSONAS), task=self._goal)

    def choose(self, observation: Observation) -> Choice | None:
        """The next action, or None where nothing can be done or the model goes in circles."""
        talk = self._talk
        if talk.failures >= FAILURES or talk.repeats >= REPEATS:
            return None
        if observation.tree is not None:
            self._episode.values.learn(observation.tree)
        view = self._view(observation)
        messages = ask(
            observation,
            view.affordances,
            persona=talk.persona,
            task=talk.task,
            done=talk.done[-DONE:],
            images=self._images,
            has_goal=self._goal is not None,
        )
        option, decision, problem = self._asked(messages, view)
        if decision is None:
            talk.failures += 1
            choice = super().choose(observation)
            return choice and replace(choice, thought=f"no usable answer ({problem}): novelty instead")
        if self._goal is None:
            talk.task = decision.task
        if decision.action in ("stop", "answer"):
            self._episode.chosen = None
            last = Stop() if decision.action == "stop" else Answer(decision.text)
            return Choice(last, thought=self._thought(decision))
        if option is None:
            return None
        self._episode.chosen = option
        # A key that is pressed again does something else where it did something before: the next line, the next entry.
        place = view.keys.content if decision.action == "key" and view.keys is not None else ""
        same = (decision.action, *option.identity, decision.text, place)
        talk.repeats = talk.repeats + 1 if same == talk.last else 1
        talk.last = same
        talk.done.append(_done(decision, option, view))
        return Choice(option.action, option.target, self._thought(decision))

    def _asked(self, messages: tuple[Message, ...], view: View) -> tuple[Option | None, ModelDecision | None, str]:
        """The option that the model chose and its decision, or none and why, after a second try."""
        problem = ""
        for _ in range(2):
            try:
                text = self._model(messages)
            except ModelError as error:
                return None, None, f"the model failed: {error}"
            try:
                platform = platform_of(view.observation)
                decision = read(text, view.affordances, has_goal=self._goal is not None, platform=platform)
                return self._decided(decision, view), decision, ""
            except WrongAnswer as error:
                problem = str(error)
                messages = (*messages, Message("assistant", text[:2000]), Message("user", f"{problem}. Answer again."))
        return None, None, problem

    def _decided(self, decision: ModelDecision, view: View) -> Option | None:
        """The decision as something to do.

        Raises:
            WrongAnswer: if it can't be done here.
        """
        if decision.action in ("stop", "answer"):
            return None
        if decision.action == "back":
            for option in back(view.observation):
                return option
            raise WrongAnswer("there is no page to go back to")
        if decision.action == "scroll":
            for option in scrolls(view.observation, 1.0):
                if option.identity == ("scroll", decision.direction):
                    return option
            raise WrongAnswer(f"the page does not scroll {decision.direction}")
        if decision.action == "key":
            return Option(Key(decision.keys), decision.keys, 1.0, ("key", decision.keys))
        if decision.element is None:
            return self._typed_in_focus(decision, view)
        each = view.affordances[decision.element]
        identity, action = each.identity, self._on(each, decision, view)
        if not isinstance(action, Click | Type | Select):
            identity = (*identity, decision.action)
        return Option(action, each.label, 1.0, identity, each.target, each)

    def _on(self, each: Affordance, decision: ModelDecision, view: View) -> Action:
        """What is done with an element."""
        match decision.action:
            case "type":
                _check_lines(decision.text, each.node)
                return Type(decision.text, each.point, clear=bool(each.node.value), submit=view.enter_sends(each))
            case "choose":
                return Select(decision.text, each.point)
            case "double":
                return DoubleClick(each.point)
            case "right":
                return RightClick(each.point)
            case "hold":
                return LongPress(each.point)
            case "drag":
                assert decision.to is not None  # `read` saw to it
                return Drag(each.point, view.affordances[decision.to].point)
            case _:
                return Click(each.point)

    def _typed_in_focus(self, decision: ModelDecision, view: View) -> Option:
        """The text where the focus is, added to what is there."""
        field = touched(view.observation, Type(decision.text))
        _check_lines(decision.text, field)
        each = next((other for other in view.affordances if other.node is field), None)
        target = None if field is None else target_of(field)
        return Option(Type(decision.text), "", 1.0, ("type", "in focus"), target, each)

    def _thought(self, decision: ModelDecision) -> str | None:
        """Why the model took the step, and unless it was given one, for which task."""
        if self._goal is not None:
            return decision.thought or None
        return f"Task: {decision.task}" + (f" | {decision.thought}" if decision.thought else "")


def _check_lines(text: str, field: Node | None) -> None:
    """Refuses a new line where it would send what was typed, or may.

    Raises:
        WrongAnswer: with what to do.
    """
    if "\n" in text and (field is None or not field.has("multiline")):
        raise WrongAnswer('this takes one line: type without \\n, and "key" with "Enter" where that is what is meant')


def _done(decision: ModelDecision, option: Option, view: View) -> str:
    """A step in words, for the model's next one: the names in it are a page's, so they are cut and marked as such."""
    words: list[str] = [decision.action]
    if option.affordance is not None:
        words.append(f"<page>{said(option.affordance.label)}</page>")
    if decision.to is not None:
        words.append(f"to <page>{said(view.affordances[decision.to].label)}</page>")
    if decision.text or decision.keys:
        words.append(f'"{said(decision.text or decision.keys)}"')
    return " ".join(words)
