"""Views as an Android screen has them: as `uiautomator dump` writes them, and as a picture."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from xml.sax.saxutils import quoteattr

from PIL import Image, ImageDraw, ImageFont

Bounds = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels."""

_FONT = ImageFont.load_default(20)


@dataclass(slots=True)
class View:
    """A view; `does` is what a tap on it does, `holds` what a long press does."""

    cls: str
    text: str = ""
    id: str = ""
    desc: str = ""
    hint: str = ""
    package: str = ""
    bounds: Bounds = (0, 0, 0, 0)
    children: list["View"] = field(default_factory=list)
    does: Callable[[], None] | None = None
    holds: Callable[[], None] | None = None
    clickable: bool = False
    long_clickable: bool = False
    checkable: bool = False
    checked: bool = False
    enabled: bool = True
    focused: bool = False
    scrollable: bool = False
    password: bool = False
    selected: bool = False

    def walk(self) -> Iterator["View"]:
        """This view and all below it, in preorder."""
        yield self
        for child in self.children:
            yield from child.walk()

    def under(self, x: float, y: float) -> Iterator["View"]:
        """The views at a pixel, in preorder; what scrolls shows nothing beyond its edges."""
        if self.contains(x, y):
            yield self
        elif self.scrollable:
            return
        for child in self.children:
            yield from child.under(x, y)

    def contains(self, x: float, y: float) -> bool:
        """Whether the pixel lies in it."""
        left, top, right, bottom = self.bounds
        return left <= x < right and top <= y < bottom


def dump(root: View, width: int, height: int, *, rotation: int = 0) -> bytes:
    """The XML of `uiautomator dump`: what is visible, its boxes cut to the screen and to what scrolls around them."""
    lines = ["<?xml version='1.0' encoding='UTF-8' standalone='yes' ?>", f'<hierarchy rotation="{rotation}">']

    def write(view: View, index: int, clip: Bounds) -> None:
        left, top, right, bottom = view.bounds
        left, top, right, bottom = max(left, clip[0]), max(top, clip[1]), min(right, clip[2]), min(bottom, clip[3])
        if right <= left or bottom <= top:
            return
        # An empty field tells its hint as its text, as TextView.getTextForAccessibility does.
        text = "•" * len(view.text) if view.password and view.text else view.text or view.hint
        clicks = view.clickable or view.does is not None
        attributes = {
            "index": index, "text": text, "resource-id": view.id, "class": view.cls, "package": view.package,
            "content-desc": view.desc, "checkable": view.checkable, "checked": view.checked, "clickable": clicks,
            "enabled": view.enabled, "focusable": clicks, "focused": view.focused, "scrollable": view.scrollable,
            "long-clickable": view.long_clickable or view.holds is not None, "password": view.password,
            "selected": view.selected, "bounds": f"[{left},{top}][{right},{bottom}]", "hint": view.hint,
        }  # fmt: skip
        said = " ".join(
            f"{name}={quoteattr(str(value).lower() if isinstance(value, bool) else str(value))}"
            for name, value in attributes.items()
        )
        if not view.children:
            lines.append(f"<node {said} />")
            return
        lines.append(f"<node {said}>")
        for number, child in enumerate(view.children):
            write(child, number, (left, top, right, bottom) if view.scrollable else clip)
        lines.append("</node>")

    write(root, 0, (0, 0, width, height))
    lines.append("</hierarchy>")
    return "\n".join(lines).encode()


def draw(root: View, width: int, height: int, *, dark: bool = False) -> bytes:
    """The PNG of the views."""
    paper, ink = ("black", "white") if dark else ("white", "black")
    image = Image.new("RGB", (width, height), paper)
    pen = ImageDraw.Draw(image)
    for view in root.walk():
        left, top, right, bottom = view.bounds
        if bottom <= 0 or top >= height or right <= left or bottom <= top:
            continue
        kind = view.cls.rpartition(".")[2]
        if kind in ("Button", "ImageButton", "EditText", "Spinner"):
            pen.rectangle(
                (left, top, right - 1, bottom - 1), outline=ink, fill="#dde6f5" if "Button" in kind else paper
            )
        if kind in ("CheckBox", "Switch"):
            pen.rectangle(
                (right - 40, top + 10, right - 12, bottom - 10), outline=ink, fill="#2a7" if view.checked else paper
            )
        text = (
            "•" * len(view.text)
            if view.password
            else view.text or view.hint or (view.desc if kind == "ImageButton" else "")
        )
        if text:
            pen.text((left + 8, top + 8), text[:60].encode("latin-1", "replace").decode("latin-1"), ink, font=_FONT)
    data = io.BytesIO()
    image.save(data, "PNG", compress_level=1)
    return data.getvalue()


def black(width: int, height: int) -> bytes:
    """The PNG of a screen whose app forbids screenshots."""
    data = io.BytesIO()
    Image.new("RGB", (width, height)).save(data, "PNG", compress_level=1)
    return data.getvalue()
