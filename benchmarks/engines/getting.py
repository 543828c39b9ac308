"""Gets what engines are made of, once, into `.bench/engines`: Flink's jars from Maven, Prism from its Go module."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.engines.jobs import ROOT

KEPT = ROOT / ".bench" / "engines"
POM = Path(__file__).with_name("pom.xml")
FLINK_JAR = "FLINK_JOB_SERVER_JAR"
PRISM = "github.com/apache/beam/sdks/v2/go/cmd/prism@v2.77.0"
MINUTES = 10


class NotToBeHad(Exception):
    """An engine that can't be run here; the message says why."""


def flink_classpath() -> str:
    """Beam's job server for Flink: the jar that the environment names, or what the POM resolves to.

    Raises:
        NotToBeHad: without Java or Maven, or where Maven does not find a jar.
    """
    _need("java", "Java 11 or 17")
    named = os.environ.get(FLINK_JAR)
    if named:
        if not Path(named).is_file():
            raise NotToBeHad(f"{FLINK_JAR} names {named}, which is no file")
        return named
    folder = KEPT / "flink"
    if not (folder / "whole").exists():
        _need("mvn", f"Maven, or {FLINK_JAR} with the jar of Beam's job server")
        shutil.rmtree(folder, ignore_errors=True)
        _get(["mvn", "-q", "-B", "-f", str(POM), "dependency:copy-dependencies", f"-DoutputDirectory={folder}"])
        (folder / "whole").touch()
    return f"{folder}/*"


def prism() -> Path:
    """The Prism runner: the one on the path, or built from its module.

    Raises:
        NotToBeHad: without Go, or where the module can't be built.
    """
    found = shutil.which("prism")
    if found:
        return Path(found)
    program = KEPT / "bin" / "prism"
    if not program.exists():
        _need("go", "Go 1.25 or later")
        _get(["go", "install", PRISM], GOBIN=str(program.parent))
    return program


def wheel(folder: Path) -> Path:
    """The project's wheel, built from what is here.

    Raises:
        NotToBeHad: if it can't be built.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _get([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)], cwd=ROOT)
    (found,) = folder.glob("*.whl")
    return found


def _need(program: str, what: str) -> None:
    if shutil.which(program) is None:
        raise NotToBeHad(f"no {program} here: it takes {what}")


def _get(command: list[str], *, cwd: Path | None = None, **environment: str) -> None:
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=60 * MINUTES,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise NotToBeHad(f"`{' '.join(command[:3])} ...` took more than {MINUTES} minutes") from error
    if done.returncode:
        lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        raise NotToBeHad(f"`{' '.join(command[:3])} ...` failed: {lines[0][:200] if lines else 'without a word'}")
