import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest

from labelers.model.batch import BatchClient
from labelers.model.budget import Budget
from labelers.model.client import AnsweredRequest
from labelers.model.pictures import Picture
from labelers.model.prices import Price
from labelers.model.requests import Request, Turn
from labelers.model.sending import Endpoint, PicturesRefused
from schemas.errors import ModelError
from schemas.records import Screen
from tests.labelers.model.server import serving
from tests.labelers.model.test_client import check, no_screen, question, some_screen, stats


def ask(
    url: str,
    requests: Iterable[Request],
    *,
    name: str = "n",
    budget: Budget | None = None,
    seconds: float | None = None,
    screen: Callable[[str], Screen] = no_screen,
) -> tuple[list[AnsweredRequest], BatchClient]:
    async def run() -> tuple[list[AnsweredRequest], BatchClient]:
        client = BatchClient(Endpoint(url), name, budget=budget or Budget(None), screen=screen, check=check, poll=0.05)
        try:
            async with asyncio.timeout(seconds):
                return [each async for each in client.answers(requests)], client
        finally:
            await client.close()

    return asyncio.run(run())


def test_every_request_of_a_batch_has_its_own_answer() -> None:
    with serving(batch_seconds=0.2) as url:
        answered, client = ask(url, map(question, range(20)))
        assert set(stats(url)["came"].values()) == {1}
    assert {each.request.digest for each in answered} == {question(number).digest for number in range(20)}
    assert all(each.answer.status == "ok" and each.answer.usage is not None for each in answered)
    assert not client.exhausted


def test_what_an_earlier_job_sent_is_waited_for_and_not_sent_again() -> None:
    with serving(batch_seconds=0.5) as url:
        with pytest.raises(TimeoutError):
            ask(url, map(question, range(10)), seconds=0.3)
        answered, _ = ask(url, map(question, range(14)))
        came = stats(url)["came"]
    assert len(answered) == 14
    assert (len(came), set(came.values())) == (14, {1})


def test_another_job_s_batches_are_left_alone() -> None:
    with serving() as url:
        ask(url, map(question, range(3)))
        ask(url, map(question, range(3)), name="other")
        assert set(stats(url)["came"].values()) == {2}


def test_what_went_wrong_in_a_batch_is_told_request_by_request() -> None:
    with serving(faults=0.5, kinds=["cut", "wrong form", "refused", "gone", "no json"]) as url:
        answered, _ = ask(url, map(question, range(40)))
    assert len({each.request.digest for each in answered}) == 40
    assert {each.answer.status for each in answered} == {"ok", "malformed", "refused", "failed"}
    reasons = {each.answer.error for each in answered if each.answer.status == "failed"}
    assert reasons == {"HTTP 400", "the batch completed without an answer"}


def test_a_picture_that_cannot_be_made_is_a_dead_letter_and_the_rest_is_sent() -> None:
    pictured = replace(question(7), turns=(Turn("user", "Look.", (Picture("missing"),)),))
    with serving() as url:
        answered, _ = ask(url, [pictured, question(1)])
    assert {each.request.digest: each.answer.status for each in answered} == {
        pictured.digest: "failed",
        question(1).digest: "ok",
    }


def test_a_budget_holds_for_batches_too() -> None:
    most = Budget(Price(1.0, 1.0, 1.0)).most(question(1))
    with serving() as url:
        budget = Budget(Price(1.0, 1.0, 1.0), tokens=int(4.5 * most.tokens))
        answered, client = ask(url, map(question, range(10)), budget=budget)
    assert client.exhausted
    assert len(answered) == 4
    assert 0 < budget.spent.tokens < 4 * most.tokens


def test_a_server_without_batches_is_told() -> None:
    with pytest.raises(ModelError, match="takes no batches"):
        ask("http://127.0.0.1:9/v1", [question(1)])


def test_what_the_server_does_not_know_is_put_otherwise_in_another_batch() -> None:
    unknown = ["max_completion_tokens", "json_schema"]
    budget = Budget(Price(1.0, 1.0, 1.0))
    with serving(unknown=unknown) as url:
        answered, _ = ask(url, map(question, range(4)), budget=budget)
        came = stats(url)["came"]
        again, _ = ask(url, map(question, range(4)))  # a job that was killed before it wrote down what it heard
        assert stats(url)["came"] == came
    assert [each.answer.status for each in answered] == ["ok"] * 4
    assert {each.request.digest for each in answered} == {each.request.digest for each in again}
    assert {name for name in came if name.startswith("refused")} == {f"refused: {name}" for name in unknown}
    assert budget.spent.tokens == sum(
        each.answer.usage.input + each.answer.usage.output for each in answered if each.answer.usage is not None
    )


def test_a_model_that_takes_no_pictures_ends_its_batch() -> None:
    with serving(no_pictures=400) as url, pytest.raises(PicturesRefused, match="takes no pictures"):
        ask(url, [replace(question(1), turns=(Turn("user", "Look.", (Picture("s" * 64),)),))], screen=some_screen)
