"""What Ctrl-C and SIGTERM do while a verb runs."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

Handler = Callable[[int, object], None]


@contextmanager
def handled(handler: Handler, *numbers: signal.Signals) -> Iterator[None]:
    """Has the handler called for these signals; in another thread than the first nothing, where none may be handled."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)


def terminable() -> AbstractContextManager[None]:
    """Has SIGTERM end what runs as Ctrl-C does: browsers are closed, and what was recorded stays."""
    return handled(_interrupt, signal.SIGTERM)


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt
