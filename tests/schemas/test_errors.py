"""Tests of schemas.errors."""

import re

from schemas import errors
from schemas.errors import HindtraceError


def drawn_tree() -> dict[str, str]:
    """Each error of the docstring's tree with its parent."""
    drawing = (errors.__doc__ or "").split("\n\n")[1]
    above: list[tuple[int, str]] = []
    found = {}
    for line in drawing.splitlines():
        name = re.search(r"[A-Z]\w+", line)
        assert name is not None
        above = [(column, other) for column, other in above if column < name.start()]
        found[name[0]] = above[-1][1] if above else "Exception"
        above.append((name.start(), name[0]))
    return found


def test_the_drawn_tree_of_errors_is_the_real_one() -> None:
    real = {
        name: kind.__base__.__name__
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, HindtraceError) and kind.__base__ is not None
    }
    assert drawn_tree() == real
    assert len(real) == 12


def test_every_error_says_what_it_is() -> None:
    assert all(kind.__doc__ for kind in vars(errors).values() if isinstance(kind, type))
