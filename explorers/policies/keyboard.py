"""What a hand does without a mouse: keys where nothing that can be pressed is told, lines at a prompt, a new start."""

from explorers.core.affordances import Affordance
from explorers.core.memory import Memory, short_key
from explorers.core.safety.terminals import TERMINAL, prompts_of
from explorers.policies.options import Option
from explorers.policies.view import View
from schemas.actions import Key, Type
from schemas.records import Observation

KEYS = (
    "Tab", "Enter", "Space", "ArrowDown", "ArrowRight", "ArrowLeft", "ArrowUp", "F10", "PageDown", "Home", "End",
    "Backspace",
)  # fmt: skip
"""Keys that move within a window or use what is chosen there; none of them closes it."""

TEXTS = ("hello", "12", "7+8", "note 1")
"""What is typed where nothing tells which field takes it: nothing to a shell, something to a calculator."""

PROMPT_KEYS = ("ArrowUp", "Tab", "Control+l")
_DESKTOP = frozenset({"atspi", "pixels"})


def is_desktop(observation: Observation) -> bool:
    """Whether what is seen has windows and a keyboard of its own, and no address."""
    return observation.tree is not None and observation.tree.kind in _DESKTOP


def key_options(view: View, weight: float) -> list[Option]:
    """Keys and short texts as options, each of that weight, where all that can be pressed was read from the picture."""
    observation = view.observation
    if not is_desktop(observation) or not observation.windows:
        return []
    told = [each for each in view.affordances if not each.node.has("pixels")]
    drawn = any(node.has("pixels") for node in observation.nodes)
    if told or not (drawn or not view.affordances):
        return []
    prompt = any(node.field == TERMINAL for node in observation.nodes)
    identity = ("key", view.page)
    options = [Option(Key(each), each, weight, (*identity, each)) for each in (PROMPT_KEYS if prompt else KEYS)]
    if not prompt:
        options += [Option(Type(text), f"type {text}", weight, (*identity, text)) for text in TEXTS]
    return options


def line_at(each: Affordance, memory: Memory) -> str | None:
    """The line that was entered least often at a prompt, the earlier of the list first; None at no prompt."""
    if each.node.field != TERMINAL:
        return None
    lines = prompts_of((each.node.value or "").splitlines())
    return min(lines, key=lambda line: memory.visits(short_key("line", line)))


def note_line(text: str, memory: Memory) -> None:
    """Counts a line that was entered at a prompt."""
    memory.visit(short_key("line", text))
