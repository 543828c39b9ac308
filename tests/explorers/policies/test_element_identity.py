import pytest

from explorers.core.affordances import affordances
from explorers.policies.element_identity import with_lasting_identity
from schemas.records import Node
from tests.explorers.screens import HERE, node, screen


def identities(*nodes: Node) -> list[tuple[str, ...]]:
    return [each.identity for each in with_lasting_identity(affordances(screen(*nodes)))]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (node("button", "Save", y=10), node("button", "Save", y=190)),
        (node("tab", "Inbox (3)"), node("tab", "Inbox (4)")),
        (node("button", "12 new messages"), node("button", "1,204 new messages")),
        (node("button", "Show", id="more", path="#more"), node("button", "Hide", id="more", path="#more")),
        (
            node("button", "Open", path="ul > li:nth-of-type(2) > button"),
            node("button", "Open", path="ul > li:nth-of-type(9) > button"),
        ),
        (node("link", "Seen 3 minutes ago", href=HERE + "/a"), node("link", "Seen 7 minutes ago", href=HERE + "/a")),
    ],
)
def test_it_is_the_same_after_a_scroll_or_a_relabel(one: Node, other: Node) -> None:
    assert identities(one) == identities(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (node("button", "Save", path="a"), node("button", "Open", path="a")),
        (node("button", "1", path="a"), node("button", "2", path="a")),
        (node("button", "Show", id="row-1", path="#row-1"), node("button", "Hide", id="row-1", path="#row-1")),
        (node("button", "Save", path="form > button"), node("button", "Save", path="dialog > button")),
    ],
)
def test_it_is_another_element(one: Node, other: Node) -> None:
    assert identities(one) != identities(other)


def test_a_number_tells_siblings_apart() -> None:
    rows = [node("button", f"Item {n}", y=20 * n, path=f"ul > li:nth-of-type({n}) > button") for n in (3, 4)]
    first, second = identities(*rows)
    assert first != second
