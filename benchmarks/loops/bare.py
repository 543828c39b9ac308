"""The least that a step can be: three mouse events and a capture, in a row, on a DevTools connection.

    python -m benchmarks.loops.bare

Nothing is waited for but the answers, and nothing is looked at but the picture.
"""

import base64
import urllib.request
from typing import Any

import orjson
from playwright.sync_api import sync_playwright
from websockets.sync.client import connect

from benchmarks.loops.chromium import executable
from benchmarks.loops.worker import serve
from benchmarks.pages import CLICK
from benchmarks.sites.serving import free_port
from explorers.setup.chromium import launch_arguments


class BareLoop:
    """A Chromium of its own with one page."""

    def __init__(self) -> None:
        # Launched as the explorers launch it: its many flags change how fast it draws.
        port = free_port()
        arguments = launch_arguments(executable())
        arguments["args"].append(f"--remote-debugging-port={port}")
        self._playwright = sync_playwright().start()
        self._browser = self._playwright.chromium.launch(**arguments)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://127.0.0.1:{port}/json/version", timeout=30) as answer:
            address = orjson.loads(answer.read())["webSocketDebuggerUrl"]
        self._socket = connect(address, max_size=None, compression=None, proxy=None)
        self._last = 0
        self._session: str | None = None
        self._image = b""
        self._context = self._call("Target.createBrowserContext")["browserContextId"]

    def open(self, address: str) -> None:
        """Shows the page in a new tab."""
        given = {"url": "about:blank", "browserContextId": self._context, "width": 1280, "height": 720}
        target = self._call("Target.createTarget", **given)["targetId"]
        self._session = None
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        size = {"width": 1280, "height": 720, "deviceScaleFactor": 1, "mobile": False}
        self._call("Emulation.setDeviceMetricsOverride", **size)
        self._call("Emulation.setFocusEmulationEnabled", enabled=True)
        self._call("Page.navigate", url=address)
        while self._value("document.readyState") != "complete":
            pass

    def step(self) -> None:
        """Posts four calls and waits for their answers."""
        x, y = CLICK
        button = {"x": x, "y": y, "button": "left", "clickCount": 1}
        self._post("Input.dispatchMouseEvent", {"type": "mouseMoved", "x": x, "y": y})
        self._post("Input.dispatchMouseEvent", {"type": "mousePressed", **button})
        self._post("Input.dispatchMouseEvent", {"type": "mouseReleased", **button})
        self._post("Page.captureScreenshot", {"format": "png", "optimizeForSpeed": True})
        answers = [self._answer() for _ in range(4)]
        (data,) = (answer["data"] for answer in answers if "data" in answer)
        self._image = base64.b64decode(data)

    def title(self) -> str:
        """The title now."""
        return str(self._value("document.title"))

    def describe(self) -> dict[str, Any]:
        """The size of the last picture."""
        return {"screen bytes": len(self._image)}

    def close(self) -> None:
        """Ends the browser."""
        self._socket.close()
        self._browser.close()
        self._playwright.stop()

    def _value(self, expression: str) -> Any:
        return self._call("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def _call(self, method: str, **parameters: Any) -> Any:
        self._post(method, parameters)
        return self._answer()

    def _post(self, method: str, parameters: dict[str, Any]) -> None:
        self._last += 1
        message = {"id": self._last, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        self._socket.send(orjson.dumps(message), text=True)

    def _answer(self) -> Any:
        """The next answer; events are passed over."""
        while True:
            message = orjson.loads(self._socket.recv())
            if "error" in message:
                raise RuntimeError(message["error"])
            if "id" in message:
                return message["result"]


if __name__ == "__main__":
    raise SystemExit(serve(BareLoop()))
