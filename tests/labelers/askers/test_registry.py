"""What holds of every labeler that asks a model: a new one is a file, a prompt, and a line in `ASKERS`."""

import pkgutil
import subprocess
import sys
from importlib.resources import files

import pytest

import labelers.askers
from labelers.askers import NAMES, own_questions, question_of, questionnaire, without_verdicts
from labelers.kit.asker import Asker
from labelers.kit.forms import Form, Text, Whole
from labelers.kit.inputs import Inputs
from labelers.kit.prompting import load_prompt
from labelers.kit.questionnaire import Questionnaire
from labelers.kit.questions import GOAL
from tests.labelers.askers.answering import USE
from tests.labelers.askers.golden import FOLDER


def test_every_file_and_every_prompt_is_one_labeler() -> None:
    assert len(set(NAMES)) == len(NAMES)
    assert {module.name for module in pkgutil.iter_modules(labelers.askers.__path__)} == set(NAMES)
    prompts = files("labelers").joinpath("prompts").iterdir()
    assert {prompt.name.removesuffix(".md") for prompt in prompts} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_it_declares_what_it_is(name: str) -> None:
    kind = questionnaire(name)
    assert issubclass(kind, Questionnaire)
    assert kind.__module__ == f"labelers.askers.{name}"
    declared = vars(kind)
    assert declared["name"] == name
    assert declared["question"] in (name, GOAL), "whether its labels are votes on goals is nothing to be forgotten"
    assert declared["question"] == name or kind.gives_verdicts
    assert kind.inputs in Inputs.__args__  # type: ignore[attr-defined]
    assert kind.form.schema["required"]
    asker = Asker(kind(), USE)
    assert asker.name == f"{name}/local"
    assert asker.version.startswith(load_prompt(name).version)
    assert question_of(asker.name) == declared["question"]
    assert (name in own_questions()) is (declared["question"] != GOAL)
    assert (name in without_verdicts()) is not kind.gives_verdicts


@pytest.mark.parametrize("name", NAMES)
def test_what_says_that_there_is_no_step_can_be_no_step(name: str) -> None:
    form = questionnaire(name).form
    fields = form.fields if isinstance(form, Form) else form.rows.fields
    lines = [line for line in load_prompt(name).text.splitlines() if line.startswith("- `")]
    for field, kind in fields.items():
        if isinstance(kind, Whole) and "step" in field + "".join(line for line in lines if f"`{field}`" in line):
            assert kind.least == (-1 if any(f"`{field}`" in line and "-1" in line for line in lines) else 0)
            assert not any(f"`{field}`:" in line and " 0" in line.partition("-1")[0] for line in lines), field


@pytest.mark.parametrize("name", NAMES)
def test_it_shows_pictures_if_it_says_so_and_none_to_a_model_that_takes_none(name: str) -> None:
    kind = questionnaire(name)
    asker = Asker(kind(), USE)
    written = (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    assert kind.pictured is ("[picture " in written or "[before and after " in written)
    assert (asker.in_words().version == asker.version) is not kind.pictured


@pytest.mark.parametrize("name", NAMES)
def test_its_version_changes_with_its_form(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    kind = questionnaire(name)
    before = Asker(kind(), USE).version
    monkeypatch.setattr(kind, "form", Form({"reason": Text(7)}))
    assert Asker(kind(), USE).version != before


@pytest.mark.parametrize("name", NAMES)
def test_its_questions_are_written_down(name: str) -> None:
    assert (FOLDER / f"{name}.txt").read_text(encoding="utf-8").startswith("== system")


def test_those_that_do_not_vote_on_goals() -> None:
    tags = ("behaviour", "checker", "handbook", "hindsight", "variants")
    assert without_verdicts() == tags
    assert set(own_questions()) == {*tags, "critic", "overthinking", "pairwise", "safety"}


def test_the_names_are_known_without_what_they_are_made_of() -> None:
    said = (
        "import sys, labelers.askers; print([one for one in sys.modules if one[:9] == 'labelers.' or one == 'pyarrow'])"
    )
    found = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True).stdout
    assert found.strip() == "['labelers.kit', 'labelers.kit.questions', 'labelers.askers']"
