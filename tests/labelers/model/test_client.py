import asyncio
import json
import urllib.request
from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest

from labelers.model.budget import Budget, Pace
from labelers.model.client import AnsweredRequest, Client
from labelers.model.pictures import Picture
from labelers.model.prices import Price
from labelers.model.requests import AnswerForm, Request, Turn
from labelers.model.sending import KEY_VARIABLE, Endpoint, PicturesRefused
from schemas.errors import ModelError, SchemaError
from schemas.keys import parse_json
from schemas.records import Screen
from tests.labelers.model.server import serving
from tests.schemas.samples import png

FORM = AnswerForm.of("verdict", {"type": "object", "properties": {"verdict": {"type": "string"}}})
PRICE = Price(1.0, 10.0, 0.5)


def question(number: int, *, sample: int = 0) -> Request:
    return Request(f"{number:032x}", "local", (Turn("user", f"Was step {number} good?"),), FORM, 100, sample=sample)


def check(text: str) -> str | None:
    try:
        return None if "verdict" in parse_json(text.encode()) else "expected a verdict"
    except SchemaError as error:
        return str(error)


def no_screen(screen: str) -> Screen:
    raise KeyError(screen)


def some_screen(screen: str) -> Screen:
    del screen
    return Screen(png(), 4, 3)


def ask(
    url: str,
    requests: Iterable[Request],
    *,
    budget: Budget | None = None,
    flights: int = 16,
    seconds: float = 10.0,
    screen: Callable[[str], Screen] = no_screen,
) -> tuple[list[AnsweredRequest], Client]:
    async def run() -> tuple[list[AnsweredRequest], Client]:
        client = Client(
            Endpoint(url, flights=flights, seconds=seconds),
            budget=budget or Budget(None),
            pace=Pace(),
            screen=screen,
            check=check,
        )
        try:
            return [each async for each in client.answers(requests)], client
        finally:
            await client.close()

    return asyncio.run(run())


def stats(url: str) -> dict[str, dict[str, int]]:
    with urllib.request.urlopen(url.replace("/v1", "/stats")) as answer:
        return json.load(answer)  # type: ignore[no-any-return]


def test_every_request_is_answered_once_and_many_at_a_time() -> None:
    with serving(latency=0.05) as url:
        answered, client = ask(url, map(question, range(60)))
        counted = stats(url)
    assert sorted(each.request.trajectory_id for each in answered) == [f"{n:032x}" for n in range(60)]
    assert all(each.answer.status == "ok" and each.tries == 1 for each in answered)
    assert set(counted["came"].values()) == {1}
    assert 8 < counted["at once"] <= 16  # type: ignore[operator]
    assert not client.exhausted
    usage = answered[0].answer.usage
    assert usage is not None
    assert (usage.output, usage.cached) == (12, 1)


@pytest.mark.parametrize(
    ("kind", "faults"), [("full", 0.3), ("error", 0.3), ("cut", 0.3), ("no json", 0.1), ("wrong form", 0.1)]
)
def test_what_passes_by_itself_is_tried_again(kind: str, faults: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labelers.model.caller.pause_before", lambda *_, **__: 0.01)
    with serving(faults=faults, kinds=[kind]) as url:
        answered, _ = ask(url, map(question, range(30)))
        counted = stats(url)
    assert all(each.answer.status == "ok" for each in answered)
    assert set(counted["answered"].values()) == {1}
    assert sum(each.tries for each in answered) == sum(counted["came"].values()) > 30


def test_a_server_that_keeps_silent_is_given_up_and_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labelers.model.caller.pause_before", lambda *_, **__: 0.01)
    with serving(faults=0.4, kinds=["silent"]) as url:
        answered, _ = ask(url, map(question, range(10)), seconds=0.3)
    assert all(each.answer.status == "ok" for each in answered)
    assert sum(each.tries for each in answered) > 10


def test_what_stays_wrong_ends_with_its_reason_and_what_was_said() -> None:
    with serving(faults=1.0, kinds=["wrong form"]) as url:
        (malformed,), _ = ask(url, [question(1)])
    with serving(faults=1.0, kinds=["refused"]) as url:
        (refused,), _ = ask(url, [question(1)])
    with serving(faults=1.0, kinds=["gone"]) as url:
        (gone,), _ = ask(url, [question(1)])
    assert (malformed.answer.status, malformed.answer.text, malformed.tries) == ("malformed", '{"verdict":', 3)
    assert malformed.answer.usage is not None
    assert malformed.answer.usage.output == 3 * 12  # every try was paid for
    assert (refused.answer.status, refused.answer.error, refused.tries) == ("refused", "I can't help with that.", 1)
    assert (gone.answer.status, gone.tries) == ("failed", 1)
    assert gone.answer.error is not None
    assert "HTTP 400" in gone.answer.error
    assert gone.answer.text == '{"error":{"message":"this picture is none"}}'


def test_a_third_of_faults_leaves_no_question_open() -> None:
    with serving(faults=0.3) as url:
        answered, _ = ask(url, map(question, range(80)), seconds=0.5, flights=32)
        counted = stats(url)
    assert len({each.request.digest for each in answered}) == 80
    assert {each.answer.status for each in answered} <= {"ok", "refused", "failed", "malformed"}
    assert all(
        each.answer.text is not None
        for each in answered
        if each.answer.status in ("malformed", "refused") and each.answer.error != "I can't help with that."
    )
    assert max(counted["answered"].values()) == 1


def test_a_picture_that_cannot_be_made_is_a_dead_letter_and_the_rest_goes_on() -> None:
    pictured = replace(question(7), turns=(Turn("user", "Look.", (Picture("missing"),)),))
    budget = Budget(None, tokens=10**6)
    with serving() as url:
        answered, _ = ask(url, [question(1), pictured, question(2)], budget=budget)
        assert len(stats(url)["came"]) == 2
    (dead,) = [each for each in answered if each.answer.status != "ok"]
    assert (dead.request, dead.tries, dead.answer.status) == (pictured, 0, "failed")
    assert dead.answer.error == "not asked: screen 'missing' is not there"
    assert budget.spent.tokens == sum(each.answer.usage.input + 12 for each in answered if each.answer.usage)


def test_no_money_no_calls_and_what_is_under_way_ends() -> None:
    most = Budget(PRICE).most(question(1))
    with serving(latency=0.02) as url:
        budget = Budget(PRICE, money=10.5 * most.money)
        answered, client = ask(url, map(question, range(100)), budget=budget, flights=4)
        counted = stats(url)
    assert client.exhausted
    assert 10 <= len(answered) == sum(counted["came"].values()) < 100
    assert 0 < budget.spent.money <= 10.5 * most.money
    assert budget.spent.tokens == counted["tokens"]


def test_a_try_that_nobody_heard_the_end_of_counts_as_the_dearest() -> None:
    with serving(faults=1.0, kinds=["cut"]) as url:
        most = Budget(PRICE).most(question(1))
        budget = Budget(PRICE, tokens=2 * most.tokens)
        (answered,), client = ask(url, [question(1)], budget=budget)
    assert (answered.answer.status, answered.tries, client.exhausted) == ("failed", 2, True)
    assert budget.spent.tokens == 2 * most.tokens


def test_a_wrong_key_ends_it_at_once_and_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "sk-wrong-0123456789")
    with serving(key="sk-right") as url:
        with pytest.raises(ModelError, match="refuses every call: HTTP 401") as caught:
            ask(url, map(question, range(100)), flights=2)
        assert "sk-wrong" not in str(caught.value)
        monkeypatch.setenv(KEY_VARIABLE, "sk-right")
        answered, _ = ask(url, [question(1)])
    assert answered[0].answer.status == "ok"


def pictured(number: int, screen: str = "s" * 64) -> Request:
    return replace(question(number), turns=(Turn("user", f"Look at {number}.", (Picture(screen),)),))


@pytest.mark.parametrize("status", [200, 400, 404, 415, 422, 500, 501])
def test_a_model_that_takes_no_pictures_is_asked_once_whatever_the_status(status: int) -> None:
    with serving(no_pictures=status) as url:
        with pytest.raises(PicturesRefused, match="takes no pictures"):
            ask(url, map(pictured, range(12)), screen=some_screen)
        assert stats(url)["came"] == {"refused: pictures": 1}


def test_pictures_that_are_taken_are_asked_about_like_all() -> None:
    with serving() as url:
        answered, _ = ask(url, map(pictured, range(6)), screen=some_screen)
    assert [each.answer.status for each in answered] == ["ok"] * 6


def test_one_that_is_not_found_is_alone_and_where_all_are_it_ends() -> None:
    with serving(faults=0.3, kinds=["missing"]) as url:
        answered, _ = ask(url, map(question, range(12)), flights=1)
    statuses = [each.answer.status for each in answered]
    assert (len(statuses), set(statuses)) == (12, {"ok", "failed"})
    with serving(faults=1.0, kinds=["missing"]) as url:
        with pytest.raises(ModelError, match=r"refuses every call: HTTP 404.*check --model and --base-url"):
            ask(url, map(question, range(100)), flights=1)
        assert len(stats(url)["came"]) == 5


def test_calls_that_all_come_to_nothing_end_before_they_cost_more() -> None:
    with serving(faults=1.0, kinds=["gone"]) as url:
        with pytest.raises(ModelError, match="the last 32 calls came to nothing, the last one because of: HTTP 400"):
            ask(url, map(question, range(200)), flights=4)
        assert len(stats(url)["came"]) < 40


def test_an_answer_that_was_cut_is_not_paid_for_again() -> None:
    with serving(answer="<think>Let me see", ending="length") as url:
        (answered,), _ = ask(url, [question(1)])
    assert (answered.answer.status, answered.tries) == ("malformed", 1)
    assert "--most-output" in (answered.answer.error or "")


@pytest.mark.parametrize("kind", ["endless", "bomb"])
def test_an_endless_answer_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setattr("labelers.model.sending.BODY_LIMIT", 2 * 10**6)
    monkeypatch.setattr("labelers.model.caller.pause_before", lambda *_, **__: 0.01)
    with serving(faults=1.0, kinds=[kind]) as url:
        (answered,), _ = ask(url, [question(1)])
    assert (answered.answer.status, answered.answer.text) == ("malformed", None)
    found = int((answered.answer.error or "").rpartition(" ")[2])
    assert 2 * 10**6 <= found < 10 * 10**6


def test_an_answer_that_is_packed_as_nobody_asked_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labelers.model.caller.pause_before", lambda *_, **__: 0.01)
    with serving(faults=1.0, kinds=["odd"]) as url:
        (answered,), _ = ask(url, [question(1)])
    assert (answered.answer.status, answered.answer.error) == ("failed", "the connection broke: DecodingError")
