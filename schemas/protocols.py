"""The interfaces that packages know each other by: environments, policies, chat models and labelers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from schemas.actions import Action
from schemas.records import Choice, Observation, Outcome, Platform, Setting


class Place(Protocol):
    """An interface that steps are done in; `close` may be called twice."""

    @property
    def platform(self) -> Platform:
        """The kind of interface."""

    @property
    def app(self) -> str:
        """What is used: a site's host and port, a package, a command."""

    @property
    def start(self) -> str:
        """Where an episode begins: a URL, a package, a command."""

    @property
    def setting(self) -> Setting:
        """The engine and its screen; known once an episode began."""

    def close(self) -> None:
        """Gives everything back."""


class Environment(Place, Protocol):
    """An interface that an explorer can see and act on.

    `reset` comes first and starts an episode in a fresh state. What goes wrong with an action is an `Outcome`, not an
    exception: only a device that is gone raises.
    """

    def reset(self) -> Observation:
        """Starts an episode and returns what is seen first.

        Raises:
            DeviceUnavailable: if it can't be started.
        """

    def observe(self) -> Observation:
        """What is seen now, after the screen came to rest or the time for that was over.

        Raises:
            DeviceLost: if the device is gone.
        """

    def act(self, action: Action) -> Outcome:
        """Does the action and waits for rest.

        Raises:
            UnsupportedAction: if the environment has no such action.
            DeviceLost: if the device is gone.
        """


class Policy(Protocol):
    """What chooses the next action."""

    @property
    def name(self) -> str:
        """As the lake records it."""

    @property
    def version(self) -> str:
        """Changes when its choices would."""

    def begin(self, *, seed: int) -> None:
        """A new episode; everything random in it follows from the seed."""

    def choose(self, observation: Observation) -> Choice | None:
        """The next action, or None to end the episode."""

    def learn(self, before: Observation, choice: Choice, outcome: Outcome, after: Observation) -> None:
        """What the action led to."""


@runtime_checkable
class GoalPolicy(Policy, Protocol):
    """A policy that can be given a goal."""

    def pursue(self, goal: str) -> None:
        """The goal of the episodes that begin from now on."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a chat; `images` are image files that come after the text."""

    role: Literal["system", "user", "assistant"]
    text: str
    images: tuple[bytes, ...] = ()


class ChatModel(Protocol):
    """A vision and language model behind a chat interface."""

    def __call__(self, messages: Sequence[Message]) -> str:
        """The answer.

        Raises:
            ModelError: if there is none.
        """


@runtime_checkable
class Labeler(Protocol):
    """What all labelers have: their opinions are told apart by name and version."""

    @property
    def name(self) -> str:
        """As the lake records it."""

    @property
    def version(self) -> str:
        """Changes when its opinions would."""
