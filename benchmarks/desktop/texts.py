"""Types random texts into an editor and reads them back: all have to arrive.

    python -m benchmarks.desktop.texts --texts 500

The characters are of many scripts, planes beyond the first included. Ends with 1 if one text did not arrive.
"""

import argparse
import random
import unicodedata
from collections.abc import Sequence
from statistics import median
from time import perf_counter

from explorers.desktop import DesktopEnvironment
from schemas.actions import Point, Type
from schemas.records import Node, Observation

RANGES = (
    (0x20, 0x7E), (0xA1, 0x17F), (0x391, 0x3C9), (0x410, 0x44F), (0x5D0, 0x5EA), (0x621, 0x64A), (0x905, 0x939),
    (0x3041, 0x3096), (0x30A1, 0x30FA), (0x4E00, 0x9FA5), (0xAC00, 0xD7A3), (0x2190, 0x21FF), (0x1F300, 0x1F5FF),
)  # fmt: skip


def random_text(chance: random.Random, longest: int = 40) -> str:
    """A text of several scripts."""
    text = ""
    for _ in range(chance.randint(1, longest)):
        low, high = RANGES[0] if chance.random() < 0.4 else chance.choice(RANGES)
        character = chr(chance.randint(low, high))
        text += character if unicodedata.category(character) not in ("Cn", "Cf", "Mn", "Mc") else "e"
    return text


def field(seen: Observation) -> Node:
    """The editor's text."""
    assert seen.tree is not None
    return max(
        (node for node in seen.tree.nodes if node.role == "textbox" and node.has("editable") and node.box is not None),
        key=lambda node: node.box.width * node.box.height if node.box is not None else 0,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; 0 if every text arrived."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, default=500)
    parser.add_argument("--app", default="mousepad")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    chance = random.Random(given.seed)
    environment = DesktopEnvironment(given.app)
    wrong, seconds = [], []
    try:
        seen = environment.reset()
        for number in range(given.texts):
            text = random_text(chance)
            box = field(seen).box
            assert box is not None
            began = perf_counter()
            outcome = environment.act(Type(text, Point.on(*box.centre, width=1280, height=720), clear=True))
            seconds.append(perf_counter() - began)
            seen = environment.observe()
            if field(seen).value != text:
                wrong.append(text)
                print(f"text {number}: {text!r} became {field(seen).value!r} ({outcome.result}, {outcome.message})")
    finally:
        environment.close()
    arrived = given.texts - len(wrong)
    print(f"{arrived} of {given.texts} texts arrived in {given.app}, median {median(seconds):.3f} s each")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
