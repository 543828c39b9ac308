import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from pipelines.curate.selection.overlap import CROWD, same_apps


def things(by_app: dict[str, str]) -> pl.DataFrame:
    """A letter a thing."""
    rows = [(app, letter) for app, letters in by_app.items() for letter in letters]
    return pl.DataFrame(rows, schema={"app": pl.String, "thing": pl.String}, orient="row")


def test_half_of_what_the_smaller_one_has_makes_two_the_same() -> None:
    assert same_apps(things({"a": "xyu", "b": "xvwmn", "c": "k"})) == []
    assert same_apps(things({"a": "xyuv", "b": "xypqmn", "c": "k"})) == [("a", "b")], "two of four"
    assert same_apps(things({"a": "xy", "b": "xypqmnrst", "c": "k"})) == [("a", "b")], "one that is a part of another"


def test_what_many_have_counts_little() -> None:
    menus = "abcdef"

    def eight(own: int) -> dict[str, str]:
        return {f"app {n}": menus + "".join(chr(200 + 9 * n + which) for which in range(own)) for n in range(8)}

    assert len(same_apps(things(eight(1)))) == 28, "six of seven: 1.5 of 2.5"
    assert same_apps(things(eight(2))) == [], "six of eight, of which eight have six: 1.5 of 3.5"


@given(st.integers(2, 2 * CROWD), st.text("abcdefgh", min_size=1, max_size=8))
def test_copies_are_the_same_however_many_there_are(count: int, letters: str) -> None:
    pairs = same_apps(things({f"{number:04d}": letters for number in range(count)}))
    reached, last = {"0000"}, 0
    while len(reached) > last:
        last = len(reached)
        reached |= {name for pair in pairs if reached & set(pair) for name in pair}
    assert len(reached) == count


@given(st.dictionaries(st.sampled_from("uvwxyz"), st.text("abcdef", max_size=5), max_size=6))
def test_the_order_of_rows_changes_nothing(by_app: dict[str, str]) -> None:
    rows = things(by_app)
    assert same_apps(rows) == same_apps(rows.reverse())
