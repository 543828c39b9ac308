"""Looking into a lake: sql and stats."""

import argparse
from typing import Any

from pipelines.cli.output import add_lake, add_verb, print_rows, progress, say, summary


def add(verbs: Any) -> None:
    """The verbs of this module."""
    sql = add_verb(
        verbs,
        "sql",
        "Ask the lake in SQL (DuckDB): a view for each table.",
        (
            'hindtrace sql --lake lake "select action.kind, count(*) from steps group by all order by 2 desc"',
            "hindtrace sql --lake lake \"select text from instructions where level = 'high'\" --format csv",
        ),
    )
    add_lake(sql)
    sql.add_argument("query", help="one statement that reads")
    sql.add_argument("--format", choices=("table", "csv", "json", "markdown"), default="table", help="default: table")
    sql.set_defaults(run=run_sql)
    stats = add_verb(
        verbs,
        "stats",
        "Print the funnel: from episodes to roles.",
        ("hindtrace stats --lake lake", "hindtrace stats --lake lake | less"),
    )
    add_lake(stats)
    stats.set_defaults(run=run_stats)


def run_sql(options: argparse.Namespace) -> int:
    """Runs `hindtrace sql`."""
    from pipelines.agree.views import VIEWS
    from pipelines.lake.delta import open_lake
    from pipelines.lake.sql import connect, query, rows_of

    connection = connect(open_lake(options.lake), views=VIEWS)
    try:
        with progress("Asking"):
            names, rows = rows_of(query(connection, options.query))
    finally:
        connection.close()
    print_rows(names, rows, options.format)
    return 0


def run_stats(options: argparse.Namespace) -> int:
    """Runs `hindtrace stats`."""
    from pipelines.curate.published import unfinished_of
    from pipelines.lake.delta import open_lake
    from pipelines.lake.funnel import funnel

    lake = open_lake(options.lake)
    with progress("Counting"):
        parts = funnel(lake)
    for title, counts in parts.items():
        summary(title, counts)
    for name, later in unfinished_of(lake).items():
        say(f"a curation {name} {later}: export refuses it until it was made again")
    return 0
