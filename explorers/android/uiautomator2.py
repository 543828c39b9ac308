"""The server of the library uiautomator2 as a backend: a tree without a new process for each, and any text typed.

`uiautomator dump` starts a process of its own, which takes most of its one or two seconds; that server goes on. Its jar
is what the library installs; the library itself is not imported, because its requests can wait for ever.
"""

import hashlib
import importlib.util
import itertools
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from explorers.android import look
from explorers.android.actions import Command, Paste
from explorers.android.adb import Adb, AdbError, AdbTimeout, Running
from explorers.android.device import ask
from explorers.android.dump import DEPTH_LIMIT
from explorers.android.look import CommandResult, DeviceLook
from explorers.android.provisioning import push
from schemas.errors import ConfigurationError, DeviceUnavailable

JAR = "/data/local/tmp/u2.jar"
"""Where the library itself puts it: whoever has used the library on a device has it there."""
PORT = 9008
START = f"CLASSPATH={JAR} app_process / com.wetest.uia2.Main -p {PORT}"
START_SECONDS = 30.0
END_SECONDS = 5.0
"""How long a server that was ended may go on answering."""
POLL_SECONDS = 0.1
REST_SECONDS = 10.0
"""As long as `uiautomator dump` waits for a screen that does not come to rest."""
DEPTH = DEPTH_LIMIT + 2
"""Of a tree: deeper than what is read, so that one that is too deep is told. The server cuts without a word, at 50."""


class ServerFault(Exception):
    """The server runs no more, or refuses what it is asked; the device is there."""


def jar() -> Path:
    """The jar of the library that is installed here.

    Raises:
        ConfigurationError: if it is not, or not this version.
    """
    library = importlib.util.find_spec("uiautomator2")
    path = Path(library.origin).parent / "assets" / "u2.jar" if library and library.origin else None
    if path is None or not path.is_file():
        raise ConfigurationError("the backend uiautomator2 needs \"pip install 'hindtrace[uiautomator2]'\"")
    return path


class Uiautomator2Backend:
    """The server on one device: started by `start`, and again by `look` where it has ended.

    Raises:
        ConfigurationError: if the library is not installed here.
    """

    pastes = True

    def __init__(self, adb: Adb, *, seconds: float) -> None:
        self._adb, self._seconds, self._jar = adb, seconds, jar()
        self._mark = look.new_mark()
        self._running: Running | None = None
        self._up = self._ending = False

    def start(self) -> None:
        """Puts the server on the device and starts it, unless it answers."""
        # One that was ended may still answer, and is gone before the next call: it is not the one to go on with.
        until = time.monotonic() + (END_SECONDS if self._ending else 0.0)
        while (answers := self._answers()) and time.monotonic() < until and not self._adb.interrupted:
            time.sleep(POLL_SECONDS)
        self._up, self._ending = answers, False
        if self._up:
            return
        self.stop()
        said = ask(self._adb, sum=f"md5sum {JAR}")
        digest = hashlib.md5(self._jar.read_bytes(), usedforsecurity=False).hexdigest()
        if digest not in said["sum"]:
            push(self._adb.serial, self._jar, JAR)
        running = self._running = self._adb.begin(START)
        until = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._adb.interrupted:
                self.stop()
                raise AdbError("interrupted")
            if running.ended or time.monotonic() > until:
                self.stop()
                raise DeviceUnavailable(self._problem(running.said))
            time.sleep(POLL_SECONDS)
        self._up = True

    def look(self, orders: tuple[Command, ...] = ()) -> DeviceLook:
        """Does the orders one after another, waits for rest, and looks; without a tree where the server fails.

        Raises:
            AdbError: if the device can't be asked.
            DeviceUnavailable: if the server has ended, and does not start again.
        """
        if not self._up or (self._running is not None and self._running.ended):
            self.start()
        done: list[CommandResult] = []
        for pasting, group in itertools.groupby(orders, lambda order: isinstance(order, Paste)):
            some = list(group)
            if pasting:
                done += [self._paste(order.text) for order in some if isinstance(order, Paste)]
                continue
            commands = tuple(order for order in some if isinstance(order, str))
            answer = self._adb.run(look.script(commands, self._mark, {}), seconds=self._seconds)
            done += look.done_of(answer, self._mark, count=len(commands))
        tree, said = self._tree()
        answer = self._adb.run(look.script((), self._mark, look.ALL_BUT_TREE), seconds=self._seconds)
        return replace(look.read(answer, self._mark, tree=tree, said=said), done=tuple(done))

    def stop(self) -> None:
        """Ends the server, if this started it."""
        self._up = False
        if self._running is not None:
            self._running.close()
            self._running, self._ending = None, True

    # ---- inside

    def _tree(self) -> tuple[bytes, str]:
        """The tree of the active window, as `uiautomator dump` gives it, and what is to be said of it."""
        began = time.monotonic()
        try:
            self._call("waitForIdle", round(REST_SECONDS * 1000))
            said = "could not get idle state" if time.monotonic() - began >= REST_SECONDS else ""
            # The windows come in no order, so which lies over which is not known: the active one alone.
            tree = self._call("dumpWindowHierarchy", False, DEPTH, True)
        except ServerFault as error:
            return b"", f"uiautomator2: {error}"
        return str(tree or "").encode(), said

    def _paste(self, text: str) -> CommandResult:
        try:
            self._call("setClipboard", None, text)
            if self._call("getClipboard") != text:
                return CommandResult("the device keeps its clipboard to itself: this text needs the ADB keyboard", 1)
            self._call("pasteClipboard")
        except ServerFault as error:
            return CommandResult(f"uiautomator2: {error}", 1)
        return CommandResult("", 0)

    def _call(self, method: str, *parameters: Any) -> Any:
        """What the server answers.

        Raises:
            AdbError: if the device can't be asked.
            ServerFault: if the server can't, or refuses.
        """
        asked = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}
        try:
            data = self._adb.post(PORT, "/jsonrpc/0", json.dumps(asked).encode(), seconds=self._seconds)
        except AdbTimeout:
            self.stop()  # it hangs; the next look starts another
            raise
        except AdbError as error:
            if self._adb.state() != "device":
                raise
            self.stop()
            raise ServerFault(f"its server does not answer ({error})") from error
        try:
            answer = json.loads(data)
        except ValueError as error:
            raise ServerFault("its server answered what is no JSON") from error
        if not isinstance(answer, dict) or "error" in answer:
            fault = answer.get("error") if isinstance(answer, dict) else answer
            said = str(fault.get("message")) if isinstance(fault, dict) else str(fault)
            if any(sign in said for sign in ("not connected", "DeadObject", "DeadSystem")):
                self.stop()  # it answers, and sees nothing any more: only a new one does
            raise ServerFault(" ".join(said.split())[:200])
        return answer.get("result")

    def _answers(self) -> bool:
        try:
            return self._adb.post(PORT, "/ping", None, seconds=5.0) == b"pong"
        except AdbError:
            return False

    def _problem(self, said: str) -> str:
        serial, lines = self._adb.serial, [line.strip() for line in said.splitlines() if line.strip()]
        if "already registered" in said:
            return f"something else looks at the screen of {serial} (Appium, uiautomator, another run): end it"
        line = next(
            (line for line in reversed(lines) if "Exception" in line or "Error" in line), (lines or ["nothing"])[-1]
        )
        return f"the server of uiautomator2 does not start on {serial}, it said: {line[:200]}; --backend adb needs none"
