"""How the rows of a dataset are told: in which dialect, on which grid, under which system prompt.

What a page says is no control token in any row: its words are made harmless here, before the dialect's own are put
round them.
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.export.dialects import Dialect, dialect_of, nearest, render
from pipelines.export.geometry import Frame, Geometry, Size
from pipelines.export.tokens import harmless
from schemas.actions import Action, Platform
from schemas.keys import content_id


@dataclass(frozen=True, slots=True)
class Voice:
    """What all rows of a dataset have in common. Cheap to pickle.

    `system` is what stands in the place of the dialect's own prompt; `thoughts` says whether those that labelers wrote
    come before the actions.
    """

    name: str = "hindtrace"
    geometry: Geometry = Geometry()  # noqa: RUF009 - it is frozen
    system: str | None = None
    thoughts: bool = False

    def told(self) -> dict[str, Any]:
        """What a configuration and a manifest say of it."""
        system = None if self.system is None else content_id(self.system.encode())
        return {"dialect": self.name, "geometry": str(self.geometry), "system": system, "thoughts": self.thoughts}

    @property
    def dialect(self) -> Dialect:
        """The dialect of that name."""
        return dialect_of(self.name)

    def frame(self, size: Size) -> Frame:
        """What a screenshot of that size is to the model."""
        return self.geometry.frame(size)

    def prompt(self, platform: Platform, frame: Frame) -> str:
        """The system prompt."""
        return self.dialect.system(platform, frame, self.thoughts) if self.system is None else self.system

    def request(self, instruction: str, so_far: Sequence[str]) -> str:
        """The user's words: the task, and what was done so far."""
        return self.dialect.request(harmless(instruction), harmless(so_far))

    def meant(self, action: Action, platform: Platform, frame: Frame, *, changed: bool = True) -> Action:
        """The action as the dialect tells it: by another kind where it lacks its own, its words harmless.

        `changed` says whether something came of it.
        """
        words = {field.name: harmless(getattr(action, field.name)) for field in dataclasses.fields(action)}
        kept: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in words.items()
        }
        return nearest(dataclasses.replace(action, **kept), self.dialect, frame, platform, changed=changed)

    def calls(self, action: Action, platform: Platform, frame: Frame) -> str:
        """What does the action.

        Raises:
            Unspoken: if the dialect has no words for it.
        """
        return render(action, self.dialect, frame, platform)

    def answer(self, calls: str, sentence: str | None = None, thought: str | None = None) -> str:
        """A whole answer of the model."""
        thought = harmless(thought) if self.thoughts else None
        return self.dialect.answer(calls, harmless(sentence), thought)


OURS = Voice()
