"""The process above one desktop: starts its programs, reaps them, and leaves nothing behind when it ends.

It is run by itself (`python -I -S supervisor.py`), knows the standard library alone and has one thread. It talks over
one socket, its standard input, in messages of JSON. First it is told what to start:

    {"folder": "/tmp/x", "server": {...}, "display": null, "network": false, "hidden": [...], "shown": [...],
     "environment": {...}}

where `server` says how a display is started (`explorers.desktop.display.Server`); then, by any second message, that the
folder is filled. It answers `{"display": ":7", "inside": "/tmp", "open": [...]}` once all of it runs, where `open` says
what of the isolation is not permitted here, or `{"failed": "..."}`. Then each
`{"start": ["galculator"], "environment": {}, "log": "application.log"}` starts a program, whose output goes to that
file of the folder, and is answered by `{"started": 31}`, `{"stop": 31}` ends it, and each program that ends is told of:
`{"ended": 31, "code": -11}`. When the other end of the socket is closed, in whatever way whoever held it died, it kills
every process below itself, removes the display's lock and its folder, and ends.

What is explored is not trusted. It runs in a mount namespace of its own, where the permissions suffice: all is read
only but its home and a /tmp of its own, in which what is `shown` stays to be seen, and empty where `hidden` says so.
Unless the network is allowed there is none but its own loopback.
"""

import contextlib
import ctypes
import fcntl
import json
import os
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any

START_SECONDS = 15.0
END_SECONDS = 0.3
"""How long the display's server may take to end by itself, and to remove its lock; then it is killed."""

MESSAGE_LIMIT = 2**20
"""Bytes of one message over the socket, which keeps them apart; the kernel refuses to send longer ones."""

LOG_LIMIT = 64 * 2**10
"""Bytes of what the programs write that are kept."""

_libc = ctypes.CDLL(None, use_errno=True)
_NEWNS, _NEWUSER, _NEWNET = 0x20000, 0x10000000, 0x40000000
_BIND, _RECURSIVE, _PRIVATE = 0x1000, 0x4000, 0x40000
_PDEATHSIG, _SUBREAPER = 1, 36
_MOUNT_SETATTR, _AT_FDCWD, _AT_RECURSIVE = 442, -100, 0x8000


class StartFailed(Exception):
    """A part of the desktop did not start."""


class Desktop:
    """The programs of one desktop; `inside` is where they see the folder."""

    def __init__(self, order: dict[str, Any]) -> None:
        self.folder: str = order["folder"]
        self.order = order
        self.open: list[str] = []
        self.server: subprocess.Popen[bytes] | None = None
        self.display: str | None = order["display"]
        self.number = ""
        self.inside = self.folder
        self.confined = False
        self.children: dict[int, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        """Starts what every desktop has."""
        own = self.display is None
        if own:
            # Before the network is left: servers choose their numbers by what is taken in the network that they share.
            self.display = self._start_server()
        if not self.order["network"]:
            self._leave_network()
        self._try_confinement()
        bus = f"unix:path={self.inside}/run/bus"
        # It starts the accessibility bus and others when they are asked for. On somebody's display that must not name
        # itself in the root window's properties, so there they don't know of it.
        self._run(["dbus-daemon", "--session", "--nofork", "--nosyslog", f"--address={bus}"], display=own)
        if own:
            self._run(self.order["server"]["manager"])
        self._await_socket("run/bus")

    def _start_server(self) -> str:
        reading, writing = os.pipe()
        command = [word.replace("{ready}", str(writing)) for word in self.order["server"]["command"]]
        self.server = self._run(command, trusted=True, pass_fds=[writing])
        os.close(writing)
        self.number = _line(reading, "the display's server")
        return str(self.order["server"]["name"]).replace("{}", self.number)

    def run(self, command: list[str], environment: dict[str, str], log: str) -> int:
        """Starts a program of those that are explored, and returns its process id."""
        process = self._run(command, log=log, more=environment)
        self.children[process.pid] = process
        return process.pid

    def stop(self, pid: int) -> None:
        """Ends a program that `run` started, and what it started in turn in its group."""
        if pid in self.children:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)

    def ended(self) -> Iterator[tuple[int, int]]:
        """Reaps what has ended, and yields the process id and the exit code of each program that `run` started."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if self.server is not None and pid == self.server.pid:
                raise StartFailed("the display's server ended")
            if self.children.pop(pid, None) is not None:
                yield pid, os.waitstatus_to_exitcode(status)

    def end(self) -> None:
        """Ends everything, and removes what it left."""
        if self.server is not None:
            # Asked first: it removes its lock and its socket by itself.
            with contextlib.suppress(ProcessLookupError):
                self.server.send_signal(signal.SIGTERM)
            until = time.monotonic() + END_SECONDS
            _kill_below(but=self.server.pid)
            while self.server.poll() is None and time.monotonic() < until:
                time.sleep(0.005)
        while _kill_below():
            time.sleep(0.002)
        if self.server is not None and self.server.returncode != 0 and self.number:
            _remove_left([path.replace("{}", self.number) for path in self.order["server"]["left"]])
        shutil.rmtree(self.folder, ignore_errors=True)

    # ---- inside

    def _run(
        self,
        command: list[str],
        *,
        trusted: bool = False,
        display: bool = True,
        log: str = "desktop.log",
        pass_fds: Sequence[int] = (),
        more: dict[str, str] | None = None,
    ) -> "subprocess.Popen[bytes]":
        variables = {**self.order["environment"], **(more or {})}
        environment = {
            name: value.replace("{inside}", self.inside).replace("{display}", self.display or "")
            for name, value in variables.items()
            if "{display}" not in value or (display and self.display is not None)
        }
        path = os.path.join(self.folder, log)
        with open(path, "ab") as output:
            confined = self.confined and not trusted
            try:
                return subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    env=environment,
                    cwd=None if confined else os.path.join(self.folder, "agent"),
                    start_new_session=True,
                    pass_fds=pass_fds,
                    preexec_fn=self._confine if confined else _die_with_parent,
                )
            except (OSError, subprocess.SubprocessError, ValueError) as error:
                raise StartFailed(f"{command[0]} can't be started: {error}") from error

    def _await_socket(self, name: str) -> None:
        path = os.path.join(self.folder, name)
        until = time.monotonic() + START_SECONDS
        while not os.path.exists(path):
            if time.monotonic() > until:
                raise StartFailed(f"{name} did not come up: {self.complaint()}")
            time.sleep(0.003)

    def complaint(self) -> str:
        """The last line that the desktop's programs wrote."""
        with contextlib.suppress(OSError), open(os.path.join(self.folder, "desktop.log"), "rb") as log:
            lines = log.read(LOG_LIMIT).decode(errors="replace").strip().splitlines()
            return lines[-1][:300] if lines else "nothing was said"
        return "nothing was said"

    def _leave_network(self) -> None:
        """A network namespace of its own, with a loopback that leads nowhere else."""
        uid, gid = os.geteuid(), os.getegid()
        if _libc.unshare(_NEWNET) != 0:
            if _libc.unshare(_NEWNET | _NEWUSER) != 0:
                reason = os.strerror(ctypes.get_errno())
                self.open.append(f"the network is open: no namespace is permitted ({reason})")
                return
            _map_user(uid, gid)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket, contextlib.suppress(OSError):
            up = struct.pack("16sH14x", b"lo", 1)
            fcntl.ioctl(any_socket, 0x8914, up)  # SIOCSIFFLAGS

    def _try_confinement(self) -> None:
        """Whether a program may have its own view of the files: tried in a process that is thrown away."""
        pid = os.fork()
        if pid == 0:
            try:
                self._confine()
                os._exit(0)
            except BaseException:  # noqa: BLE001 - this process does nothing but end
                os._exit(1)
        _, status = os.waitpid(pid, 0)
        if status == 0:
            self.confined, self.inside = True, "/tmp"
        else:
            self.open.append("files outside the home can be written: no mount namespace is permitted")

    def _confine(self) -> None:
        """Makes all read only but the folder, which becomes /tmp; runs in the child, before its program."""
        _die_with_parent()
        if _libc.unshare(_NEWNS) != 0:
            uid, gid = os.geteuid(), os.getegid()
            _check(_libc.unshare(_NEWNS | _NEWUSER))
            _map_user(uid, gid)
        # They lie below what is covered in a moment, and must be of this namespace.
        folder = os.open(self.folder, os.O_PATH)
        shown = {path: os.open(path, os.O_PATH) for path in self.order["shown"] if os.path.exists(path)}
        _mount(None, "/", _RECURSIVE | _PRIVATE)
        attributes = struct.pack("QQQQ", 1, 0, 0, 0)
        _check(
            _libc.syscall(_MOUNT_SETATTR, _AT_FDCWD, b"/", _AT_RECURSIVE, attributes, ctypes.c_size_t(len(attributes)))
        )
        if os.path.isdir("/dev/shm"):
            _mount("tmpfs", "/dev/shm", 0, kind="tmpfs", data="size=256m")
        _mount(f"/proc/self/fd/{folder}", "/tmp", _BIND)
        _check(
            _libc.syscall(_MOUNT_SETATTR, _AT_FDCWD, b"/tmp", 0, struct.pack("QQQQ", 0, 1, 0, 0), ctypes.c_size_t(32))
        )
        for path in self.order["hidden"]:
            if os.path.isdir(path):
                _mount("tmpfs", path, 1, kind="tmpfs", data="size=4k")
        for path, file in shown.items():
            if os.path.isdir(f"/proc/self/fd/{file}"):
                os.makedirs(path, exist_ok=True)
            else:
                os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
            _mount(f"/proc/self/fd/{file}", path, _BIND)
        os.chdir("/tmp/agent")


def _map_user(uid: int, gid: int) -> None:
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def _mount(source: str | None, target: str, flags: int, *, kind: str | None = None, data: str | None = None) -> None:
    encoded = [None if text is None else text.encode() for text in (source, target, kind, data)]
    _check(_libc.mount(encoded[0], encoded[1], encoded[2], ctypes.c_ulong(flags), encoded[3]))


def _check(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _die_with_parent() -> None:
    """Has the kernel end this process when the supervisor is killed; the only thread of that is its first."""
    _libc.prctl(_PDEATHSIG, signal.SIGKILL)


def _kill_below(*, but: int | None = None) -> bool:
    """Kills the children, whose own children become ours; returns whether there are any."""
    any_left = False
    with open(f"/proc/self/task/{os.getpid()}/children") as children:
        pids = [int(pid) for pid in children.read().split()]
    for pid in pids:
        if pid == but:
            continue
        any_left = True
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
    return any_left


def _remove_left(paths: Sequence[str]) -> None:
    """Removes what a server left that was killed, unless another one has its socket already, the first of them."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as any_socket:
        try:
            any_socket.connect(paths[0])
        except OSError:
            for path in paths:
                with contextlib.suppress(OSError):
                    os.unlink(path)


def _line(descriptor: int, who: str) -> str:
    """The line that is written to a pipe: it comes in pieces, and closing it early ends the writer."""
    text = b""
    until = time.monotonic() + START_SECONDS
    while not text.endswith(b"\n"):
        ready, _, _ = select.select([descriptor], [], [], max(until - time.monotonic(), 0))
        piece = os.read(descriptor, 64) if ready else b""
        if not piece:
            raise StartFailed(f"{who} did not come up")
        text += piece
    os.close(descriptor)
    return text.decode().strip()


def serve(control: socket.socket) -> None:
    """Does what is asked over the socket until it is closed."""
    _check(_libc.prctl(_SUBREAPER, 1, 0, 0, 0))
    waking, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: None)  # the pipe is what is looked at
    desktop = Desktop(json.loads(control.recv(MESSAGE_LIMIT)))
    control.recv(MESSAGE_LIMIT)

    def say(**what: Any) -> None:
        control.sendall(json.dumps(what).encode())

    try:
        if not os.path.isdir(os.path.join(desktop.folder, "run")):
            return  # whoever wanted it is gone
        desktop.start()
        say(display=desktop.display, inside=desktop.inside, open=desktop.open)
        while True:
            for pid, code in desktop.ended():
                say(ended=pid, code=code)
            ready, _, _ = select.select([control.fileno(), waking], [], [])
            if waking in ready and any(each != signal.SIGCHLD for each in os.read(waking, 4096)):
                return
            if control.fileno() in ready:
                message = control.recv(MESSAGE_LIMIT)
                if not message:
                    return
                asked = json.loads(message)
                if "stop" in asked:
                    desktop.stop(asked["stop"])
                    continue
                try:
                    say(started=desktop.run(asked["start"], asked["environment"], asked["log"]))
                except StartFailed as error:
                    say(failed=str(error))
    except StartFailed as error:
        with contextlib.suppress(OSError):
            say(failed=str(error))
    except OSError:
        return  # the other end is gone
    finally:
        desktop.end()


if __name__ == "__main__":
    serve(socket.socket(fileno=os.dup(0)))
    sys.exit(0)
