"""The server that uiautomator2 runs on a device: HTTP at a port of the device, and the calls that are used of it."""

import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from tests.explorers.android.device.views import dump

if TYPE_CHECKING:
    from tests.explorers.android.device.machine import Machine

JAR = "/data/local/tmp/u2.jar"
_START = re.compile(r"CLASSPATH=(\S+) app_process / com\.wetest\.uia2\.Main -p (\d+)")


class Wire(Protocol):
    """A stream of the device."""

    def read(self, size: int) -> bytes: ...
    def write(self, data: bytes) -> None: ...


class Uia2:
    """The server on one machine; `port` is 0 where it does not run.

    `crashes` are how often it ends in the next calls of the tree, `silent` that it never answers, `disconnected` that
    it answers and sees nothing, as after something else has taken the screen; `taken` that it can't begin to look.
    `started` counts its starts, `lingers` are how many requests it answers after it was ended.
    """

    def __init__(self, machine: "Machine") -> None:
        self._machine = machine
        self.port = 0
        self.crashes = 0
        self.disconnected = False
        self.taken = False
        self.silent = False
        self.locked_clipboard = False
        self.clipboard = ""
        self.started = 0
        self.lingers = 0
        self.ended = False
        self.calls: list[str] = []

    def starts(self, script: str) -> bool:
        """Whether a script starts the server."""
        return _START.fullmatch(script.strip()) is not None

    def run(self, script: str, stream: Wire, ended: Callable[[], None]) -> None:
        """Runs until the stream is closed, or it can't."""
        found = _START.fullmatch(script.strip())
        assert found is not None
        if found[1] not in self._machine.files:
            stream.write(b"java.lang.ClassNotFoundException: com.wetest.uia2.Main\n")
            return
        stream.write(b"[server] INFO: [UiAutomator2Server] Starting Server\n")
        if self.taken or self.port:
            stream.write(b"java.lang.IllegalStateException: UiAutomationService @5deffd5already registered!\n")
            return
        self.port, self.disconnected, self.end = int(found[2]), False, ended
        self.started, self.ended = self.started + 1, False
        try:
            stream.read(1)  # nothing ever comes; it ends with the stream
        finally:
            self.ended = True
            self.port = self.port if self.lingers else 0

    def end(self) -> None:
        """Ends the server as a crash does."""

    def _leave(self) -> None:
        if self.ended:
            self.lingers -= 1
            self.port = self.port if self.lingers else 0

    def serve(self, stream: Wire) -> None:
        """Answers one request."""
        if self.lingers:
            self._leave()
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += stream.read(1)
        line, *rest = head.decode().strip().split("\r\n")
        headers = {name.lower(): value for name, _, value in (each.partition(": ") for each in rest)}
        body = stream.read(int(headers.get("content-length", 0)))
        if self.silent:
            return
        method, path, _ = line.split(" ")
        data, kind = b"Not Found!!!", "404 Not Found"
        if (method, path) == ("GET", "/ping"):
            data, kind = b"pong", "200 OK"
        elif (method, path) == ("POST", "/jsonrpc/0"):
            asked = json.loads(body)
            if asked["method"] == "dumpWindowHierarchy" and self.crashes:
                self.crashes -= 1
                self.end()
                return
            data, kind = json.dumps({"jsonrpc": "2.0", "id": asked["id"], **self._answer(asked)}).encode(), "200 OK"
        stream.write(
            f"HTTP/1.1 {kind}\r\nContent-Type: application/json\r\nConnection: close\r\n"
            f"Content-Length: {len(data)}\r\n\r\n".encode()
            + data
        )

    def _answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        self.calls.append(asked["method"])
        machine = self._machine
        if self.disconnected:
            return {
                "error": {"code": -32001, "message": "java.lang.IllegalStateException: UiAutomation not connected!"}
            }
        with machine.lock:
            match asked["method"], asked.get("params") or []:
                case "waitForIdle", [int()]:
                    return {"result": None}
                case "dumpWindowHierarchy", [bool(), int(), *_]:
                    return {"result": self._tree()}
                case "setClipboard", [_, str(text)]:
                    self.clipboard = "" if self.locked_clipboard else text
                    return {"result": None}
                case "getClipboard", []:
                    return {"result": self.clipboard or None}
                case "pasteClipboard", []:
                    machine.write(self.clipboard)
                    return {"result": None}
        return {"error": {"code": -32601, "message": "method not found"}}

    def _tree(self) -> str:
        machine, failures = self._machine, self._machine.failures
        if failures.rootless > 0:
            failures.rootless -= 1
            return "<?xml version='1.0' encoding='UTF-8' standalone='yes' ?><hierarchy rotation=\"0\" />"
        data = dump(machine.root(), *machine.size, rotation=machine.rotation).decode()
        if failures.cut > 0:
            failures.cut -= 1
            return data[: len(data) * 2 // 3]
        return data
