"""Engines as servers: each is started for the time of a context, gives the flags that lead to it, and is reaped."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.engines.getting import NotToBeHad, flink_classpath, prism, wheel
from benchmarks.engines.jobs import ROOT
from benchmarks.sites.serving import listens_in

STARTS_WITHIN, ENDS_WITHIN = 60.0, 10.0
"""Seconds."""

LOOPBACK = ("--environment_type=LOOPBACK",)
Flags = tuple[str, ...]


@contextmanager
def portable(folder: Path) -> Iterator[Flags]:
    """Beam's own job service in Python, in a process of its own."""
    port = free_port()
    command = [sys.executable, "-m", "apache_beam.runners.portability.local_job_service_main", "--port", str(port)]
    with served([*command, "--staging_dir", str(folder / "staged")], port, folder / "job service.log"):
        yield ("--runner=PortableRunner", f"--job_endpoint=localhost:{port}")


@contextmanager
def flink(folder: Path, *, heap: str = "1g") -> Iterator[Flags]:
    """A Flink mini cluster inside Beam's job server, whose heap is no larger than that.

    Raises:
        NotToBeHad: if the server can't be had.
    """
    port = free_port()
    command = ["java", f"-Xmx{heap}", "-cp", flink_classpath(), "org.apache.beam.runners.flink.FlinkJobServerDriver"]
    ports = [f"--job-port={port}", "--artifact-port=0", "--expansion-port=0"]
    staged = f"--artifacts-dir={folder / 'staged'}"
    with served([*command, *ports, staged, "--flink-master=[local]"], port, folder / "flink.log"):
        yield ("--runner=PortableRunner", f"--job_endpoint=localhost:{port}", "--parallelism=2")


@contextmanager
def prism_server(folder: Path) -> Iterator[Flags]:
    """The Prism runner.

    Raises:
        NotToBeHad: if it can't be had.
    """
    port = free_port()
    command = [str(prism()), f"--job_port={port}", "--serve_http=false", "--log_kind=text", "--log_level=warn"]
    with served(command, port, folder / "prism.log"):
        yield ("--runner=PortableRunner", f"--job_endpoint=localhost:{port}")


@contextmanager
def elsewhere(folder: Path) -> Iterator[Flags]:
    """A pool of workers that have the project's wheel and no more of it.

    They have another working directory, home and folder for temporary files, and an empty one in place of this tree.

    Raises:
        NotToBeHad: if this machine does not let a process have mounts of its own, or the workers see this tree.
    """
    if shutil.which("unshare") is None or os.geteuid() != 0:
        raise NotToBeHad("workers on another root need `unshare` and root")
    built = wheel(folder / "wheel")
    for name in ("project", "packages", "work", "home", "temporary", "bin"):
        (folder / name).mkdir()
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*install, "--target", str(folder / "project"), str(built)], check=True)
    (folder / "bin" / "python").symlink_to(Path(sys.executable).resolve())
    environment = {
        "PATH": f"{folder / 'bin'}:/usr/bin:/bin",
        "PYTHONPATH": f"{folder / 'project'}:{folder / 'packages'}",
        "HOME": str(folder / "home"),
        "TMPDIR": str(folder / "temporary"),
    }
    # The installed packages may lie in this tree, so they are bound to another place before it is hidden.
    script = 'mount --bind "$1" "$2" && mount -t tmpfs none "$3" && cd "$4" && shift 4 && exec "$@"'
    places = [_site_packages(), str(folder / "packages"), str(ROOT), str(folder / "work")]
    inside = ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "inside", *places]
    _check_hidden([*inside, "python"], environment, folder / "project")
    port = free_port()
    pool = ["python", "-m", "apache_beam.runners.worker.worker_pool_main", f"--service_port={port}"]
    with served([*inside, *pool], port, folder / "workers.log", environment):
        yield ("--environment_type=EXTERNAL", f"--environment_config=localhost:{port}")


def _site_packages() -> str:
    import apache_beam

    return str(Path(apache_beam.__file__).parents[1])


def _check_hidden(python: Sequence[str], environment: Mapping[str, str], project: Path) -> None:
    told = f"import os, pipelines; print(os.listdir({str(ROOT)!r}), pipelines.__file__)"
    done = subprocess.run([*python, "-c", told], env=dict(environment), capture_output=True, text=True, check=False)
    expected = f"[] {project / 'pipelines' / '__init__.py'}"
    if done.stdout.strip() != expected:
        found = (done.stdout + done.stderr).strip().splitlines()
        raise NotToBeHad(f"workers on another root: expected {expected}, found {found[-1] if found else 'nothing'}")


@contextmanager
def served(
    command: Sequence[str], port: int, log: Path, environment: Mapping[str, str] | None = None
) -> Iterator[None]:
    """Runs the server until the end of the context; then it and all that it started is gone, and its port is free.

    Raises:
        NotToBeHad: if it ends before it listens, or does not listen in time.
        RuntimeError: if something of it is left.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    env = None if environment is None else dict(environment)
    with log.open("wb") as sink:
        process = subprocess.Popen(command, stdout=sink, stderr=sink, env=env, start_new_session=True)
    try:
        if (
            not _within(STARTS_WITHIN, lambda: listens_in(process.pid, port) or process.poll() is not None)
            or process.poll() is not None
        ):
            last = log.read_text(errors="replace").strip().splitlines()[-1:]
            raise NotToBeHad(f"{command[0]} did not come up: {last[0][:200] if last else 'without a word'}")
        yield
    finally:
        _end(process)
    if not _within(ENDS_WITHIN, lambda: not _listens(port)):
        raise RuntimeError(f"port {port} is still taken after {command[0]} has ended")


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Ends the process and its group: first asked, then made to."""
    for signal_ in (signal.SIGTERM, signal.SIGKILL):
        if not _signalled(process.pid, signal_):
            break
        if _within(ENDS_WITHIN, lambda: process.poll() is not None and not _signalled(process.pid, 0)):
            break
    process.wait(ENDS_WITHIN)


def _signalled(group: int, number: int) -> bool:
    """Sends the signal to the group; whether there is one."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    return True


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _within(seconds: float, done: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if done():
            return True
        time.sleep(0.1)
    return done()


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
