import dataclasses
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.arrow import kind_of
from schemas.conditions import (
    Answered,
    Condition,
    FileContains,
    FileExists,
    Preparation,
    Prints,
    RunCommand,
    SetUp,
    Shows,
    TaskCheck,
    WriteFile,
    as_json,
    check_path,
    matches,
    needs_home,
    parse_check,
    parse_setup,
)
from schemas.errors import SchemaError
from schemas.keys import canonical_json, parse_json
from schemas.screen_conditions import Cell, Parameter, ScreenCondition

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "path": st.lists(st.from_regex(r"[a-z]{1,6}", fullmatch=True), min_size=1, max_size=3).map("/".join),
    "text": TEXT,
    "pattern": st.sampled_from(["a+b", "^x$", "[0-9]"]),
    "arguments": st.lists(TEXT, min_size=1, max_size=3).map(tuple),
    "seconds": st.floats(0.5, 60),
    "code": st.integers(0, 255),
    "role": TEXT,
    "name": TEXT,
    "value": TEXT,
    "flag": st.sampled_from(["checked", "selected"]),
    "negated": st.booleans(),
    "location": TEXT,
    "parameters": st.lists(st.builds(Parameter, TEXT, TEXT), max_size=2).map(tuple),
    "whole": st.booleans(),
    "cells": st.lists(st.builds(Cell, TEXT, st.none() | TEXT), min_size=1, max_size=3).map(tuple),
    "first": st.booleans(),
    "only": st.booleans(),
    "column": TEXT,
    "descending": st.booleans(),
    "number": st.integers(0, 10**9),
    "columns": st.lists(TEXT, max_size=3).map(tuple),
    "inside": st.none() | TEXT,
    "named": st.booleans(),
    "fields": st.booleans(),
}


def made(union: Any) -> st.SearchStrategy[Any]:
    """Any variant of the union; of a command, what it prints is a text."""
    return st.one_of(
        [
            st.builds(
                variant,
                **{
                    field.name: st.none() if variant is Prints and field.name == "pattern" else VALUES[field.name]
                    for field in dataclasses.fields(variant)
                },
            )
            for variant in get_args(union)
        ]
    )


@given(
    st.lists(made(Preparation), max_size=3),
    st.lists(made(Condition), max_size=3),
    st.lists(made(Condition), min_size=1, max_size=3),
    st.lists(st.lists(made(ScreenCondition), min_size=1, max_size=2).map(tuple), max_size=2),
)
def test_what_is_written_down_with_a_task_is_read_back(
    steps: list[Any], require: list[Any], done: list[Any], passed: list[Any]
) -> None:
    setup, check = SetUp(tuple(steps), tuple(require)), TaskCheck(tuple(done), tuple(require), tuple(passed))
    assert parse_setup(parse_json(canonical_json(as_json(setup)))) == setup
    assert parse_check(parse_json(canonical_json(as_json(check)))) == check


def test_a_person_may_leave_out_what_has_a_default() -> None:
    assert parse_check({"all": [{"kind": "file_exists", "path": "a"}]}) == TaskCheck((FileExists("a"),))
    assert parse_check({"any": [{"kind": "shows", "name": "Saved"}]}) == TaskCheck(any=(Shows(name="Saved"),))
    assert parse_setup({"steps": [{"kind": "run_command", "arguments": ["true"]}]}) == SetUp((RunCommand(("true",)),))


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("file_exists", "expected one of file_exists, file_contains"),
        ({"kind": "file_is_there", "path": "a"}, "expected one of file_exists"),
        ({"kind": "file_exists", "path": "a", "negate": True}, "found 'negate'"),
        ({"kind": "file_exists"}, "path"),
        ({"kind": "file_exists", "path": "/etc/passwd"}, "below the home"),
        ({"kind": "file_exists", "path": "a/../../b"}, "below the home"),
        ({"kind": "file_exists", "path": "."}, "below the home"),
        ({"kind": "file_exists", "path": "a" * 501}, "below the home"),
        ({"kind": "file_contains", "path": "a", "text": ""}, "found an empty one"),
        ({"kind": "says", "text": ""}, "found an empty one"),
        ({"kind": "has_row", "cells": []}, "1 to 100 cells"),
        ({"kind": "has_row", "cells": [{"column": "a"}]}, "value"),
        ({"kind": "file_matches", "path": "a", "pattern": "(("}, "expected a pattern"),
        ({"kind": "prints", "arguments": []}, "expected a program"),
        ({"kind": "prints", "arguments": ["a\0b"]}, "expected a program"),
        ({"kind": "prints", "arguments": ["ls", "a\0b"]}, "without a zero"),
        ({"kind": "prints", "arguments": ["ls"], "text": "a", "pattern": "b"}, "found both"),
        ({"kind": "prints", "arguments": ["ls"], "seconds": 0}, "seconds"),
        ({"kind": "prints", "arguments": ["ls"], "seconds": 10_000}, "seconds"),
        ({"kind": "prints", "arguments": "ls"}, "arguments"),
        ({"kind": "shows"}, "found none"),
        ({"kind": "shows", "flag": "ticked"}, "flag"),
        ({"kind": "answered", "text": 42}, "text"),
    ],
)
def test_a_condition_that_is_none_is_refused_by_its_place(condition: object, said: str) -> None:
    with pytest.raises(SchemaError) as caught:
        parse_check({"all": [{"kind": "answered", "text": "1"}, condition]})
    assert str(caught.value).startswith("check.all[1]: ")
    assert said in str(caught.value)


@pytest.mark.parametrize("given_", [None, [], {"all": []}, {"every": []}, {"all": "x"}, {"all": [{}] * 101}])
def test_a_check_has_conditions(given_: object) -> None:
    with pytest.raises(SchemaError, match="check"):
        parse_check(given_)


def test_every_kind_can_be_named() -> None:
    names = [kind_of(variant) for variant in (*get_args(Preparation), *get_args(Condition))]
    assert len(set(names)) == len(names) == 23


def test_a_pattern_takes_no_longer_than_its_text() -> None:
    assert matches("(a+)+$", "a" * 50_000 + "b") is False  # with backtracking it would not end
    assert matches("b$", "ab")


@pytest.mark.parametrize("path", ["", "/", "..", "a/..", "/a", "a\0", "../a"])
def test_no_path_leads_out_of_the_home(path: str) -> None:
    with pytest.raises(SchemaError):
        check_path(path)


def test_files_and_commands_need_a_home_and_what_is_seen_does_not() -> None:
    assert needs_home(SetUp((WriteFile("a", "b"),)), None)
    assert needs_home(None, TaskCheck((FileContains("a", "b"),)))
    assert needs_home(SetUp(require=(Prints(("ls",)),)), None)
    assert not needs_home(SetUp(require=(Shows(name="a"),)), TaskCheck((Answered("4"),)))
