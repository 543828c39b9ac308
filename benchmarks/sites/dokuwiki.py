"""DokuWiki from Debian's package, unpacked and relocated, under PHP's built-in server."""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.sites.installing import SiteError, debian_packages
from benchmarks.sites.serving import served

PACKAGES = (
    "dokuwiki",
    "libjs-jquery",
    "libjs-jquery-cookie",
    "libjs-jquery-ui",
    "libphp-simplepie",
    "php-geshi",
    "php-phpseclib",
)
PHP = ("php-cli", "php-mbstring", "php-xml")
EXTENSIONS = ("ctype", "dom", "fileinfo", "iconv", "mbstring", "simplexml", "tokenizer", "xml", "xmlreader")
PARTS = ("etc/dokuwiki", "var/lib/dokuwiki", *(f"usr/share/{part}" for part in ("dokuwiki", "javascript", "php")))
SETTINGS = "<?php\n$conf['title'] = 'DokuWiki';\n$conf['useacl'] = 0;\n$conf['userewrite'] = 0;\n"
"""Without access control everyone may edit every page."""


@contextmanager
def dokuwiki(*, port: int = 0) -> Iterator[str]:
    """The welcome page of a fresh copy of the wiki, which can be written to."""
    root = debian_packages("dokuwiki", PACKAGES, needed=PHP)
    with tempfile.TemporaryDirectory(prefix="hindtrace-", ignore_cleanup_errors=True) as folder:
        copy = Path(folder) / "root"
        _relocate(root, copy)
        (copy / "etc/dokuwiki/local.php").write_text(SETTINGS)
        sessions = Path(folder) / "sessions"
        sessions.mkdir()
        settings = ["-d", f"session.save_path={sessions}", "-d", "display_errors=0"]
        command = [*_php(root), *settings, "-t", str(copy / "usr/share/dokuwiki"), "-S"]
        libraries = ":".join(str(path) for path in root.glob("usr/lib/*-linux-gnu*"))
        # One worker answers one request at a time, and a page needs a dozen.
        env = {"PHP_CLI_SERVER_WORKERS": "4", "LD_LIBRARY_PATH": libraries}
        start = "/doku.php?id=wiki:welcome"
        with served(lambda chosen: [*command, f"127.0.0.1:{chosen}"], start, port=port, env=env) as address:
            yield address


def _relocate(root: Path, copy: Path) -> None:
    """Copies what the wiki is made of, with its absolute paths and links led into the copy."""
    for part in (*PARTS, "usr/share/php-geshi"):
        if (root / part).is_dir():
            shutil.copytree(root / part, copy / part, symlinks=True)
    quoted = re.compile(rb"""(?<=['"])(?=/(?:etc/dokuwiki|var/lib/dokuwiki|usr/share/(?:javascript|php)))""")
    for path in copy.rglob("*"):
        if path.is_symlink():
            target = os.readlink(path)
            if target.startswith("/"):
                path.unlink()
                path.symlink_to(f"{copy}{target}")
        elif path.suffix == ".php" and path.is_file():
            text = path.read_bytes()
            if quoted.search(text):
                path.write_bytes(quoted.sub(str(copy).encode(), text))


def _php(root: Path) -> list[str]:
    """The command of the system's PHP, or of the one that was unpacked with the wiki."""
    if system := shutil.which("php"):
        return [system]
    programs = sorted(root.glob("usr/bin/php[0-9]*"))
    folders = sorted(root.glob("usr/lib/php/2*"))
    if not programs or not folders:
        raise SiteError(f"No PHP in {root}: run 'apt-get install -y --no-install-recommends {' '.join(PHP)}' as root.")
    loaded = [name for name in EXTENSIONS if (folders[-1] / f"{name}.so").exists()]
    settings = [f"extension_dir={folders[-1]}", *(f"extension={name}" for name in loaded)]
    return [str(programs[-1]), "-n", *(part for setting in settings for part in ("-d", setting))]
