import re
from pathlib import Path

import pytest

from benchmarks.functions import listing
from benchmarks.functions.forms import saves
from benchmarks.functions.listing import LISTS, Function, Look, Moment, moments, read_list
from benchmarks.sites.offices.__main__ import faults
from benchmarks.sites.offices.forms import FORMS
from explorers.core.rollout import ExploreConfig, run_episode
from explorers.fake import FakeEnvironment
from explorers.policies import build_policy
from schemas.errors import ConfigurationError
from schemas.recordings import read_trace


def look(location: str = "http://a/", *lines: str, windows: tuple[str, ...] = (), notice: str = "") -> Look:
    return Look(location, windows, notice, frozenset(lines))


def function(**patterns: str) -> Function:
    return Function("it", tuple((name, re.compile(pattern)) for name, pattern in patterns.items()))


@pytest.mark.parametrize("name", [each.stem for each in sorted(LISTS.glob("*.toml"))])
def test_each_list_has_enough_functions_and_an_application(name: str) -> None:
    listed = read_list(name)
    assert len(listed.functions) >= 25
    assert (listed.app is None) != (listed.command is None)


def test_a_function_is_seen_where_all_of_its_patterns_hold_of_one_step() -> None:
    saved = function(before="/add/", target="button Save", appears="text .*added", notice="sent POST")
    before, after = look("http://a/add/"), look("http://a/", "text It was added", notice="sent POST http://a/add/")
    assert saved.is_in(Moment(before, after, "click", "button Save"))
    assert not saved.is_in(Moment(before, after, "click", "button Cancel"))
    assert not saved.is_in(Moment(look("http://a/add/", "text It was added"), after, "click", "button Save"))
    assert not saved.is_in(Moment(look(), after, "click", "button Save"))


def test_a_window_counts_when_it_comes() -> None:
    opened = function(windows="About")
    there, gone = look(windows=("App", "About App")), look(windows=("App",))
    assert opened.is_in(Moment(gone, there, "click", ""))
    assert not opened.is_in(Moment(there, there, "click", ""))


def test_a_recording_is_read_step_by_step(tmp_path: Path) -> None:
    environment = FakeEnvironment()
    done = run_episode(
        environment, build_policy("goals"), tmp_path, ExploreConfig(max_steps=25, seed=2), run_id="r", episode=0
    )
    recording = read_trace(done.path)
    seen = list(moments(recording))
    assert 0 < len(seen) <= 25
    ordered = function(before="/order", target="button")
    listed = listing.FunctionList("shop", "shop", None, (ordered, function(before="/nowhere")))
    assert listed.exercised(recording) <= {"it"}
    assert any(moment.before.lines for moment in seen)


def test_a_list_that_says_what_no_list_says_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "LISTS", tmp_path)
    with pytest.raises(ConfigurationError, match="expected a list of functions among"):
        read_list("none")
    (tmp_path / "odd.toml").write_text('app = "a"\n[[function]]\ndoes = "x"\nsmells = "y"\n')
    with pytest.raises(ConfigurationError, match="smells"):
        read_list("odd")
    (tmp_path / "short.toml").write_text('app = "a"\n[[function]]\ndoes = "x"\ntarget = "y"\n')
    with pytest.raises(ConfigurationError, match="at least 25"):
        read_list("short")


def test_an_office_keeps_what_fits_and_says_of_each_field_why_not() -> None:
    form = FORMS["rooms"]
    values = {
        "title": "Talk",
        "room": "Oak",
        "day": "06.08.2024",
        "begins": "09:00",
        "ends": "17:30",
        "seats": "12",
        "contact": "a@mail.example",
    }
    assert faults(form, values) == {}
    assert set(faults(form, {**values, "room": "", "seats": "99"})) == {"room", "seats"}
    assert set(faults(form, {**values, "ends": "08:00"})) == {"ends"}
    assert sum(len(each.fields) >= 20 for each in FORMS.values()) == 2


@pytest.mark.web
@pytest.mark.slow
def test_a_form_of_twenty_fields_is_kept_by_an_application_that_checks_it() -> None:
    assert saves("travel", "goals", seed=0, steps=30)
