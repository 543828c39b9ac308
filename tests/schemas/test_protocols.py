"""Tests of schemas.protocols: what can be checked while a program runs."""

import pytest

from schemas.protocols import Judge, Labeler, Synthesizer, Verifier


class Named:
    name, version = "fake", "1"


class Judging(Named):
    def __call__(self, *seen: object) -> list[object]:
        return list(seen)


@pytest.mark.parametrize("door", [Synthesizer, Verifier, Judge])
def test_a_labeler_is_known_by_name_version_and_that_it_can_be_called(door: type) -> None:
    assert isinstance(Named(), Labeler)
    assert isinstance(Judging(), door)
    assert not isinstance(Named(), door)
    assert not isinstance(len, door)
