"""What an environment knows of a step besides its screen: what was sent, in which language the page is now."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from schemas.actions import Action, Hover, Scroll
from schemas.records import Observation, Request


@dataclass(frozen=True, slots=True)
class Effects:
    """What a step did.

    `sent` are the requests that ask for more than reading and the messages on sockets, as method and address; `late`
    those that came before the step began, of what was done earlier. `language` is that of the page, as its document
    says. `unheld` tells that the cookie or the storage was taken away which held the session that was given.
    `requests` counts all of what was sent, of which `sent` and `late` tell the first ones; None where nobody knows.
    `stopped` are those that did not go out, because nothing would put back what they change.
    """

    sent: tuple[str, ...] = ()
    late: tuple[str, ...] = ()
    language: str | None = None
    unheld: bool = False
    requests: tuple[Request, ...] | None = None
    stopped: tuple[str, ...] = ()


NOTHING = Effects()


def may_cause(action: Action) -> bool:
    """Whether what is sent after an action may be put down to it: it does more to a page than look at it."""
    return action.on_page and not isinstance(action, Scroll | Hover)


@dataclass(frozen=True, slots=True)
class Glimpse:
    """A page as it is now, seen aside."""

    observation: Observation
    language: str | None


@runtime_checkable
class Watching(Protocol):
    """An environment that knows what its steps did."""

    @property
    def puts_back(self) -> bool:
        """Whether what an episode changes is put back before the next one."""

    def take_effects(self) -> Effects:
        """What was done since the last call."""

    def revisit(self, location: str) -> Glimpse | None:
        """A page as it is now, while the one that is acted in stays; None where it can't be seen."""
