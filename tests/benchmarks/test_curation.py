"""Tests of what the benchmarks of curation count by; nothing is timed."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest

from benchmarks.curation import __main__ as every
from benchmarks.curation import hamming, instructions, measuring, screens, tiles
from benchmarks.curation.drawing import png, screen, webp
from benchmarks.curation.measuring import Bar, finish, in_turns, ratio_in_rounds


def test_a_bar_is_met_from_its_side() -> None:
    assert Bar("x", 5, 5).met
    assert not Bar("x", 4.9, 5).met
    assert Bar("x", 0.65, 0.65, least=False).met
    assert not Bar("x", 0.66, 0.65, least=False).met


def test_all_take_their_turn_in_each_round() -> None:
    order: list[str] = []
    taken = in_turns(3, one=lambda: order.append("one"), other=lambda: order.append("other"))
    assert order == ["one", "other", "other", "one", "one", "other"]
    assert [len(seconds) for seconds in taken.values()] == [3, 3]
    assert ratio_in_rounds([10, 20, 90], [5, 5, 3]) == 4


def test_a_result_is_written_and_a_missed_bar_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(measuring, "RESULTS", tmp_path / "results")
    assert finish("x", [Bar("good", 2, 1)], {"more": [1]}, ("numpy",)) == 0
    assert finish("x", [Bar("good", 2, 1), Bar("bad", 2, 1, least=False)], {}) == 1
    found = json.loads((tmp_path / "results" / "x.json").read_text())
    assert [bar["met"] for bar in found["bars"]] == [True, False]
    assert "**no**" in capsys.readouterr().out


def test_the_kernel_agrees_with_brute_force_and_a_lost_pair_would_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    codes = np.unique(hamming.screens(6_000))
    assert hamming.differences(codes) == 0
    monkeypatch.setattr(hamming, "pairs", lambda *_: (np.zeros(0, int), np.zeros(0, int), np.zeros(0, int)))
    assert hamming.differences(codes) > 0


def test_a_fifth_of_the_hashes_is_one_blank_screen() -> None:
    assert (hamming.screens(10_000) == 1 << 63).sum() == 2_000


def test_planted_pairs_are_alike_and_groups_are_joined() -> None:
    texts, planted = instructions.instructions(2_000)
    assert len(texts) == 2_000
    assert len(planted) > 100
    assert all(instructions.jaccard(texts[one], texts[other]) >= 0.8 for one, other in planted)
    assert instructions.jaccard("Go to the shop", "go to THE shop!") == 1
    assert instructions.groups(5, np.array([[4, 3], [1, 3]])).tolist() == [0, 1, 2, 1, 1]


def test_the_pairs_of_datatrove_are_read_once_each(tmp_path: Path) -> None:
    for number, rows in enumerate([[(0, 3, 0, 1), (0, 1, 0, 2)], [(0, 1, 0, 3)]]):
        (tmp_path / f"{number}.dups").write_bytes(b"".join(struct.pack("<4I", *row) for row in rows))
    assert instructions.datatrove_edges(tmp_path).tolist() == [[1, 2], [1, 3]]


def test_hashes_of_drawn_screens_are_imagehash_s() -> None:
    drawn = screen(0, 640, 360)
    assert screens.same(png(drawn))
    assert screens.same(webp(drawn))


def test_edits_change_the_screen_and_jitter_a_little_of_it() -> None:
    drawn, chance = screen(1, 640, 360), np.random.default_rng(0)
    for _, before, after in tiles.edits(drawn, chance):
        assert before.tobytes() != after.tobytes()
    moved = np.asarray(drawn).astype(int) - np.asarray(tiles.jittered(drawn, 16, chance))
    assert 0 < np.abs(moved).max() <= 16
    assert 0 < (moved != 0).any(axis=2).mean() < 0.1


def test_a_name_that_is_none_of_the_benchmarks_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        every.main(["nothing"])
    assert (
        "expected names among exact, flink, hamming, screens, tiles, instructions, found nothing"
        in capsys.readouterr().err
    )
