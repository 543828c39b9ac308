"""A lending library as an SQLite file, the same bytes of content for the same seed: something real to browse.

python benchmarks/library_database.py library.db --seed 7
"""

import argparse
import random
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

_FIRST = (
    "Anna",
    "Boris",
    "Clara",
    "David",
    "Elena",
    "Emil",
    "Farah",
    "Felix",
    "Greta",
    "Hana",
    "Igor",
    "Ines",
    "Jonas",
    "Karin",
    "Leo",
    "Lucia",
    "Marek",
    "Maria",
    "Nadia",
    "Nils",
    "Olga",
    "Omar",
    "Paula",
    "Pedro",
    "Rosa",
    "Ruben",
    "Sara",
    "Tomas",
    "Vera",
    "Yusuf",
)
_LAST = (
    "Adler",
    "Becker",
    "Carvalho",
    "Dumas",
    "Eriksen",
    "Fischer",
    "Grieg",
    "Haddad",
    "Ivanova",
    "Jansen",
    "Keller",
    "Lindqvist",
    "Moreau",
    "Novak",
    "Okafor",
    "Petrov",
    "Quintero",
    "Rossi",
    "Sato",
    "Tanaka",
    "Ulrich",
    "Vidal",
    "Weber",
    "Yilmaz",
    "Zeman",
)
_COUNTRIES = ("Austria", "Brazil", "France", "Germany", "Italy", "Japan", "Nigeria", "Norway", "Spain", "Turkey")
_CITIES = ("Bergen", "Bologna", "Graz", "Izmir", "Kyoto", "Lagos", "Leipzig", "Lyon", "Porto", "Sevilla")
_GENRES = ("biography", "crime", "essays", "fantasy", "history", "poetry", "romance", "science", "travel")
_ADJECTIVES = ("Blue", "Broken", "Distant", "Golden", "Hidden", "Last", "Quiet", "Salt", "Silver", "Winter")
_THINGS = ("Bridge", "Garden", "Harbour", "House", "Letter", "Mirror", "Orchard", "River", "Station", "Window")
_PLACES = ("Lisbon", "Oslo", "Prague", "Sicily", "Tokyo", "Vienna", "the Coast", "the Mountain", "the North", "Rome")

_SCHEMA = """
create table authors (id integer primary key, name text not null, country text not null, born integer not null);
create table books (
    id integer primary key, title text not null, author_id integer not null references authors(id),
    year integer not null, genre text not null, price real not null, pages integer not null
);
create table members (id integer primary key, name text not null, city text not null);
create table loans (
    id integer primary key, book_id integer not null references books(id),
    member_id integer not null references members(id), due text not null, returned text
);
create index books_author on books(author_id);
create index loans_book on loans(book_id);
create index loans_member on loans(member_id);
create virtual table books_fts using fts5(title, genre, content="books", content_rowid="id");
"""


def write_library(
    path: Path, *, seed: int, authors: int = 60, books: int = 240, members: int = 50, loans: int = 180
) -> None:
    """Writes the database to a new file at `path`, replacing one that is there."""
    chance = random.Random(seed)
    names = [f"{first} {last}" for first in _FIRST for last in _LAST]
    titles = [
        f"The {adjective} {thing} of {place}" for adjective in _ADJECTIVES for thing in _THINGS for place in _PLACES
    ]
    chance.shuffle(names)
    chance.shuffle(titles)
    writers, readers = names[:authors], names[authors : authors + members]
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(_SCHEMA)
        connection.executemany(
            "insert into authors values (?, ?, ?, ?)",
            [(n, name, chance.choice(_COUNTRIES), chance.randint(1900, 1995)) for n, name in enumerate(writers, 1)],
        )
        connection.executemany(
            "insert into books values (?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    n,
                    title,
                    chance.randint(1, authors),
                    chance.randint(1950, 2024),
                    chance.choice(_GENRES),
                    chance.randint(4, 60) + 0.5,
                    chance.randint(80, 900),
                )
                for n, title in enumerate(titles[:books], 1)
            ],
        )
        connection.executemany(
            "insert into members values (?, ?, ?)",
            [(n, name, chance.choice(_CITIES)) for n, name in enumerate(readers, 1)],
        )
        for n in range(1, loans + 1):
            due = date(2024, 1, 1) + timedelta(days=chance.randint(0, 500))
            back = None if chance.random() < 0.3 else (due - timedelta(days=chance.randint(-10, 20))).isoformat()
            row = (n, chance.randint(1, books), chance.randint(1, members), due.isoformat(), back)
            connection.execute("insert into loans values (?, ?, ?, ?, ?)", row)
        connection.execute("insert into books_fts(books_fts) values ('rebuild')")


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args(arguments)
    write_library(given.path, seed=given.seed)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
