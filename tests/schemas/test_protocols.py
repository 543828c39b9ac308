"""Tests of schemas.protocols: what can be checked while a program runs."""

from schemas.protocols import Labeler


class Named:
    name, version = "fake", "1"


def test_a_labeler_is_known_by_name_and_version() -> None:
    assert isinstance(Named(), Labeler)
    assert not isinstance(len, Labeler)
