"""Draws a flame graph of an explorer's thread from stacks as py-spy writes them, as a small SVG without scripts.

    pip install py-spy
    py-spy record --idle --format raw -o stacks.txt -- python -m benchmarks.exploring datasette --contexts 1
    python -m benchmarks.flame stacks.txt docs/speed.svg

A line of the file is a stack, its functions from the outermost on with `;` between, and how often it was seen. Waiting
is seen too, so the width of a function is the part of the time that passes in it.
"""

import argparse
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

ROOT = "_walk"
"""The function whose time is the whole: the steps of an episode."""

PASSED = frozenset({"contextlib.py", "wrapping.py", "fleet.py"})
"""Files of functions that only call another."""

WIDTH, HEIGHT, LETTER = 1200.0, 17.0, 6.3
"""Of the picture, of a row and of a letter, in pixels."""

LEAST = 0.004
"""Of the whole: narrower functions are left out."""

DEEPEST = 16
_FRAME = re.compile(r"(?P<function>.+?) \((?:.*/)?(?P<file>[^/():]+)(?::\d+)?\)")
_COLOURS = (
    ("#e8845a", ("rollout.py", "aftermath.py", "experience.py", "watching.py")),
    ("#d9a441", ("random.py", "novelty.py", "view.py", "affordances.py", "options.py")),
    ("#8fb35a", ("recording.py", "traces.py", "trees.py", "keys.py", "_base.py")),
    ("#5a9bd5", ("devtools.py", "sockets.py", "threading.py")),
)
_OTHERS = "#9bb7c9"


@dataclass(slots=True)
class Call:
    """A function where it was called: how often it was seen, and what it called."""

    count: int = 0
    calls: dict[str, "Call"] = field(default_factory=dict)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stacks", type=Path)
    parser.add_argument("picture", type=Path)
    parser.add_argument("--root", default=ROOT, help=f"the function that is the whole (default: {ROOT})")
    given = parser.parse_args(arguments)
    with given.stacks.open(encoding="utf-8") as lines:
        whole = folded(lines, given.root)
    if not whole.count:
        parser.error(f"expected stacks with {given.root} in them, found none in {given.stacks}")
    given.picture.write_text(drawn(whole, given.root), encoding="utf-8")
    return 0


def folded(lines: Iterable[str], root: str) -> Call:
    """All stacks below a function as one tree."""
    whole = Call()
    for line in lines:
        stack, _, count = line.rpartition(" ")
        frames = [found for each in stack.split(";") if (found := _FRAME.fullmatch(each)) is not None]
        names = [f"{each['function']} ({each['file']})" for each in frames if each["file"] not in PASSED]
        at = next((index for index, name in enumerate(names) if name.startswith(f"{root} (")), None)
        if at is None:
            continue
        call = whole
        call.count += int(count)
        for name in names[at + 1 : at + DEEPEST]:
            call = call.calls.setdefault(name, Call())
            call.count += int(count)
    return whole


def drawn(whole: Call, root: str) -> str:
    """The picture, the whole at the top."""
    boxes = list(_boxes(whole, root, 0.0, 0, whole.count))
    height = HEIGHT * (1 + max(depth for depth, *_ in boxes))
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:.0f} {height:.0f}" '
        'font-family="monospace" font-size="10.5">'
    ]
    for depth, left, name, part in boxes:
        x, y, width = left * WIDTH, depth * HEIGHT, part * WIDTH
        short = name.partition(" (")[0]
        said = f"{short} {part:.0%}" if (len(short) + 4) * LETTER < width else short
        room = int((width - 4) / LETTER)
        text = said if len(said) <= room else f"{said[: room - 1]}…" if room > 4 else ""
        label = f'<text x="{x + 2:.1f}" y="{y + 12:.1f}">{escape(text)}</text>' if text else ""
        lines.append(
            f'<g><title>{escape(name)}: {part:.1%}</title><rect x="{x:.1f}" y="{y:.1f}" width="{width - 0.5:.1f}" '
            f'height="{HEIGHT - 1:.0f}" fill="{_colour(name)}"/>{label}</g>'
        )
    return "\n".join([*lines, "</svg>", ""])


def _boxes(call: Call, name: str, left: float, depth: int, whole: int) -> Iterator[tuple[int, float, str, float]]:
    """Depth, left edge, name and part of the whole of each function that is wide enough."""
    yield depth, left, name, call.count / whole
    for inner, below in sorted(call.calls.items(), key=lambda each: (-each[1].count, each[0])):
        if below.count >= LEAST * whole:
            yield from _boxes(below, inner, left, depth + 1, whole)
        left += below.count / whole


def _colour(name: str) -> str:
    file = name.rpartition("(")[2].rstrip(")")
    return next((colour for colour, files in _COLOURS if file in files), _OTHERS)


if __name__ == "__main__":
    raise SystemExit(main())
