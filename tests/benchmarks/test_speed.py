from benchmarks.contexts import Throughput
from benchmarks.pages import PAGES
from benchmarks.speed import Bar, bars, report

FAST = {"BrowserGym": [1.0, 1.0], "full": [0.2, 0.2], "viewport": [0.02, 0.03], "bare": [0.02, 0.021]}
SAMPLES = {page.name: FAST for page in PAGES}
COMPUTED = {page.name: dict.fromkeys(FAST, 0.05) for page in PAGES}


def test_the_bars_are_ratios_of_what_took_turns() -> None:
    found = {bar.what: bar for bar in bars(SAMPLES, Throughput(8, [10, 20, 30], [50, 60, 40], 100, 100))}
    assert len(found) == 6
    assert found["BrowserGym / full, 2,498 elements"].found == 5
    assert found["BrowserGym / viewport, 275 elements"].found == 40
    assert found["8 contexts of one browser / 1, steps a second"].found == 2.5
    assert [bar.met for bar in found.values()] == [True, False, True, True, True, True]


def test_a_loop_that_was_left_out_has_no_bar() -> None:
    without = {page.name: {"viewport": [0.1], "bare": [0.05]} for page in PAGES}
    (bar,) = bars(without, None)
    assert (bar.least, bar.met) == (False, False)


def test_an_upper_bar_is_missed_where_it_is_reached() -> None:
    assert Bar("own share", 0.19, 0.2, least=False).met
    assert not Bar("own share", 0.2, 0.2, least=False).met
    assert Bar("ratio", 2.0, 2.0).met


def test_the_report_tells_the_ratios_before_the_milliseconds() -> None:
    throughput = Throughput(8, [10.0], [25.0], 1, 1)
    said = report(SAMPLES, COMPUTED, bars(SAMPLES, throughput), throughput)
    assert said.index("5.0 x") < said.index("Milliseconds a step") < said.index("1000 (1000 to 1000)")
    assert said.endswith("Steps a second: 1 context 10.0, 8 contexts 25.0.")
    assert "**no**" in said
