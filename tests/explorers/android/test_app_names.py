"""Apps by what people call them."""

import pytest

from explorers.android.app_names import APPS, package_named, unknown

INSTALLED = (
    "com.android.settings",
    "com.google.android.deskclock",
    "com.hindtrace.notes",
    "com.simplemobiletools.calendar.pro",
    "com.simplemobiletools.gallery.pro",
    "org.videolan.vlc",
)


@pytest.mark.parametrize(
    ("name", "package"),
    [
        ("Settings", "com.android.settings"),
        ("the clock", None),
        ("Clock app", "com.google.android.deskclock"),
        ("VLC", "org.videolan.vlc"),
        ("Simple Calendar Pro", "com.simplemobiletools.calendar.pro"),
        ("com.hindtrace.notes", "com.hindtrace.notes"),
        ("Notes", "com.hindtrace.notes"),
        ("hindtrace notes", "com.hindtrace.notes"),
        ("Simple Mobile", None),  # two apps say so
        ("Gmail", None),  # known, and not here
        ("android", None),
        ("a", None),
        ("", None),
        ("!", None),
    ],
)
def test_a_name_is_one_installed_package_or_none(name: str, package: str | None) -> None:
    assert package_named(name, INSTALLED) == package


def test_what_is_not_found_is_said_with_what_there_is() -> None:
    said = unknown("Fotos", INSTALLED)
    assert said.startswith("no single app is called 'Fotos' here, there are: settings (com.android.settings), clock (")
    assert "and 20 more" in unknown("x", [f"com.example.a{number:03}" for number in range(50)])


def test_components_are_read_from_what_the_package_manager_lists() -> None:
    said = "2 activities found:\n  Activity #0:\n    priority=0 preferredOrder=0 match=0x108000\n    com.a/.Main\n"
    assert APPS.findall(said + "  com.b.c/com.b.c.ui.Start$1\nNo activities found\n") == ["com.a", "com.b.c"]
