"""JupyterLab with a folder of small files; without terminals, and without the button that ends the server."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.sites.installing import python_packages
from benchmarks.sites.serving import served

VERSION = "4.6.6"
CELLS = (
    ("markdown", "# Rainfall\nMonthly sums in millimetres."),
    ("code", "months = {'January': 42, 'February': 38, 'March': 51}"),
    ("code", "sum(months.values())"),
)
QUIET = {"@jupyterlab/apputils-extension:notification": {"checkForUpdates": False, "fetchNews": "false"}}
"""It would ask its makers for news of itself."""

TABLE = "month,rain\nJanuary,42\nFebruary,38\nMarch,51\n"


@contextmanager
def jupyterlab() -> Iterator[str]:
    """Its launcher; the token is off, and it listens on loopback only."""
    python = python_packages("jupyterlab", f"jupyterlab=={VERSION}", "ipykernel")
    with tempfile.TemporaryDirectory(prefix="hindtrace-", ignore_cleanup_errors=True) as folder:
        work = Path(folder) / "work"
        work.mkdir()
        (work / "rain.ipynb").write_text(json.dumps(_notebook()))
        (work / "rain.csv").write_text(TABLE)
        (work / "notes.md").write_text("# Notes\n\nRead [the data](rain.csv).\n")
        config = Path(folder) / "JUPYTER_CONFIG_DIR/labconfig"
        config.mkdir(parents=True)
        (config / "default_setting_overrides.json").write_text(json.dumps(QUIET))
        options = {
            "ServerApp.ip": "127.0.0.1",
            "ServerApp.port_retries": 0,
            "ServerApp.open_browser": False,
            "ServerApp.allow_root": True,
            "ServerApp.root_dir": work,
            "ServerApp.terminals_enabled": False,
            "ServerApp.quit_button": False,
            "IdentityProvider.token": "",
        }
        command = [str(python), "-m", "jupyterlab", *(f"--{name}={value}" for name, value in options.items())]
        places = {name: f"{folder}/{name}" for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR")}
        env = {**places, "JUPYTER_RUNTIME_DIR": f"{folder}/runtime"}
        with served(lambda port: [*command, f"--ServerApp.port={port}"], "/lab", env=env) as address:
            yield address


def _notebook() -> dict[str, object]:
    cells: list[dict[str, object]] = [
        {"cell_type": kind, "id": f"cell{number}", "metadata": {}, "source": source}
        | ({"outputs": [], "execution_count": None} if kind == "code" else {})
        for number, (kind, source) in enumerate(CELLS)
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
