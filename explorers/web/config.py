"""How a site is explored."""

from dataclasses import dataclass
from pathlib import Path

from explorers.web.episode import PLAIN, EpisodeConfig, check_place
from explorers.web.extraction import Mode
from schemas.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class WebConfig:
    """How a site is explored; sizes in pixels of the page, times in seconds.

    `scale` is how many pixels of the picture a pixel of the page is, in width and height; boxes, points and scrolls are
    in those of the picture.
    `settle` bounds the wait for rest, `step` a whole look or action: a page that takes longer hangs, and has its
    script ended, or is crashed. `uploads` is the folder of files that may be uploaded. `hosts` may be visited besides
    the start's, each with its port or without. `episode` is what each episode begins with. `redact_personal` takes
    e-mail addresses, telephone, card and account numbers out of trees, addresses and pictures. `hidden` are CSS
    selectors of what is taken off the page as `display: none` does, such as its display of a reward. `reads_only` stops
    what asks for more than reading before it goes out: of a site that nothing puts back.
    """

    width: int = 1280
    height: int = 720
    scale: float = 1.0
    locale: str = "en-US"
    timezone: str = "UTC"
    mode: Mode = "viewport"
    settle: float = 4.0
    step: float = 20.0
    uploads: Path | None = None
    hosts: tuple[str, ...] = ()
    episode: EpisodeConfig = PLAIN
    redact_personal: bool = False
    hidden: tuple[str, ...] = ()
    reads_only: bool = False

    def __post_init__(self) -> None:
        """Refuses sizes and times that can't work."""
        if not (100 <= self.width <= 10_000 and 100 <= self.height <= 10_000):
            raise ConfigurationError(f"expected a screen of 100 to 10000 pixels, found {self.width} x {self.height}")
        if not 0.5 <= self.scale <= 4:
            raise ConfigurationError(f"expected a scale of 0.5 to 4, found {self.scale}")
        if min(self.settle, self.step) <= 0:
            raise ConfigurationError("expected times above zero seconds")
        if self.mode not in ("viewport", "page", "full"):
            raise ConfigurationError(f"expected the mode viewport, page or full, found {self.mode!r}")
        check_place(self.locale, self.timezone)

    @property
    def pixels(self) -> tuple[int, int]:
        """Width and height of the picture."""
        return round(self.width * self.scale), round(self.height * self.scale)
