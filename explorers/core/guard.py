"""The process above a launched program: it ends it, with all that it started, when whoever launched it is gone.

It is run by itself (`python -I -S guard.py FOLDER PROGRAM ARGUMENTS...`) and knows the standard library alone. Its
standard input is a pipe of which nothing comes: when that is closed, in whatever way its holder died, it asks the
program to end, kills every process below itself, and removes the folder. Where the program ends first, it ends with its
code, and leaves nothing running. What the program writes goes to `log` in the folder, of which the last part is kept.
"""

import contextlib
import ctypes
import os
import select
import shutil
import signal
import subprocess
import sys
import time

KEPT = 64 * 2**10
"""Bytes of what the program writes that are kept, and half as many after more came."""

END_SECONDS = 3.0
"""How long the program may take to end by itself."""

_PDEATHSIG, _SUBREAPER = 1, 36


def main(folder: str, command: list[str]) -> int:
    """Runs the program until it ends, or standard input is closed; its exit code."""
    _prctl(_SUBREAPER, 1)  # what the program leaves behind becomes ours
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the pipe says when it is over
    over = False
    waking, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    with open(os.path.join(folder, "log"), "w+b", buffering=0) as kept:
        try:
            program = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                restore_signals=True,
                preexec_fn=_begin,
            )
        except OSError as error:
            kept.write(f"{command[0]} can't be started: {error.strerror}\n".encode())
            return 127
        assert program.stdout is not None
        os.set_blocking(program.stdout.fileno(), False)
        listened = [0, waking, program.stdout.fileno()]
        while program.poll() is None:
            ready, _, _ = select.select(listened, [], [])
            if waking in ready:
                os.read(waking, 4096)
            if program.stdout.fileno() in ready and not _keep(program.stdout.fileno(), kept.fileno()):
                listened.remove(program.stdout.fileno())
            if 0 in ready and not os.read(0, 4096):
                _ask(program)
                over = True
                break
        while _keep(program.stdout.fileno(), kept.fileno()):
            pass
        while _kill_below():
            time.sleep(0.002)
    if over:
        shutil.rmtree(folder, ignore_errors=True)
    return program.wait() & 0xFF


def _begin() -> None:
    """Has the program hear signals again, and end when this process is killed; runs in the child before it."""
    _prctl(_PDEATHSIG, signal.SIGKILL)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def _prctl(what: int, value: int) -> None:
    """Asks the kernel; on another one than Linux's there is nothing to ask."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(what, value, 0, 0, 0)


def _ask(program: "subprocess.Popen[bytes]") -> None:
    """Asks the program to end, and all of its group; waits for it a while."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(program.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        program.wait(END_SECONDS)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(program.pid, signal.SIGKILL)


def _keep(source: int, kept: int) -> bool:
    """Takes what the program wrote, and whether there was something."""
    try:
        part = os.read(source, KEPT // 2)
    except BlockingIOError:
        return False
    if os.fstat(kept).st_size + len(part) > KEPT:
        size = os.fstat(kept).st_size
        part = (os.pread(kept, size, 0) + part)[-KEPT // 2 :]
        os.ftruncate(kept, 0)
    os.lseek(kept, 0, os.SEEK_END)
    with contextlib.suppress(OSError):  # a full disk ends no program
        os.write(kept, part)
    return bool(part)


def _kill_below() -> bool:
    """Kills the children, whose own children become ours; returns whether there are any."""
    try:
        with open(f"/proc/self/task/{os.getpid()}/children") as children:
            pids = [int(pid) for pid in children.read().split()]
    except OSError:
        return False  # no such table: the group was killed
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
    return bool(pids)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
