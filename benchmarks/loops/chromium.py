"""The browser's program, the same for every loop."""

from functools import cache
from pathlib import Path

from playwright.sync_api import sync_playwright

from explorers.setup.chromium import find_chromium


@cache
def executable() -> str:
    """The path of the Chromium that the explorers use here.

    Raises:
        DeviceUnavailable: if there is none.
    """
    found = find_chromium().executable
    if found is not None:
        return str(Path(found).resolve())
    # Playwright names the full browser; headless it starts the shell, which lies in a folder beside that one.
    with sync_playwright() as playwright:
        full = Path(playwright.chromium.executable_path)
    shells = sorted(full.parents[2].glob("chromium_headless_shell-*/*/*headless*shell"))
    return str(shells[-1] if shells else full)
