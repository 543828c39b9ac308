"""A sample of the tasks: each sentence once before any comes twice, the same ones each time."""

from collections import Counter

from pipelines.prove.lanes import Claimed
from pipelines.prove.tasks import Task, sample


def task(name: str, text: str) -> Task:
    return Task((name,), "walk", text, None, None, "app", Claimed("/", (), None, None), False, ())


TASKS = [task(f"{text}{number}", text) for text in "abcd" for number in range(3)]


def test_each_sentence_comes_once_before_any_comes_twice() -> None:
    assert sorted(each.text for each in sample(TASKS, 4)) == ["a", "b", "c", "d"]
    assert max(Counter(each.text for each in sample(TASKS, 6)).values()) == 2
    assert len({each.text for each in sample(TASKS, 3)}) == 3


def test_it_hangs_on_the_tasks_alone_and_a_larger_one_holds_a_smaller_one() -> None:
    assert sample(TASKS[::-1], 5) == sample(TASKS, 5)
    assert sample(TASKS, 7)[:5] == sample(TASKS, 5)
    assert len(sample(TASKS, 99)) == len(TASKS)
