"""The shop's screen: where its elements lie, the tree of them, and a picture."""

import io
from dataclasses import dataclass

from PIL import Image, ImageDraw

from schemas.records import Box, Flag, Node, Screen, Tree
from schemas.redaction import redact_tree

WIDTH, HEIGHT, LINE = 480, 240, 24


@dataclass(slots=True)
class ShopElement:
    """A node on its way to the screen, and what using it does."""

    role: str
    name: str = ""
    value: str | None = None
    flags: tuple[Flag, ...] = ()
    depth: int = 0
    href: str | None = None
    does: str | None = None
    level: int | None = None
    field: str | None = None
    options: tuple[str, ...] = ()
    column: str | None = None
    id: str | None = None
    x: float = 10
    width: float = 0
    row: int = -1


def in_line(*elements: ShopElement) -> list[ShopElement]:
    """Elements that share a line of the screen: all but the first take no new one."""
    for each in elements[1:]:
        each.row = -2
    return list(elements)


def placed(elements: list[ShopElement]) -> list[ShopElement]:
    """The elements, each on its line of the screen."""
    row = -1
    for each in elements:
        if each.role in ("navigation", "search", "form", "table", "row", "list"):
            each.row = row + 1  # the line of what it holds first
            each.width = WIDTH - 20
            continue
        if each.row != -2:
            row += 1
        each.row = row
        each.width = each.width or 8.0 * len(each.name) + 8
    return elements


def box_of(element: ShopElement, scrolled: int) -> Box:
    """Where an element is on the screen."""
    return Box(element.x, element.row * LINE + 6 - scrolled, element.width, LINE - 4)


def tree_of(elements: list[ShopElement], scrolled: int) -> Tree:
    """The elements as an accessibility tree, with secrets masked."""
    nodes = []
    for each in elements:
        box = box_of(each, scrolled)
        seen = box.y + box.height > 0 and box.y < HEIGHT
        flags = each.flags if seen else (*each.flags, "offscreen")
        nodes.append(
            Node(
                role=each.role,
                name=each.name,
                value=each.value,
                depth=each.depth,
                flags=tuple(sorted(flags)),
                box=box,
                level=each.level,
                field=each.field,
                options=each.options,
                column=each.column,
                href=each.href,
                id=each.id,
                path=f"#{each.id}" if each.id else f"{each.role}[{each.row}]",
            )
        )
    return redact_tree(Tree("fake", tuple(nodes)))


def draw(tree: Tree) -> Screen:
    """A picture of what is on the screen."""
    image = Image.new("RGB", (WIDTH, HEIGHT), "white")
    pen = ImageDraw.Draw(image)
    for node in tree.nodes:
        if node.box is None or "offscreen" in node.flags:
            continue
        x, y = node.box.x, node.box.y
        if node.role in ("button", "textbox", "searchbox", "combobox", "checkbox"):
            pen.rectangle((x, y, x + node.box.width, y + node.box.height), outline="black")
        text = f"{'[x]' if node.has('checked') else '[ ]'} {node.name}" if node.role == "checkbox" else node.name
        if node.role in ("textbox", "searchbox", "combobox"):
            text = node.value or node.name
        if node.role not in ("table", "navigation", "form"):
            pen.text((x + 4, y + 4), text.encode("ascii", "replace").decode(), "blue" if node.href else "black")
    data = io.BytesIO()
    image.save(data, "PNG", compress_level=1)
    return Screen(data.getvalue(), WIDTH, HEIGHT, "png")
