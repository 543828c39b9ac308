"""What the benchmark of exploring makes of the times of two sides."""

from benchmarks.exploring import Measured, Turns, report


def turns(step: float, rate: float) -> Turns:
    steps = [step, step * 2, step * 3] * 5
    return Turns(steps, [True, False, True] * 5, walls=[len(steps) / rate], computed=[1.0], done=len(steps))


def test_a_step_and_the_gain_of_more_contexts_are_held_against_the_bare_loop() -> None:
    site = Measured({1: turns(0.12, 5.0), 4: turns(0.3, 10.0)}, {1: turns(0.1, 6.0), 4: turns(0.2, 12.0)})
    line = next(each for each in report({"shop": site}, 4).splitlines() if "shop" in each)
    assert [cell.strip() for cell in line.strip("|").split("|")] == [
        "shop", "1.20", "1.20 (1.20)", "1.20 (1.20)", "1.00", "2.00", "2.00", "1.00", "yes",
    ]  # fmt: skip


def test_a_step_that_takes_longer_than_it_may_is_told() -> None:
    site = Measured({1: turns(0.14, 5.0)}, {1: turns(0.1, 6.0)})
    line = next(each for each in report({"shop": site}, 1).splitlines() if "shop" in each)
    assert line.strip("| ").endswith("**no**")
