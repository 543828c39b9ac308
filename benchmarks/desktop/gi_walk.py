"""The system's own bindings: walks all of the desktop's tree for each line of its input. Run by the system's Python.

AT_SPI_BUS_ADDRESS=unix:path=... /usr/bin/python3 benchmarks/desktop/gi_walk.py
"""

import json
import sys
import time
import warnings

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, GLib  # noqa: E402

SHOWING = Atspi.StateType.SHOWING


def walk(node, found, seen):
    """Adds role, name, box, text of what is showing; what ended meanwhile is passed over."""
    try:
        states = node.get_state_set()
        showing = states.contains(SHOWING)
        count = node.get_child_count()
        if showing:
            component, text = node.get_component_iface(), node.get_text_iface()
            box = None
            if component is not None:
                extents = component.get_extents(Atspi.CoordType.SCREEN)
                box = [extents.x, extents.y, extents.width, extents.height]
            said = Atspi.Text.get_text(text, 0, -1) if text is not None else None
            found.append([int(node.get_role()), node.get_name() or "", box, said])
        if count > 5_000:
            return
        for index in range(count):
            child = node.get_child_at_index(index)
            if child is not None and child not in seen:
                seen.add(child)
                walk(child, found, seen)
    except GLib.Error:
        return


warnings.simplefilter("ignore", DeprecationWarning)


def main():
    """Answers each line with the seconds that a walk took, and what it found."""
    Atspi.init()
    for _ in sys.stdin:
        began = time.perf_counter()
        desktop = Atspi.get_desktop(0)
        desktop.clear_cache()  # nobody runs a main loop here that would keep it true
        found = []
        for index in range(desktop.get_child_count()):
            walk(desktop.get_child_at_index(index), found, set())
        print(json.dumps([time.perf_counter() - began, found]), flush=True)


if __name__ == "__main__":
    main()
