"""Django's admin over the demo's library, with everyone logged in as its administrator."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.library_database import write_library
from benchmarks.sites.installing import python_packages, run
from benchmarks.sites.serving import served

VERSION = "5.2.19"
HERE = Path(__file__).resolve().parent


@contextmanager
def django_admin(*, port: int = 0) -> Iterator[str]:
    """The admin's start page over a fresh database."""
    python = str(python_packages("django-admin", f"django=={VERSION}"))
    with tempfile.TemporaryDirectory(prefix="hindtrace-") as folder:
        source = Path(folder) / "source.db"
        write_library(source, seed=7)
        env = {
            "PYTHONPATH": str(HERE),
            "DJANGO_SETTINGS_MODULE": "django_project.settings",
            "LIBRARY_DATABASE": f"{folder}/library.db",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        run([python, "-m", "django", "migrate", "--run-syncdb", "--verbosity", "0"], env=env)
        run([python, "-m", "django_project.fill", str(source)], env=env)
        command = [python, "-m", "django", "runserver", "--noreload"]
        with served(lambda chosen: [*command, f"127.0.0.1:{chosen}"], "/admin/", port=port, env=env) as address:
            yield address
