"""The mapping from AT-SPI's accessibles to the nodes of the record, without a desktop."""

from hypothesis import given
from hypothesis import strategies as st

from explorers.desktop.accessible import Accessible, AccessibleState, Application
from explorers.desktop.display import Window, WindowKind
from explorers.desktop.roles import ROLES, Role
from explorers.desktop.tree import DesktopTree, build_tree
from schemas.records import Box, Node
from schemas.redaction import MASK, KnownSecrets
from schemas.trees import parents

SHOWN = AccessibleState.SHOWING | AccessibleState.VISIBLE | AccessibleState.ENABLED | AccessibleState.SENSITIVE
PID = 7


def made(role: int, name: str = "", *children: Accessible, states: int = 0, **more: object) -> Accessible:
    node = Accessible(
        bus=":1.1", path=f"/{id(name)}", parent="", index=0, count=len(children), interfaces=frozenset(), name=name,
        role=role, description="", states=SHOWN | states, children=list(children),
    )  # fmt: skip
    node.box = Box(10.0, 10.0, 50.0, 20.0)
    for attribute, value in more.items():
        setattr(node, attribute, value)
    return node


def window(title: str = "Main", *, kind: WindowKind = "normal", box: Box | None = None, id: int = 1) -> Window:
    return Window(id, title, box or Box(0.0, 0.0, 400.0, 300.0), PID, kind, active=id == 1)


def tree_of(*tops: Accessible, windows: tuple[Window, ...] | None = None) -> DesktopTree:
    root = made(Role.APPLICATION, "app", *tops)
    return build_tree([Application(":1.1", PID, root)], windows or (window(),), 640, 480, KnownSecrets())


def nodes_of(*children: Accessible) -> list[Node]:
    return list(tree_of(made(Role.FRAME, "Main", *children)).tree.nodes[1:])


def test_containers_move_up_and_keep_the_reading_order() -> None:
    lower = made(Role.PUSH_BUTTON, "second", box=Box(10.0, 60.0, 50.0, 20.0))
    upper = made(Role.PUSH_BUTTON, "first", box=Box(10.0, 10.0, 50.0, 20.0))
    found = nodes_of(made(Role.PANEL, "", made(Role.FILLER, "", lower, upper)))
    assert [(node.role, node.name, node.depth) for node in found] == [("button", "first", 1), ("button", "second", 1)]
    assert [node.path for node in found] == [
        "window:nth-of-type(1)>button:nth-of-type(1)",
        "window:nth-of-type(1)>button:nth-of-type(2)",
    ]


def test_a_container_with_a_name_is_a_group() -> None:
    (group, box) = nodes_of(made(Role.PANEL, "Options", made(Role.CHECK_BOX, "Wrap", states=AccessibleState.CHECKED)))
    assert (group.role, group.name) == ("group", "Options")
    assert (box.role, box.flags) == ("checkbox", ("checked",))


def test_what_does_not_show_is_left_out_with_all_below_it() -> None:
    hidden = made(Role.PANEL, "", made(Role.PUSH_BUTTON, "inside"))
    hidden.states = AccessibleState.VISIBLE
    assert nodes_of(hidden) == []


def test_an_open_menu_is_modal_and_its_items_follow() -> None:
    item = made(Role.MENU_ITEM, "Open", box=Box(10.0, 40.0, 80.0, 20.0))
    opened, shut = made(Role.MENU, "File", item), made(Role.MENU, "Edit")
    found = nodes_of(made(Role.MENU_BAR, "", opened, shut))
    assert [(node.role, node.name, node.flags) for node in found] == [
        ("menubar", "", ()),
        ("menuitem", "File", ("expanded", "haspopup", "modal")),
        ("menuitem", "Open", ()),
        ("menuitem", "Edit", ("collapsed", "haspopup")),
    ]


def test_tabs_come_before_what_the_chosen_one_shows() -> None:
    chosen = made(
        Role.PAGE_TAB,
        "One",
        made(Role.TEXT, "", text="hello", states=AccessibleState.EDITABLE),
        states=AccessibleState.SELECTED,
    )
    found = nodes_of(made(Role.PAGE_TAB_LIST, "", chosen, made(Role.PAGE_TAB, "Two")))
    assert [(node.role, node.name, node.value, node.depth) for node in found] == [
        ("tablist", "", None, 1),
        ("tab", "One", None, 2),
        ("tab", "Two", None, 2),
        ("textbox", "", "hello", 1),
    ]


def test_a_combo_box_has_its_options_open_or_not_and_what_it_has_chosen() -> None:
    menu = made(Role.MENU, "", made(Role.MENU_ITEM, "Small"), made(Role.MENU_ITEM, "Large"))
    menu.states = AccessibleState.VISIBLE
    (box,) = nodes_of(made(Role.COMBO_BOX, "Small", menu, label="Size"))
    assert (box.role, box.name, box.value, box.options) == ("combobox", "Size", "Small", ("Small", "Large"))


def test_a_password_is_masked() -> None:
    (field,) = nodes_of(made(Role.PASSWORD_TEXT, "", text="●●●●●", label="Password", states=AccessibleState.EDITABLE))
    assert (field.name, field.value, field.flags) == ("Password", MASK, ("editable", "password"))


def test_a_field_is_secret_by_its_name_and_stays_one_when_its_password_is_shown() -> None:
    (field,) = nodes_of(made(Role.ENTRY, "", text="4821-S3", label="PIN", states=AccessibleState.EDITABLE))
    assert (field.value, field.flags) == (MASK, ("editable", "secret"))
    known = KnownSecrets()

    def shown(role: int, text: str) -> Node:
        entry = made(role, "", text=text, label="Word", states=AccessibleState.EDITABLE)
        root = made(Role.APPLICATION, "app", made(Role.FRAME, "Main", entry))
        return build_tree([Application(":1.1", PID, root)], (window(),), 640, 480, known).tree.nodes[1]

    assert shown(Role.ENTRY, "S3cret-1").value == "S3cret-1"
    assert shown(Role.PASSWORD_TEXT, "●●●●●").value == MASK
    assert shown(Role.ENTRY, "S3cret-2").value == MASK


def test_a_button_without_a_name_is_called_by_what_is_written_in_it() -> None:
    (button,) = nodes_of(
        made(Role.PUSH_BUTTON, "", made(Role.FILLER, "", made(Role.LABEL, "Save"), made(Role.ICON, "")))
    )
    assert (button.role, button.name) == ("button", "Save")


def test_the_column_of_a_cell_is_its_heading() -> None:
    heads = [made(Role.TABLE_COLUMN_HEADER, name, index=index) for index, name in enumerate(("Name", "City"))]
    cells = [made(Role.TABLE_CELL, name, index=2 + index) for index, name in enumerate(("Ada", "Oslo"))]
    found = nodes_of(made(Role.TABLE, "Guests", *heads, *cells))
    assert [(node.role, node.name, node.column) for node in found[3:]] == [
        ("gridcell", "Ada", "Name"),
        ("gridcell", "Oslo", "City"),
    ]


def test_the_position_of_the_largest_scroll_bar_is_that_of_the_page() -> None:
    bar = made(Role.SCROLL_BAR, box=Box(380.0, 0.0, 15.0, 300.0), value=30.4, least=0.0, most=200.0)
    small = made(Role.SCROLL_BAR, box=Box(300.0, 0.0, 15.0, 100.0), value=1.0, least=0.0, most=2.0)
    seen = tree_of(made(Role.FRAME, "Main", small, bar))
    assert seen.scroll is not None
    assert (seen.scroll.y, seen.scroll.max_y) == (30.0, 200.0)
    assert seen.bars == (None, bar)
    assert [node.role for node in seen.tree.nodes] == ["window"]


def test_what_lies_below_another_window_is_covered_and_a_tooltip_covers_nothing() -> None:
    button = made(Role.PUSH_BUTTON, "Under", box=Box(100.0, 100.0, 40.0, 20.0))
    above = made(Role.DIALOG, "Dialog", made(Role.PUSH_BUTTON, "Over", box=Box(100.0, 100.0, 40.0, 20.0)))
    dialog = window("Dialog", kind="dialog", box=Box(90.0, 90.0, 100.0, 60.0), id=2)
    hint = window("", kind="tooltip", box=Box(0.0, 0.0, 640.0, 480.0), id=3)
    seen = tree_of(made(Role.FRAME, "Main", button), above, windows=(window(), dialog, hint))
    assert [(node.name, node.has("covered")) for node in seen.tree.nodes if node.role == "button"] == [
        ("Under", True),
        ("Over", False),
    ]
    assert [seen.tree.nodes[index].name for index in seen.at(110, 110)] == ["Over"]


def test_a_window_that_tells_nothing_is_a_node_with_its_title() -> None:
    seen = build_tree([], (window("Terminal"),), 640, 480, KnownSecrets())
    assert [(node.role, node.name, node.has("focused")) for node in seen.tree.nodes] == [("window", "Terminal", True)]
    assert seen.sources == (None,)


ACCESSIBLES = st.recursive(
    st.builds(
        made,
        st.sampled_from([*ROLES, Role.FILLER, Role.PANEL, Role.SCROLL_BAR, Role.SEPARATOR, Role.VIEWPORT, 200]),
        st.text(max_size=5),
        states=st.integers(0, 2**44),
    ),
    lambda inner: st.builds(
        made,
        st.sampled_from([*ROLES, Role.FILLER, Role.PANEL]),
        st.text(max_size=5),
        inner,
        inner,
        text=st.none() | st.text(max_size=5),
        value=st.none() | st.floats(-10, 10),
    ),
    max_leaves=12,
)


@given(top=ACCESSIBLES)
def test_whatever_an_application_tells_is_a_tree_in_preorder_with_paths_of_their_own(top: Accessible) -> None:
    seen = tree_of(top)
    nodes = seen.tree.nodes
    assert len(seen.sources) == len(nodes)
    assert len({node.path for node in nodes}) == len(nodes)
    for node, above in zip(nodes, parents(seen.tree), strict=True):
        assert node.box is not None
        assert node.depth == (0 if above is None else nodes[above].depth + 1)


def test_a_name_is_what_is_read_of_it_and_not_its_markup() -> None:
    total = made(Role.LABEL, "<span size='large'><b>Total</b> &amp; tax</span>")
    rich = made(Role.PUSH_BUTTON, "<html><head><style>p {}</style></head><body><p>Send</p></body></html>")
    code = made(Role.PUSH_BUTTON, "Insert <b>")
    sign = made(Role.LABEL, "a < b & c > d")
    assert [node.name for node in nodes_of(total, rich, code, sign)] == [
        "Total & tax",
        "Send",
        "Insert <b>",
        "a < b & c > d",
    ]


def test_an_entry_of_an_icon_view_without_a_name_is_called_by_its_text() -> None:
    (entry,) = nodes_of(
        made(Role.LAYERED_PANE, "", made(Role.ICON, "", text="notes.txt", states=AccessibleState.SELECTABLE))
    )
    assert (entry.role, entry.name) == ("option", "notes.txt")


def test_boxes_that_are_told_from_the_corner_of_their_window_are_put_where_it_is() -> None:
    button = made(Role.PUSH_BUTTON, "7", box=Box(20.0, 100.0, 60.0, 40.0))
    frame = made(Role.FRAME, "Main", button, box=Box(0.0, 0.0, 300.0, 200.0))
    shadowed = window(box=Box(200.0, 100.0, 310.0, 220.0))
    assert [node.box for node in tree_of(frame, windows=(shadowed,)).tree.nodes] == [
        Box(205.0, 110.0, 300.0, 200.0),
        Box(225.0, 210.0, 60.0, 40.0),
    ]
    there = made(Role.FRAME, "Main", made(Role.PUSH_BUTTON, "8"), box=Box(0.0, 0.0, 400.0, 300.0))
    assert tree_of(there).tree.nodes[1].box == Box(10.0, 10.0, 50.0, 20.0)
