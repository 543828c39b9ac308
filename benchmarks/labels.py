"""Steps labelled by the Beam stage against a plain load generator: the same server and bytes, 64 calls at once.

    python -m benchmarks.labels
    python -m benchmarks.labels --episodes 40 --latency 0.2

The server answers after a fixed time. The stage plans, draws the pictures, asks, keeps the answers and writes labels;
the generator has the bodies, which the server kept, and does nothing but send them. They take turns on fresh copies.
"""

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx2

from benchmarks.tables import table
from labelers.askers.synthesis import TaskSynthesizer
from labelers.kit.asker import Asker, ModelUse
from labelers.model.sending import Endpoint
from pipelines.annotate.asking import annotate_by_asking
from pipelines.annotate.planning import Spending
from pipelines.ingest.job import ingest
from tests.labelers.model.server import serving
from tests.pipelines.recorded import PAGES, PLACES, Walk, record

FLIGHTS = 64
STEPS = 25


@dataclass(frozen=True, slots=True)
class Rate:
    """How many calls were made in so many seconds."""

    calls: int
    seconds: float

    @property
    def per_second(self) -> float:
        """Calls a second."""
        return self.calls / self.seconds


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--episodes", type=int, default=280, help=f"of {STEPS} steps (default: 280)")
    parser.add_argument("--latency", type=float, default=0.5, metavar="S", help="of the server (default: 0.5)")
    parser.add_argument("--rounds", type=int, default=1, metavar="N")
    given = parser.parse_args(arguments)
    staged, plain = [], []
    with tempfile.TemporaryDirectory(prefix="hindtrace-") as name:
        folder = Path(name)
        write_lake(folder, given.episodes)
        for number in range(given.rounds):
            bodies = folder / f"bodies-{number}"
            bodies.mkdir()
            with serving(latency=given.latency, keep=str(bodies)) as url:
                staged.append(by_stage(folder, url, number))
            sent = [path.read_bytes() for path in sorted(bodies.iterdir())]
            with serving(latency=given.latency, keep=str(bodies)) as url:
                plain.append(asyncio.run(by_generator(url, sent)))
            sys.stderr.write(f"round {number}: {staged[-1].per_second:.0f} and {plain[-1].per_second:.0f} a second\n")
            shutil.rmtree(bodies)
    rows = [
        (kind, f"{rate.calls:,}", f"{rate.seconds:.1f}", f"{rate.per_second:.0f}")
        for kind, rates in (("the stage", staged), ("a load generator", plain))
        for rate in rates
    ]
    print(table(("who asks", "calls", "seconds", "a second"), rows))
    shares = sorted(one.per_second / other.per_second for one, other in zip(staged, plain, strict=True))
    print(f"\nThe stage reaches {100 * shares[len(shares) // 2]:.0f} % of the load generator.")
    return 0


def write_lake(folder: Path, episodes: int) -> None:
    """A lake of walks that all differ: each is through a site of its own."""
    for number in range(episodes):
        here, clicks = "/", []
        for step in range(STEPS):
            links = PAGES[here][1]
            clicks.append(links[(number + step) % len(links)])
            here = PLACES[clicks[-1]]
        record(folder / "traces", Walk(number, tuple(clicks), app=f"library-{number}.test"))
    ingest(folder / "traces", str(folder / "lake"))


def by_stage(folder: Path, url: str, number: int) -> Rate:
    """All questions of a fresh lake, asked by the job."""
    lake = folder / f"lake-{number}"
    shutil.copytree(folder / "lake", lake)
    began = time.monotonic()
    done = annotate_by_asking(
        str(lake), Asker(TaskSynthesizer(), ModelUse("local")), Spending(Endpoint(url, flights=FLIGHTS))
    )
    seconds = time.monotonic() - began
    shutil.rmtree(lake)
    return Rate(done.counts["calls ok"], seconds)


async def by_generator(url: str, bodies: Sequence[bytes]) -> Rate:
    """The same bodies sent by tasks that do nothing else."""
    waiting = iter(bodies)
    limits = httpx2.Limits(max_connections=FLIGHTS, max_keepalive_connections=FLIGHTS)
    began = time.monotonic()
    async with httpx2.AsyncClient(limits=limits, timeout=120, trust_env=False) as client:

        async def send() -> None:
            for body in waiting:
                answer = await client.post(
                    f"{url}/chat/completions", content=body, headers={"Content-Type": "application/json"}
                )
                answer.raise_for_status()

        await asyncio.gather(*(send() for _ in range(FLIGHTS)))
    return Rate(len(bodies), time.monotonic() - began)


if __name__ == "__main__":
    raise SystemExit(main())
