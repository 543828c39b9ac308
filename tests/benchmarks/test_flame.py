"""A flame graph of stacks that a test writes."""

from pathlib import Path

import pytest

from benchmarks.flame import drawn, folded, main

STACKS = [
    "main (run.py:1);_walk (/a/rollout.py:9);act (/a/web/environment.py:3);look (/a/look.py:7) 6\n",
    "main (run.py:1);_walk (/a/rollout.py:9);inner (contextlib.py:81);act (/a/web/environment.py:5) 2\n",
    "main (run.py:1);_walk (/a/rollout.py:9);<listcomp> (/a/novelty.py:5) 2\n",
    "main (run.py:1);serve (/a/proxy.py:2) 90\n",
]


def test_stacks_below_the_root_become_one_tree_and_others_are_left_out() -> None:
    whole = folded(STACKS, "_walk")
    assert whole.count == 10
    assert {name: call.count for name, call in whole.calls.items()} == {
        "act (environment.py)": 8,
        "<listcomp> (novelty.py)": 2,
    }
    assert whole.calls["act (environment.py)"].calls["look (look.py)"].count == 6


def test_the_picture_has_no_script_and_says_each_part_and_is_the_same_again() -> None:
    picture = drawn(folded(STACKS, "_walk"), "_walk")
    assert "<script" not in picture
    assert "<title>act (environment.py): 80.0%</title>" in picture
    assert "&lt;listcomp&gt; (novelty.py): 20.0%" in picture
    assert picture == drawn(folded(reversed(STACKS), "_walk"), "_walk")


def test_stacks_without_the_root_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "stacks.txt").write_text(STACKS[-1])
    with pytest.raises(SystemExit):
        main([str(tmp_path / "stacks.txt"), str(tmp_path / "out.svg")])
    assert "expected stacks with _walk in them" in capsys.readouterr().err
