"""An environment around another: what something that adds to one of its moves begins from."""

from schemas.actions import Action
from schemas.protocols import Environment
from schemas.records import Observation, Outcome, Platform, Setting


class Wrapped:
    """An environment that does what the inner one does."""

    def __init__(self, inner: Environment) -> None:
        self.inner = inner

    @property
    def platform(self) -> Platform:
        """The kind of interface."""
        return self.inner.platform

    @property
    def app(self) -> str:
        """What is explored."""
        return self.inner.app

    @property
    def start(self) -> str:
        """Where an episode begins."""
        return self.inner.start

    @property
    def setting(self) -> Setting:
        """The engine and its screen."""
        return self.inner.setting

    def reset(self) -> Observation:
        """Starts an episode."""
        return self.inner.reset()

    def observe(self) -> Observation:
        """What is seen now."""
        return self.inner.observe()

    def act(self, action: Action) -> Outcome:
        """Does the action."""
        return self.inner.act(action)

    def close(self) -> None:
        """Gives everything back."""
        self.inner.close()
