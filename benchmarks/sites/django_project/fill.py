"""Copies the demo's library into Django's database and adds an administrator.

python -m django_project.fill FILE
"""

import sqlite3
import sys
from contextlib import closing

import django
from django.apps import apps

# Referred to before they refer: an author comes before the books.
TABLES = ("author", "book", "member", "loan")


def fill(source: str) -> None:
    """Copies every row of every table."""
    with closing(sqlite3.connect(source)) as connection:
        connection.row_factory = sqlite3.Row
        for name in TABLES:
            model = apps.get_model("library", name)
            model.objects.bulk_create(model(**dict(row)) for row in connection.execute(f"select * from {name}s"))
    apps.get_model("auth", "User").objects.create_superuser("admin", "admin@example.org", "not used")


if __name__ == "__main__":
    django.setup()
    fill(sys.argv[1])
