from pathlib import Path

import pytest

from pipelines.curate.config import CurationConfig, load_config
from schemas.errors import ConfigurationError


def test_without_a_file_there_are_defaults() -> None:
    assert load_config(None) == CurationConfig(lowest_score=2.0, validation=0.0, test=0.1, split_seed=0)


def test_a_file_says_what_differs(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text("test = 0.25\nsplit_seed = 7\nlowest_score = 3\n")
    found = load_config(tmp_path / "c.toml")
    assert found == CurationConfig(test=0.25, split_seed=7, lowest_score=3)
    assert found.digest != CurationConfig().digest


def test_lists_and_words_are_read(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text('licences = ["MIT", "CC0-1.0"]\nsampling = "reward"\nnear_states = false\n')
    found = load_config(tmp_path / "c.toml")
    assert found == CurationConfig(licences=("MIT", "CC0-1.0"), sampling="reward", near_states=False)


def test_the_digest_hangs_on_the_values_alone() -> None:
    assert CurationConfig(test=0.1).digest == CurationConfig().digest
    assert len({CurationConfig(split_seed=seed).digest for seed in range(5)}) == 5
    assert (
        CurationConfig()
        .to_json()
        .startswith('{"advantage":"grpo","agreement":0,"app_limit":0,"benchmark_words":8,"benchmarks":[],')
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "tset = 0.1",
            "unknown key tset; known are advantage, .*benchmark_words, .*, validation",
        ),
        ('test = "much"', "expected test as float, found 'much'"),
        ("test = true", "expected test as float"),
        ("split_seed = 1.5", "expected split_seed as int"),
        ("test = 1.5", "expected a share from 0 to 1"),
        ("test = 0.6\nvalidation = 0.4", "something left for train"),
        ("test = ", "expected a TOML file"),
        ("test = " + "[" * 5_000, "expected a TOML file"),
        ("exact_duplicates = 1", "expected exact_duplicates as bool, found 1"),
        ('sampling = "some"', "expected sampling as 'all' or 'reward', found 'some'"),
        ('licences = "MIT"', "expected licences as a list of texts, found 'MIT'"),
        ("licences = [1]", "expected licences as a list of texts"),
        ("instruction_similarity = 0.3", "expected at least 0.5"),
        ("state_distance = 9", "expected 0 to 8 bits"),
        ("app_limit = -1", "app_limit: expected 0 or more"),
        ("benchmark_words = 2", "expected 3 to 50"),
        ("lowest_score = nan", "expected a number"),
    ],
)
def test_what_is_not_known_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "c.toml").write_text(text)
    with pytest.raises(ConfigurationError, match=message):
        load_config(tmp_path / "c.toml")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"nothing\.toml"):
        load_config(tmp_path / "nothing.toml")
