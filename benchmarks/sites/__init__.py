"""Real applications that no one here wrote, each on loopback and with fresh data, by name."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial

from benchmarks.sites.datasette import datasette
from benchmarks.sites.django_admin import django_admin
from benchmarks.sites.dokuwiki import dokuwiki
from benchmarks.sites.installing import SiteError as SiteError
from benchmarks.sites.jupyterlab import jupyterlab
from benchmarks.sites.miniwob import miniwob
from benchmarks.sites.miniwob import task_urls as task_urls
from benchmarks.sites.tiddlywiki import tiddlywiki
from benchmarks.sites.todomvc import IMPLEMENTATIONS, todomvc

Site = Callable[[], AbstractContextManager[str]]

SITES: dict[str, Site] = {
    "datasette": datasette,
    "django-admin": django_admin,
    "dokuwiki": dokuwiki,
    "jupyterlab": jupyterlab,
    **{f"todomvc-{name}": partial(todomvc, name) for name in IMPLEMENTATIONS},
    "tiddlywiki": tiddlywiki,
    "miniwob": miniwob,
}
"""Each installs itself at its first use, and yields the address to start from while its block runs."""
