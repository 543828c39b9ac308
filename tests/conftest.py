"""What many tests share: repeatable examples, and a small lake with its datasets."""

import atexit
import gc
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Hypothesis without a clock and without luck: the same examples on every machine.
settings.register_profile(
    "repeatable",
    deadline=None,
    derandomize=True,
    max_examples=30,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],  # this check reads the clock, and fails on a busy machine
)
settings.load_profile("repeatable")


PERSONAL = (
    # Somebody's session: its windows, keyboard and buses.
    "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "DBUS_SESSION_BUS_ADDRESS", "AT_SPI_BUS_ADDRESS", "XDG_RUNTIME_DIR",
    # Somebody's phone.
    "ANDROID_SERIAL", "ANDROID_ADB_SERVER_ADDRESS", "ANDROID_ADB_SERVER_HOST", "ANDROID_ADB_SERVER_PORT",
    "ADB_SERVER_SOCKET", "ADBUTILS_ADB_PATH",
    # The way to other machines, which no test asks, and what is paid there.
    "http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "no_proxy", "OPENAI_API_KEY", "OPENAI_BASE_URL",
)  # fmt: skip
"""Variables that lead out of the tests to what is somebody's own; a test that is about one of them sets it itself.

The language and the time zone stay: nothing that is tested may depend on them.
"""

for _name in PERSONAL:
    os.environ.pop(_name, None)
    os.environ.pop(_name.upper(), None)

# Without a variable that names it, adb's server is the one that may be running: this port is taken, and nobody listens.
_nobody = socket.socket()
atexit.register(_nobody.close)
_nobody.bind(("127.0.0.1", 0))
os.environ["ANDROID_ADB_SERVER_PORT"] = str(_nobody.getsockname()[1])


@pytest.fixture(autouse=True, scope="module")
def _leaks_fail_where_they_are_made() -> Iterator[None]:
    """What a file of tests left open warns, which is an error, before the next file begins."""
    yield
    gc.collect()


@pytest.fixture(scope="session")
def small_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `traces` of a shop in memory, the `lake`, and `datasets/FORMAT` of its curation; read only."""
    from tests.small_lake import make_small_lake

    return make_small_lake(tmp_path_factory.mktemp("small"))
