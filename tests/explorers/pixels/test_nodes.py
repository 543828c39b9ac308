"""What becomes of the words of a picture, whoever read them."""

from explorers.pixels.nodes import nodes_of, rows_of
from explorers.pixels.reader import Word
from schemas.records import Box


def word(text: str, x: float, y: float, width: float = 40.0, height: float = 12.0) -> Word:
    return Word(text, Box(x, y, width, height), f"{int(x)}-{int(y)}")


def test_words_can_be_pressed_and_sentences_are_read_line_by_line() -> None:
    sentence = "This message says more than a button does."
    nodes = nodes_of(
        [word("Cancel", 80, 31), word("Send", 10, 30), word(sentence, 10, 5, 300)], depth=1, above="window"
    )
    assert [(node.role, node.name) for node in nodes] == [
        ("text", sentence),
        ("generic", "Send"),
        ("generic", "Cancel"),
    ]
    assert all(node.flags == ("pixels",) and node.depth == 1 for node in nodes)
    assert [node.path for node in nodes] == [f"window>drawn:nth-of-type({number})" for number in (1, 2, 3)]


def test_the_parts_of_a_sign_are_one_that_is_told_by_its_pixels_and_specks_are_none() -> None:
    parts = [word("", 10, 10, 20, 8), word("", 12, 20, 16, 10), word("", 200, 10, 3, 3), word("", 300, 10, 200, 60)]
    (sign,) = nodes_of(parts, depth=0, above="")
    assert (sign.role, sign.name, sign.id) == ("generic", "", "drawn-10-10")
    assert sign.box == Box(10, 10, 20, 20)


def test_a_row_of_a_menu_goes_from_side_to_side_and_its_keys_are_its_value() -> None:
    rows = rows_of(
        [word("Ctrl+N", 200, 11), word("New", 20, 10), word("Save as", 20, 40, 60), word("", 2, 40, 10)],
        Box(0, 0, 260, 80),
        depth=1,
        above="menu",
    )
    assert [(row.role, row.name, row.value) for row in rows] == [
        ("menuitem", "New", "Ctrl+N"),
        ("menuitem", "Save as", None),
    ]
    assert rows[0].box == Box(0, 10, 260, 13)
