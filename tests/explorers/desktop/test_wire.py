"""The wire: what is put together here is what jeepney reads, and what is none is an error and nothing else."""

import random
import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jeepney import MessageType
from jeepney.low_level import HeaderFields, Parser

from explorers.desktop.accessible import ITEMS, Accessible, items_by_parent
from explorers.desktop.wire import NESTED_LIMIT, BusError, call_message, decoded, opened
from tests.explorers.desktop.messages import PATHS, SAMPLES, TEXTS, body_of, changed, message_of, unconnected


@given(path=PATHS, text=TEXTS, number=st.integers(-(2**31), 2**31 - 1))
def test_a_call_is_read_by_others_as_it_was_meant(path: str, text: str, number: int) -> None:
    bus = unconnected()
    bus.post(":1.2", path, "org.example.Thing", "Do", "si", text, number)
    bus.post(":1.2", path, "org.example.Thing", "Done")
    first, second = Parser().feed(bytes(bus._out))
    assert first.header.message_type == MessageType.method_call
    assert first.header.fields[HeaderFields.path] == path
    assert first.header.fields[HeaderFields.destination] == ":1.2"
    assert first.body == (text, number)
    assert (second.header.serial, second.body) == (2, ())


@pytest.mark.parametrize(("signature", "body"), [("u", (2**32 - 1,)), ("iiu", (-5, 2**31 - 1, 0)), ("ss", ("ä", ""))])
def test_what_is_asked_with_is_read_by_others(signature: str, body: tuple[int | str, ...]) -> None:
    (call,) = Parser().feed(call_message(1, ":1.2", "/a", "org.example.Thing", "Do", signature, body))
    assert call.body == body


@given(data=st.binary(max_size=60), signature=st.sampled_from(["a(so)", "v", "a{sv}", "au", "(iiii)", "aas", "g"]))
def test_a_body_that_is_none_is_an_error_and_nothing_else(data: bytes, signature: str) -> None:
    with suppress(BusError):
        decoded(*opened(message_of(signature, data)))


@given(signature=st.text("asovug(){}iyz", max_size=20))
def test_a_signature_that_is_none_is_an_error_and_nothing_else(signature: str) -> None:
    with suppress(BusError):
        decoded(signature, bytes(200))


@pytest.mark.parametrize("signature", list(SAMPLES))
def test_a_changed_answer_is_read_or_is_an_error(signature: str) -> None:
    dice = random.Random(signature)
    outcomes = set()
    for _ in range(4000):
        try:
            decoded(*opened(changed(message_of(signature, SAMPLES[signature]), dice)))
            outcomes.add("read")
        except BusError:
            outcomes.add("error")
    assert outcomes == {"read", "error"}


@pytest.mark.parametrize(
    ("signature", "body"),
    [
        ("a()", struct.pack("<I", 8) + bytes(12)),  # what takes no place would be read for ever
        ("a" * (NESTED_LIMIT + 1) + "y", bytes(8)),
        ("v", b"\1v\0" * 5000),
        ("{sv}", bytes(8) + b"\xff" * 56),
        ("s", struct.pack("<I", 2**32 - 1)),
        ("au", struct.pack("<I", 2**32 - 4)),
    ],
)
def test_what_is_built_to_do_harm_is_an_error(signature: str, body: bytes) -> None:
    with pytest.raises(BusError):
        decoded(*opened(message_of(signature, body)))


ITEM = ((":1.1", "/one"), (":1.1", "/root"), (":1.1", "/root"), 0, 2, ["org.a", "org.b"], "Näme", 43, "What", [6, 1])
FURTHER = ((":1.1", "/two"), (":1.1", "/root"), (":1.1", "/root"), -1, 0, [], "", 1, "", [])


def test_the_items_of_a_cache_are_read_as_they_were_sent() -> None:
    one = Accessible(
        ":1.1", "/one", "/root", 0, 2, frozenset({"org.a", "org.b"}), "Näme", 43, "What", states=6 | 1 << 32
    )
    two = Accessible(":1.1", "/two", "/root", -1, 0, frozenset(), "", 1, "", states=0)
    assert items_by_parent(body_of(ITEMS, [ITEM, FURTHER])) == {"/root": [two, one]}
    assert items_by_parent(body_of(ITEMS, [])) == {}


def test_changed_items_are_read_or_are_none() -> None:
    dice = random.Random(1)
    body = body_of(ITEMS, [ITEM, FURTHER, ITEM])
    for _ in range(4000):
        items_by_parent(changed(body, dice, start=0))
