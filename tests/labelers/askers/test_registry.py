"""What holds of every labeler that asks a model: a new one is a file, a prompt, and a line in `ASKERS`."""

import pkgutil
import subprocess
import sys
from importlib.resources import files

import pytest

import labelers.askers
from labelers.askers import NAMES, own_questions, question_of, questionnaire, without_verdicts
from labelers.kit.asker import Asker
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
def test_its_questions_are_written_down(name: str) -> None:
    assert (FOLDER / f"{name}.txt").read_text(encoding="utf-8").startswith("== system")


def test_those_that_do_not_vote_on_goals() -> None:
    tags = ("behaviour", "handbook", "hindsight", "variants")
    assert without_verdicts() == tags
    assert set(own_questions()) == {*tags, "critic", "overthinking", "pairwise", "safety"}


def test_the_names_are_known_without_what_they_are_made_of() -> None:
    said = (
        "import sys, labelers.askers; print([one for one in sys.modules if one[:9] == 'labelers.' or one == 'pyarrow'])"
    )
    found = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True).stdout
    assert found.strip() == "['labelers.kit', 'labelers.kit.questions', 'labelers.askers']"
