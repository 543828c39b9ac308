import pytest

from explorers.desktop.x11 import X11
from schemas.errors import ConfigurationError


@pytest.mark.parametrize("display", ["wayland-1", "host:0", "0", ":x"])
def test_what_is_no_display_of_x11_here_is_refused(display: str) -> None:
    with pytest.raises(ConfigurationError, match="display"):
        X11.check(display)
    X11.check(":0")
    X11.check(":12.0")
