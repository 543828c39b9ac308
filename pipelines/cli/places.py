"""Where the attempts of a proof are made: instances of a website, each with its browser, or a new desktop each time."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from pipelines.cli.environments import browsed, desktop_settings, page_settings
from pipelines.cli.output import say
from schemas.errors import ConfigurationError

if TYPE_CHECKING:
    from explorers.core.instances import Instance
    from explorers.web.browser import SharedBrowser
    from schemas.manifest import Manifest
    from schemas.proofs import Attempt
    from schemas.protocols import Environment


class Place(Protocol):
    """Where the attempts of one task at a time are made."""

    def make(self, asked: "Attempt", *, whole: bool, changes: bool) -> "Environment":
        """A fresh environment for an attempt; `changes` says that what is done in it changes something.

        Raises:
            DeviceUnavailable: if it can't be started.
        """

    def stop(self) -> None:
        """Ends what is waited for, from another thread."""


@dataclass(frozen=True, slots=True)
class Site:
    """An instance of a website, of which each attempt has a new context."""

    instance: "Instance"
    browser: "SharedBrowser"
    app: str

    def make(self, asked: "Attempt", *, whole: bool, changes: bool) -> "Environment":
        """A context at an address of the instance, which is put back before where that is needed.

        Where it can't be, nothing goes out that asks for more than reading.
        """
        from explorers.core.instances import OnInstance
        from explorers.web import WebConfig, WebEnvironment
        from schemas.proofs import LATER

        here = self.instance.manifest
        settings = page_settings(here)
        if asked.later:
            episode = settings["episode"]
            settings["episode"] = replace(episode, clock=(episode.clock or datetime.now(UTC)) + LATER)
        config = WebConfig(**settings, mode="page" if whole else "viewport", reads_only=not self.instance.puts_back)
        environment = WebEnvironment(here.address(asked.start), config=config, browser=self.browser, app=self.app)
        return OnInstance(environment, self.instance, always=changes)

    def stop(self) -> None:
        """Ends a launch or a reset."""
        self.instance.stop()


@dataclass(frozen=True, slots=True)
class Anew:
    """A desktop or a fake: nothing is left of an earlier attempt, and no clock is its own."""

    made: "Callable[[str], Environment]"

    def make(self, asked: "Attempt", *, whole: bool, changes: bool) -> "Environment":  # noqa: ARG002
        """The application as it begins."""
        return self.made(asked.start)

    def stop(self) -> None:
        """Nothing: an attempt ends by itself."""


@contextmanager
def places_of(manifest: "Manifest", app: str, count: int) -> "Iterator[Sequence[Place]]":
    """So many places of the environment that a manifest describes, which end with the block.

    Raises:
        ConfigurationError: if there can't be so many, or what it says can't work.
    """
    match manifest.platform:
        case "web":
            from explorers.web import WebConfig

            WebConfig(**page_settings(manifest))  # refuses what can't work before anything starts
            if manifest.launch is None and manifest.reset is not None and count > 1:
                say("--parallel: one at a time: the manifest has a reset and no launch, so all use the same server")
                count = 1
            # Where nothing can be changed, contexts are apart enough: they share one instance and its browser.
            with browsed(manifest, 1 if manifest.reset is None else count) as sites:
                places = [Site(instance, browser, app) for instance, browser in sites]
                yield places * (count // len(places))
        case "desktop":
            from explorers.desktop import DesktopEnvironment

            config = desktop_settings(manifest)
            DesktopEnvironment(manifest.start, config=config)  # the same
            yield [Anew(lambda start: DesktopEnvironment(start, config=config, app=app))] * count
        case "fake":
            from explorers.fake import FakeEnvironment

            yield [Anew(lambda start: FakeEnvironment(start, app=app))] * count
        case "android":
            raise ConfigurationError(
                "nothing of android can be proven yet: no manifest says by which snapshot a device is put back"
            )
