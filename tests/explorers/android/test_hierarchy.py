"""Dumps as phones give them: broken, cut, full of what XML forbids."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorers.android.dump import DEPTH_LIMIT, NoHierarchy, read_hierarchy
from explorers.android.hierarchy import tree_of
from explorers.core.affordances import affordances
from schemas.records import Node, Observation, Screen, Tree
from schemas.redaction import MASK, KnownSecrets
from schemas.trees import parents
from tests.explorers.android.device.phone import Phone
from tests.explorers.android.device.views import dump

WIDTH, HEIGHT = 1080, 2400


def node(cls: str = "android.widget.TextView", inner: str = "", bounds: str = "[0,100][1080,200]", **said: str) -> str:
    told = {"class": cls, "package": "com.example.app", "enabled": "true", "bounds": bounds}
    told |= {name.replace("_", "-"): value for name, value in said.items()}
    attributes = " ".join(f'{name}="{value}"' for name, value in told.items())
    return f"<node {attributes}>{inner}</node>"


def document(*nodes: str, rotation: int = 0) -> bytes:
    return f'<?xml version="1.0"?><hierarchy rotation="{rotation}">{"".join(nodes)}</hierarchy>'.encode()


def tree(*nodes: str) -> Tree:
    return tree_of(read_hierarchy(document(*nodes)), width=WIDTH, height=HEIGHT)


def screen(*nodes: str) -> Tree:
    return tree(node("android.widget.FrameLayout", "".join(nodes), bounds="[0,0][1080,2400]"))


def only(*nodes: str) -> Node:
    found = screen(*nodes).nodes
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    ("said", "role", "name"),
    [
        (node(text="Hello"), "text", "Hello"),
        (node("android.widget.Button", text="Save", clickable="true"), "button", "Save"),
        (node("android.widget.ImageButton", content_desc="Search", clickable="true"), "button", "Search"),
        (node("android.widget.ImageView", content_desc="A cat"), "img", "A cat"),
        (node("android.widget.ImageView", content_desc="A cat", clickable="true"), "button", "A cat"),
        (
            node("androidx.appcompat.widget.SwitchCompat", text="Wi-Fi", checkable="true", clickable="true"),
            "switch",
            "Wi-Fi",
        ),
        (node("android.widget.RadioButton", text="Red", checkable="true", clickable="true"), "radio", "Red"),
        (node("android.widget.SeekBar", content_desc="Volume"), "slider", "Volume"),
        (node("android.view.View", content_desc="Compose button", clickable="true"), "generic", "Compose button"),
        (node("android.webkit.WebView", content_desc="A page"), "document", "A page"),
        (node(text="שלום עולם"), "text", "שלום עולם"),
    ],
)
def test_each_kind_of_view_has_its_role_and_name(said: str, role: str, name: str) -> None:
    found = only(said)
    assert (found.role, found.name) == (role, name)


def test_a_row_is_called_by_what_it_holds_and_takes_over_its_switch() -> None:
    title = node(text="Wi-Fi", resource_id="android:id/title")
    switch = node("android.widget.Switch", checkable="true", checked="true")
    row = only(node("android.widget.LinearLayout", title + switch, clickable="true"))
    assert (row.role, row.name, row.has("checked")) == ("switch", "Wi-Fi", True)


def test_a_row_with_a_button_of_its_own_keeps_both() -> None:
    button = node("android.widget.Button", text="Remove", clickable="true", bounds="[900,100][1080,200]")
    found = tree(node("android.widget.LinearLayout", node(text="Milk") + button, clickable="true")).nodes
    row = next(each for each in found if each.role == "generic")
    assert row.name == "Milk"
    assert [each.name for each in found if each.role == "button"] == ["Remove"]


def test_a_field_tells_its_value_and_not_its_hint() -> None:
    empty = only(node("android.widget.EditText", text="Name", hint="Name", clickable="true"))
    filled = only(node("android.widget.EditText", text="Ada", hint="Name", clickable="true"))
    assert (empty.role, empty.name, empty.value) == ("textbox", "Name", "")
    assert (filled.name, filled.value) == ("Name", "Ada")


def test_a_field_without_a_name_has_that_of_the_text_above_it() -> None:
    label = node(text="City", bounds="[0,100][500,150]")
    found = screen(label, node("android.widget.EditText", text="Uppsala", bounds="[0,150][500,250]")).nodes
    assert [each.name for each in found if each.role == "textbox"] == ["City"]


def test_a_password_is_masked() -> None:
    field = only(node("android.widget.EditText", text="secret", password="true"))
    assert (field.value, field.has("password")) == (MASK, True)


@pytest.mark.parametrize(
    "said",
    [
        {"hint": "otp"},
        {"hint": "Verification code"},
        {"content_desc": "SMS code"},
        {"resource_id": "com.example.app:id/otp_field"},
        {"hint": "Kata sandi"},
        {"hint": "PIN"},
        {"hint": "IBAN"},
    ],
)
def test_a_field_is_secret_by_what_it_is_called(said: dict[str, str]) -> None:
    field = only(node("android.widget.EditText", text="482193", **said))
    assert (field.value, field.has("secret")) == (MASK, True)


def test_a_label_beside_a_field_calls_it_so_too() -> None:
    label = node(text="SMS code", bounds="[0,0][1080,90]")
    assert screen(label, node("android.widget.EditText", text="482193")).nodes[1].value == MASK


def test_a_password_that_an_eye_shows_stays_masked() -> None:
    def field(**said: str) -> str:
        return node("android.widget.EditText", resource_id="com.example.app:id/word", **said)

    def seen(known: KnownSecrets, place: str, **said: str) -> str | None:
        read = read_hierarchy(document(node("android.widget.FrameLayout", field(**said), bounds="[0,0][1080,2400]")))
        return tree_of(read, width=WIDTH, height=HEIGHT, known=known, place=place).nodes[0].value

    known = KnownSecrets()
    assert seen(known, "a/.Login", text="••••", password="true") == MASK
    assert seen(known, "a/.Login", text="S3cret-1") == MASK
    assert seen(KnownSecrets(), "a/.Login", text="S3cret-1") == "S3cret-1"


def test_the_first_text_of_a_toolbar_is_the_heading() -> None:
    bar = node(
        "android.view.ViewGroup", node(text="Inbox") + node(text="3 new"), resource_id="com.example.app:id/toolbar"
    )
    assert [each.role for each in screen(bar).nodes if each.name in ("Inbox", "3 new")] == ["heading", "text"]


def test_what_only_lays_out_is_left_out_and_the_depth_follows() -> None:
    deep = node("android.widget.FrameLayout", node("android.widget.LinearLayout", node(text="a") + node(text="b")))
    found = tree(node("android.widget.ListView", deep, bounds="[0,0][1080,2400]"))
    assert [(each.role, each.depth) for each in found.nodes] == [("list", 0), ("text", 1), ("text", 1)]


def test_a_window_over_another_is_a_modal_dialog() -> None:
    found = tree(node("android.widget.FrameLayout", node(text="Delete?"), bounds="[100,800][980,1400]")).nodes
    assert (found[0].role, found[0].name, found[0].flags) == ("dialog", "Delete?", ("modal",))


def test_the_systems_bars_and_the_keyboard_are_left_out() -> None:
    bar = node("android.widget.FrameLayout", node(text="12:30"), package="com.android.systemui")
    keys = node("android.widget.FrameLayout", node(text="q"), package="com.example.keyboard")
    app = node("android.widget.FrameLayout", node(text="Mine"), bounds="[0,0][1080,2400]")
    read = read_hierarchy(document(bar, app, keys))
    found = tree_of(read, width=WIDTH, height=HEIGHT, hidden=frozenset({"com.example.keyboard"}))
    assert [each.name for each in found.nodes] == ["Mine"]


def test_of_several_displays_the_first_is_read() -> None:
    inner = '<hierarchy rotation="1">{}</hierarchy>'
    text = "<displays>" + "".join(
        f'<display id="{number}"><window index="0">{inner.format(node(text=name))}</window></display>'
        for number, name in (("0", "here"), ("2", "elsewhere"))
    )
    read = read_hierarchy(f"{text}</displays>".encode())
    assert read.rotation == 1
    assert [each.name for each in tree_of(read, width=WIDTH, height=HEIGHT).nodes if each.role == "text"] == ["here"]


@pytest.mark.parametrize(
    "bounds", ["[0,3306][1080,2560]", "[-500,100][-10,200]", "[0,2400][1080,2500]", "", "[a,b][c,d]"]
)
def test_boxes_off_the_screen_or_inverted_offer_nothing(bounds: str) -> None:
    found = tree(node("android.widget.Button", text="Far", clickable="true", bounds=bounds))
    seen = Observation(Screen(b"", WIDTH, HEIGHT), found, "a/.B", "", (), None, datetime.now(UTC))
    assert all(each.has("offscreen") for each in found.nodes if each.role == "button")
    assert affordances(seen) == ()


def test_a_box_below_a_notch_or_over_the_edge_keeps_its_pixels() -> None:
    box = only(node("android.widget.Button", text="Wide", clickable="true", bounds="[-20,132][1100,264]")).box
    assert box is not None
    assert (box.x, box.y, box.width, box.height) == (-20, 132, 1120, 132)


def test_what_lies_under_something_that_takes_the_press_is_covered() -> None:
    below = node("android.widget.Button", text="Below", clickable="true")
    above = node("android.widget.Button", text="Above", clickable="true", bounds="[0,120][1080,300]")
    assert [each.has("covered") for each in tree(below, above).nodes if each.role == "button"] == [True, False]


def test_characters_that_xml_forbids_do_no_harm() -> None:
    raw = document(node(text="a&#0;b&#55357;c&#x1F600;d")).replace(b";d", b";d\x00\x08\x1b\xff")
    found = tree_of(read_hierarchy(raw), width=WIDTH, height=HEIGHT)
    assert any("😀" in each.name for each in found.nodes)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (b"a &#55357;&#56832; b", "a 😀 b"),
        (b"a &#xD83D;&#xDE00;&#55357;&#56833; b", "a 😀😁 b"),
        (b"a \xed\xa0\xbd\xed\xb8\x80 b", "a 😀 b"),
        (b"a &#56832;&#55357; b", "a �� b"),
        (b"a &#55357;b&#56832;", "a �b�"),
        (b"a &#65;&#55357;&#38;", "a A�&"),
    ],
)
def test_two_halves_of_a_character_are_one(written: bytes, read: str) -> None:
    raw = document(node(text="HERE")).replace(b"HERE", written)
    assert read in [each.name for each in tree_of(read_hierarchy(raw), width=WIDTH, height=HEIGHT).nodes]


def test_text_around_the_document_is_no_part_of_it() -> None:
    noisy = (
        b"WARNING: linker: unsupported flags\n" + document(node(text="Here")) + b"\nUI hierchary dumped to: /dev/tty"
    )
    read = read_hierarchy(noisy)
    assert read.problem is None
    assert len(read.roots) == 1


@pytest.mark.parametrize("said", [b"", b"ERROR: could not get idle state.", b"Killed", b"\x89PNG\r\n", b"<hierarchy"])
def test_what_is_no_hierarchy_says_what_it_is(said: bytes) -> None:
    with pytest.raises(NoHierarchy, match=r"ERROR: could not|Killed|empty|PNG|broken"):
        read_hierarchy(said)


def test_a_bomb_of_entities_and_a_bottomless_tree_are_refused() -> None:
    bomb = b'<hierarchy rotation="0"><!DOCTYPE x [<!ENTITY a "aaaa">]></hierarchy>'
    with pytest.raises(NoHierarchy):
        read_hierarchy(b"<!DOCTYPE x [<!ENTITY a 'b'>]>")
    assert read_hierarchy(b"<hierarchy>" + node().encode() + bomb).problem
    deep = "<node>" * (DEPTH_LIMIT + 50) + "</node>" * (DEPTH_LIMIT + 50)
    assert "larger" in (read_hierarchy(f"<hierarchy>{deep}</hierarchy>".encode()).problem or "")


@given(part=st.floats(0.0, 1.0), noise=st.binary(max_size=20))
def test_a_dump_cut_or_spoilt_anywhere_gives_a_tree_in_preorder_or_says_that_it_is_none(
    part: float, noise: bytes
) -> None:
    phone = Phone()
    phone.start("com.hindtrace.notes/.MainActivity", "")
    whole = dump(phone.root(), *phone.size)
    cut = int(len(whole) * part)
    try:
        read = read_hierarchy(whole[:cut] + noise)
    except NoHierarchy:
        return
    found = tree_of(read, width=540, height=960)
    assert read.problem is not None or cut == len(whole) or b"</hierarchy>" in whole[:cut]
    for each, above in zip(found.nodes, parents(found), strict=True):
        assert each.depth == (0 if above is None else found.nodes[above].depth + 1)


def test_a_field_of_compose_is_called_by_the_hint_inside_and_keeps_its_button() -> None:
    hint = node(text="Search notes")
    clear = node("android.widget.ImageButton", content_desc="Clear", clickable="true", bounds="[900,100][1080,200]")
    empty, button = screen(node("android.widget.EditText", hint + clear, text="", clickable="true")).nodes
    assert (empty.role, empty.name, empty.value) == ("textbox", "Search notes", "")
    assert (button.role, button.name) == ("button", "Clear")
    filled = only(node("android.widget.EditText", node(text="Title") + node(text="Milk"), text="Milk"))
    assert (filled.name, filled.value) == ("Title", "Milk")


@pytest.mark.parametrize(
    ("around", "inside", "name"),
    [
        ({"content_desc": "Add note"}, node("android.widget.Button"), "Add note"),
        ({}, node("android.view.View", content_desc="Share") + node("android.widget.Button"), "Share"),
        ({}, node("android.widget.Button", text="Send", clickable="true"), "Send"),
        ({"content_desc": "Menu"}, node("android.widget.Button", clickable="true"), "Menu"),
    ],
)
def test_an_icon_of_compose_and_its_button_are_one_element(around: dict[str, str], inside: str, name: str) -> None:
    found = only(node("android.view.View", inside, clickable="true", **around))
    assert (found.role, found.name) == ("button", name)


def test_what_breaks_off_behind_another_display_is_broken() -> None:
    other = '<display id="2"><hierarchy rotation="0"><node class="a"/></hierarchy></display>'
    cut = (
        f'<displays>{other}<display id="0"><hierarchy rotation="0"><node class="android.view.View" bounds="[0,0][9,9]">'
    )
    assert "broken" in (read_hierarchy(cut.encode()).problem or "")
    whole = f'<displays>{other}<display id="0"><hierarchy rotation="0">{node()}</hierarchy></display></displays> said'
    assert read_hierarchy(whole.encode()).problem is None
