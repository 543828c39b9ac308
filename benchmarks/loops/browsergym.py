"""BrowserGym's loop, in an environment of its own: `env.step` with a click, its built-in delays set to zero.

    python -m benchmarks.loops.browsergym [--coordinates]

Its agents name an element by its id, and it looks at the element before it clicks; with `--coordinates` the click goes
to a point without a look, which is cheaper.
Precondition: `PLAYWRIGHT_BROWSERS_PATH` names a folder in which its Playwright finds the browser.
"""

import sys
from typing import Any

from browsergym.core.action.highlevel import HighLevelActionSet
from browsergym.core.env import BrowserEnv
from browsergym.core.task import OpenEndedTask

from benchmarks.loops.worker import serve
from benchmarks.pages import BUTTON, CLICK


class BrowserGymLoop:
    """One environment, made anew for each page."""

    def __init__(self, *, coordinates: bool = False) -> None:
        self._coordinates = coordinates
        self._click = ""
        self._env: BrowserEnv | None = None
        self._seen: dict[str, Any] = {}

    def open(self, address: str) -> None:
        """Resets an open-ended task at the page."""
        self.close()
        actions = HighLevelActionSet(subsets=["coord" if self._coordinates else "bid"])
        self._env = BrowserEnv(
            task_entrypoint=OpenEndedTask,
            task_kwargs={"start_url": address},
            slow_mo=0,
            pre_observation_delay=0,
            viewport={"width": 1280, "height": 720},
            action_mapping=actions.to_python_code,
        )
        self._seen, _ = self._env.reset(seed=0)
        x, y = CLICK
        self._click = f"mouse_click({x}, {y})" if self._coordinates else f"click('{self._button()}')"

    def step(self) -> None:
        """Clicks, and is given what is seen after it."""
        assert self._env is not None
        self._seen, *_ = self._env.step(self._click)
        if self._seen["last_action_error"]:
            raise RuntimeError(self._seen["last_action_error"])

    def title(self) -> str:
        """The title that was seen last."""
        return str(self._seen["open_pages_titles"][0])

    def describe(self) -> dict[str, Any]:
        """The number of nodes of its two trees, and the size of its picture as an array."""
        documents = self._seen["dom_object"]["documents"]
        return {
            "nodes": len(self._seen["axtree_object"]["nodes"]),
            "document nodes": sum(len(each["nodes"]["nodeName"]) for each in documents),
            "screen bytes": int(self._seen["screenshot"].nbytes),
        }

    def _button(self) -> str:
        """Its id of the button that counts."""
        (found,) = [
            node["browsergym_id"]
            for node in self._seen["axtree_object"]["nodes"]
            if node["role"]["value"] == "button" and node["name"]["value"] == BUTTON
        ]
        return str(found)

    def close(self) -> None:
        """Ends both of its browsers."""
        if self._env is not None:
            self._env.close()
            self._env = None


if __name__ == "__main__":
    raise SystemExit(serve(BrowserGymLoop(coordinates="--coordinates" in sys.argv[1:])))
