"""Which elements an action reaches: what it types into, what its keys press, what a finger wipes aside."""

from explorers.core.safety.chords import chord_of
from explorers.core.safety.scene import PRESSED, Scene
from schemas.actions import Action, Drag, Hover, Key, Scroll, Select, Swipe, Type, Upload, point_of

PULLED = frozenset({"slider", "switch"})
"""Roles of what is pulled to say yes: "Slide to pay"."""


def acted_on(scene: Scene, action: Action) -> int | None:
    """The innermost element that an action does something to, or None."""
    match action:
        case Type() | Key():
            sent = sent_by(scene, action)
            typed = typed_into(scene, action) if isinstance(action, Type) else only(scene.focused)
            reached = typed if sent is None else [sent]
        case Scroll() | Hover():
            reached = []
        case Select() | Upload() | Drag() | Swipe():
            point = point_of(action)
            reached = [] if point is None else scene.reached(point)
        case _:
            reached = scene.pressed(action)
    return reached[-1] if reached else None


def typed_into(scene: Scene, action: Type) -> list[int]:
    """The fields that a text may go to."""
    if action.point is None:
        return only(scene.focused)
    return [index for index in scene.reached(action.point) if scene.nodes[index].has("editable")]


def presses_enter(scene: Scene, action: Type) -> bool:
    """Whether a new line in the text is Enter, because what it goes to has one line, or is not known to have more."""
    lined = any(scene.nodes[index].has("multiline") for index in typed_into(scene, action)[-1:])
    return not lined and ("\n" in action.text or "\r" in action.text)


def swept(scene: Scene, action: Swipe) -> list[int]:
    """The elements that a finger does something to: a row that is wiped aside, a handle; scrolling touches nothing."""
    width, height = (
        (scene.observation.screen.width, scene.observation.screen.height) if scene.observation.screen else (0, 0)
    )
    (x, y), (right, bottom) = action.start.pixel(width, height), action.end.pixel(width, height)
    aside = abs(right - x) > abs(bottom - y)
    return [
        index
        for index in scene.reached(action.start)
        if scene.nodes[index].role in PULLED or (aside and scene.nodes[index].role in PRESSED)
    ]


def sent_by(scene: Scene, action: Type | Key) -> int | None:
    """The element that the keys press: the focused one, or the button of the form that Enter in a field sends."""
    if isinstance(action, Type):
        index = entered(scene, action)
    else:
        chord = chord_of(action.keys)
        # Whatever is held with it: Shift+Enter presses a button, too.
        index = scene.focused if chord & {"enter", "space"} else None
        if index is not None and scene.nodes[index].has("editable"):
            breaks_line = chord <= {"enter", "shift"} and scene.nodes[index].has("multiline")
            index = None if breaks_line or "space" in chord else index
    if index is None:
        return None
    return scene.submit(index) if scene.nodes[index].has("editable") else index


def entered(scene: Scene, action: Type | Key) -> int | None:
    """The field in which Enter is pressed, a line break that is typed key by key included, or None."""
    if isinstance(action, Type):
        enters = action.submit or presses_enter(scene, action) or (bool(action.pace) and "\n" in action.text)
        fields = typed_into(scene, action) if enters else []
        return fields[-1] if fields else None
    index = scene.focused if "enter" in chord_of(action.keys) else None
    return index if index is not None and scene.nodes[index].has("editable") else None


def only(index: int | None) -> list[int]:
    return [] if index is None else [index]
