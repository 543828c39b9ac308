import errno
import os
import subprocess
import sys
from pathlib import Path

from tests.conftest import PERSONAL

ROOT = Path(__file__).parents[1]
WHAT_IS_LEFT = """
import os, socket, tests.conftest
print(sorted(name for name in os.environ if os.environ[name] == 'mine'))
print(socket.socket().connect_ex(("127.0.0.1", int(os.environ["ANDROID_ADB_SERVER_PORT"]))))
"""


def test_no_test_is_told_of_a_session_a_phone_a_proxy_or_a_key_of_somebody() -> None:
    mine = dict.fromkeys((*PERSONAL, *map(str.upper, PERSONAL), "MINE"), "mine")
    done = subprocess.run(
        [sys.executable, "-c", WHAT_IS_LEFT],
        env={**os.environ, **mine, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["['MINE']", str(errno.ECONNREFUSED)]
    assert {"DISPLAY", "http_proxy", "https_proxy", "no_proxy", "ANDROID_ADB_SERVER_PORT"} <= set(PERSONAL)
