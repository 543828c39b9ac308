"""A process and all that it started, and their memory, read from /proc."""

import os
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True, slots=True, order=True)
class Process:
    """A process; a number is used again by others, but not with the same start, in clock ticks since boot."""

    pid: int
    started: int

    @property
    def alive(self) -> bool:
        """Whether it still runs; one that ended and waits to be asked for its code does not."""
        found = _stat(self.pid)
        return found is not None and found[2] == self.started and found[0] != "Z"


@dataclass(frozen=True, slots=True)
class Memory:
    """Of several processes, in bytes; `pss` shares what they have in common among them, `rss` counts it each time."""

    pss: int
    rss: int


def tree(pid: int) -> list[Process]:
    """The process and its descendants, in order of their numbers; empty if it is gone."""
    found = {number: stat for number in _numbers() if (stat := _stat(number)) is not None}
    members = {pid} & found.keys()
    grown = True
    while grown:
        children = {number for number, (_, parent, *_) in found.items() if parent in members} - members
        members |= children
        grown = bool(children)
    return sorted(Process(number, found[number][2]) for number in members if found[number][0] != "Z")


def memory(processes: list[Process]) -> Memory:
    """What they hold together now; one that ended meanwhile holds nothing."""
    pss = rss = 0
    for process in processes:
        try:
            lines = (PROC / str(process.pid) / "smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        sizes = {line.split(":")[0]: int(line.split()[1]) for line in lines[1:]}
        pss += sizes["Pss"] * 1024
        rss += sizes["Rss"] * 1024
    return Memory(pss, rss)


def cpu_seconds(processes: list[Process]) -> float:
    """The time that they have computed together since they started; one that ended has none."""
    ticks = sum(stat[3] for process in processes if (stat := _stat(process.pid)) is not None)
    return ticks / os.sysconf("SC_CLK_TCK")


def _numbers() -> list[int]:
    return [int(name) for name in os.listdir(PROC) if name.isdigit()]


def _stat(pid: int) -> tuple[str, int, int, int] | None:
    """State, parent, start and computing time of a process, the last two in ticks, or None if there is none."""
    try:
        text = (PROC / str(pid) / "stat").read_text(errors="replace")
    except OSError:
        return None
    # The name, in brackets, may hold anything.
    fields = text.rpartition(")")[2].split()
    return fields[0], int(fields[1]), int(fields[19]), int(fields[11]) + int(fields[12])
