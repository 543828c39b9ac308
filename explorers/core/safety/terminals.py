"""What may be entered at the prompt of a shell or of Python: commands that show, and nothing that a person would miss.

They are whole lines from a list, because a shell does what it is told: any other line is refused. They read and list
the episode's home, say the time, compute, make an empty folder or file. None removes, moves, overwrites, installs,
starts something that goes on, reaches the network, or says who or where the machine is.
"""

from collections.abc import Iterable

from explorers.core.safety.chords import chord_of
from explorers.core.safety.scene import Scene
from schemas.actions import Action, Key, MiddleClick, Type, point_of

TERMINAL = "terminal"
"""The `field` of an element that takes lines of a shell or of another interpreter."""

SHELL = (
    "ls", "pwd", "date", "echo hello", "ls -l", "cat shopping.txt", "ls Documents", "cat Documents/notes.txt",
    "wc -l shopping.txt", "sort shopping.txt", "head -n 2 Documents/letter.txt", "ls -a", "cd Documents", "cd ..",
    "echo 3 apples", "mkdir drafts", "touch empty-note.txt", "grep -i library Documents/notes.txt", "ls -R",
    "tail -n 2 Documents/budget.csv", "expr 7 + 5", "cut -d , -f 1 Documents/guests.csv", "sort -r shopping.txt",
    "cat Documents/recipes/soup.txt", "wc Documents/letter.txt", "seq 5", "cal", "true", "clear",
)  # fmt: skip
PYTHON = (
    "1 + 2", "print('hello')", "len('library')", "'apples'.upper()", "sorted([3, 1, 2])", "7 * 6",
    "[n * n for n in range(5)]", "sum(range(10))", "'a b c'.split()", "max(4, 9)", "round(2.5 * 3)", "dict(a=1)",
)  # fmt: skip
_HARMLESS = frozenset((*SHELL, *PYTHON))
_PASTING = frozenset(map(chord_of, ("Shift+Insert", "Control+Shift+v", "Control+v", "Control+y", "Control+r")))
_ENDING = frozenset(map(chord_of, ("Control+d", "Control+z", "Control+\\")))


def harmless(text: str) -> bool:
    """Whether each line of a text may be entered at a prompt."""
    return all(line.strip() in _HARMLESS for line in text.splitlines() if line.strip())


def terminals(scene: Scene, action: Action) -> list[int]:
    """The indexes of the terminals that an action goes to: those at its point, else those in focus, else all."""
    there = [index for index, node in enumerate(scene.nodes) if node.field == TERMINAL]
    point = point_of(action)
    if point is not None:
        reached = scene.reached(point)
        return [index for index in there if index in reached]
    return [index for index in there if scene.nodes[index].has("focused")] or there


def refused_in_terminal(action: Action) -> str | None:
    """Why an action must not be done in a terminal, or None if it may."""
    match action:
        case Type(text) if not harmless(text):
            return "denied: a terminal does what it is told, and this is none of the lines that only show something"
        case Key(keys):
            chord = chord_of(keys)
            if chord in _ENDING:
                return f"denied: the keys {keys[:40]} end what runs in a terminal"
            if chord in _PASTING or (any(len(key) == 1 for key in chord) and not chord & {"control", "alt", "meta"}):
                return f"denied: the keys {keys[:40]} enter into a terminal what was not looked at"
        case MiddleClick():
            return "denied: the middle button pastes into a terminal what was not looked at"
    return None


def prompts_of(lines: Iterable[str]) -> tuple[str, ...]:
    """The lines that fit the last prompt of what a terminal shows: Python's where it asks with `>>>`."""
    last = next((line.strip() for line in reversed(list(lines)) if line.strip()), "")
    return PYTHON if last.startswith(("»>", ">>", "In [")) else SHELL
