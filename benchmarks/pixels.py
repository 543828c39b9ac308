"""What is read from the picture against what the application tells, on the same screens.

    python -m benchmarks.pixels
    python -m benchmarks.pixels mousepad thunar --menus 2

Of each application the first screen is taken, and one with each of its first menus open. The reader gets the picture
alone, as of an imported recording. Compared are the names of the elements that can be pressed, as far as they are
drawn: a name that is wider than its element is not, and neither is one of an element that is square, and shows an icon.
Ends with 1 if less than 0.9 of them are found where they are, or less than 0.9 of their boxes hold the middle of the
element. Needs the applications, and hindtrace[pixels].
"""

import argparse
import time
from collections.abc import Sequence
from difflib import SequenceMatcher
from statistics import median

from benchmarks.tables import table
from explorers.desktop import DesktopConfig
from explorers.desktop.session import Session
from explorers.desktop.watch import DesktopLook
from explorers.pixels import PixelReader, read_tree
from schemas.records import Box, Node

APPS = ("galculator", "mousepad", "l3afpad", "pcmanfm", "thunar", "qalculate-gtk", "featherpad")
BAR = 0.9
MENUS = 3
ALIKE = 0.75
LETTER = 5.5
SQUARE, ICON = 8.0, 48.0
_LOOKS = str.maketrans({"\u00d7": "x", "\u2212": "-", "\u2215": "/", "\u279e": "\u2192", "\u2026": "..."})
_PRESSED = frozenset(
    {
        "button", "checkbox", "gridcell", "link", "menuitem", "menuitemcheckbox", "menuitemradio", "option", "radio",
        "tab", "treeitem",
    }
)  # fmt: skip


def drawn(node: Node) -> bool:
    """Whether an element can be pressed and its name is written on it."""
    box = node.box
    if node.role not in _PRESSED or not node.name or box is None or node.has("offscreen") or node.has("covered"):
        return False
    square = abs(box.width - box.height) <= SQUARE and box.height <= ICON
    fits = LETTER * len(node.name) <= box.width
    return fits and not (square and len(node.name) > 2)


def same(name: str, read: str) -> bool:
    """Whether what was read is the name, but for signs, spaces and a letter or two."""
    one, other = ("".join(text.casefold().split()).translate(_LOOKS) for text in (name, read))
    return one in other or SequenceMatcher(None, one, other).ratio() >= ALIKE


def found(node: Node, read: Sequence[Node]) -> Node | None:
    """What was read on an element and says its name."""
    assert node.box is not None
    around = Box(node.box.x - 4, node.box.y - 4, node.box.width + 8, node.box.height + 8)
    return next(
        (
            each
            for each in read
            if each.box is not None
            and each.name
            and (around.contains(*each.box.centre) or each.box.contains(*node.box.centre))
            and same(node.name, each.name)
        ),
        None,
    )


def screens(app: str, menus: int) -> list[DesktopLook]:
    """The first screen of an application, and one for each of its first menus."""
    session = Session(app.split(), DesktopConfig())
    try:
        looks = [session.settled(acted=False)[1]]
        nodes = looks[0].tree.tree.nodes
        depth = next((node.depth for node in nodes if node.role == "menubar"), 0)
        bar = [node for node in nodes if node.role == "menuitem" and node.name and node.depth == depth + 1]
        for item in bar[:menus]:
            assert item.box is not None
            session.pointer.click(*(int(part) for part in item.box.centre))
            looks.append(session.settled(acted=True)[1])
            session.keyboard.press("Escape")
            session.settled(acted=True)
        return looks
    finally:
        session.close()


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("apps", nargs="*", default=APPS)
    parser.add_argument("--menus", type=int, default=MENUS)
    parser.add_argument("--missed", action="store_true", help="print what was not found")
    given = parser.parse_args(arguments)
    reader = PixelReader()
    rows, totals = [], [0, 0, 0]
    for app in given.apps:
        told = read = held = 0
        seconds = []
        looks = screens(app, given.menus)
        for look in looks:
            began = time.perf_counter()
            nodes = read_tree(look.screen, reader).nodes
            seconds.append(time.perf_counter() - began)
            for node in filter(drawn, look.tree.tree.nodes):
                if node.has("pixels"):
                    continue
                told += 1
                match = found(node, nodes)
                read += match is not None
                assert node.box is not None
                inside = match is not None and match.box is not None and match.box.contains(*node.box.centre)
                held += inside
                if given.missed and not inside:
                    print(f"{app}: {node.role} {node.name!r} {node.box}: {match and (match.name, match.box)}")
        totals = [before + more for before, more in zip(totals, (told, read, held), strict=True)]
        row = (app, len(looks), told, read, f"{read / max(told, 1):.2f}", f"{held / max(read, 1):.2f}")
        rows.append((*row, f"{seconds[0]:.2f}", f"{median(seconds[1:] or seconds):.2f}"))
    print(table(("application", "screens", "names", "read", "share", "middles", "first s", "next s"), rows))
    told, read, held = totals
    share, middles = read / max(told, 1), held / max(read, 1)
    print(f"{share:.3f} of {told} names are read, {middles:.3f} of their boxes hold the middle of the element")
    return 0 if min(share, middles) >= BAR else 1


if __name__ == "__main__":
    raise SystemExit(main())
