"""An environment around another: what something that adds to one of its moves begins from."""

from explorers.core.effects import NOTHING, Effects, Glimpse, Watching
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

    @property
    def puts_back(self) -> bool:
        """Whether what an episode changes is put back before the next one."""
        return isinstance(self.inner, Watching) and self.inner.puts_back

    def take_effects(self) -> Effects:
        """What was done since the last call."""
        return self.inner.take_effects() if isinstance(self.inner, Watching) else NOTHING

    def revisit(self, location: str) -> Glimpse | None:
        """A page as it is now, while the one that is acted in stays; None where it can't be seen."""
        return self.inner.revisit(location) if isinstance(self.inner, Watching) else None

    def close(self) -> None:
        """Gives everything back."""
        self.inner.close()
