"""Where time goes, told by a clock that a test sets."""

import threading

from explorers.core.timings import Timings, part


def test_a_part_is_counted_without_the_parts_inside_it_and_what_is_none_is_the_rest() -> None:
    now = [0.0]
    timings = Timings(clock=lambda: now[0])

    @part("picture")
    def draw() -> None:
        now[0] += 3

    with timings.counted():
        now[0] += 1
        with part("reading"):
            now[0] += 10
            draw()
            now[0] += 20
        now[0] += 0.5
    now[0] += 100
    assert timings.seconds == {"rest": 1.5, "reading": 30.0, "picture": 3.0}


def test_a_part_that_ends_with_an_error_is_counted_too() -> None:
    now = [0.0]
    timings = Timings(clock=lambda: now[0])
    try:
        with timings.counted(), part("acting"):
            now[0] += 2
            raise ValueError
    except ValueError:
        now[0] += 5
    assert timings.seconds["acting"] == 2.0
    with timings.counted(), part("acting"):
        now[0] += 1
    assert timings.seconds["acting"] == 3.0


def test_nobody_counts_outside_of_the_block_nor_in_another_thread() -> None:
    timings = Timings()

    def elsewhere() -> None:
        with part("loading"):
            pass

    with part("loading"):
        pass
    with timings.counted():
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
    assert "loading" not in timings.seconds
