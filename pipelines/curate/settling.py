"""The stage in which keys are compared across buckets, and each row gets its role.

Keys are shuffled, and rows stay in their files and are read a second time. Of each file the best row of each key goes
to the partition of the key, as a record of 32 bytes; there the best of all files is found, and each other one is told
to its file, which asks the file of the best one for its name.
"""

from collections.abc import Iterable, Iterator
from typing import TypeAlias

import numpy as np
import polars as pl
import pyarrow as pa

from pipelines.curate import ledger, stages
from pipelines.curate.duplicates import duplicates, exact, keys
from pipelines.curate.duplicates.records import received, sent
from pipelines.curate.duplicates.rows import Told, names_of, pack, read_columns, together
from pipelines.curate.roles import contradictions
from pipelines.curate.stages import KEYED, SETTLED, Curation, Stage
from pipelines.running.work import Report

COMPARED = ("key", "rank", "trajectory_id")
"""What a file that is compared must have: a key of 16 bytes or null, a rank (the lower the better), an id."""

ASKED = np.dtype([("row", "<u4"), ("winner_row", "<u4"), ("exact", "<u8")])
"""What the file of a row that is kept is asked: for which row of which other one, and that one's own key."""

Numbered: TypeAlias = tuple[int, str]
"""A file by its number and its URL."""


def read_keys(partitions: int, file: Numbered) -> Iterator[tuple[str, tuple[int, bytes]]]:
    """Its own losers go into `lost`; the best row of each key into `sent`, to be compared with those of other files."""
    number, url = file
    names, ranks, ids = read_columns(url, COMPARED)
    best, lost, index = exact.first_of_each(exact.records(names, ranks, ids, file=number))
    yield "lost", (number, exact.own_losers(best, lost, index).tobytes())
    for part in sent(best, partitions):
        yield "sent", part


def find_best(_partition: int, parts: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """What each file loses of the keys of a partition."""
    for number, lost in exact.losers(received(parts, exact.RECORD)).items():
        yield number, lost.tobytes()


def lost_rows(parts: Iterable[bytes], *, file: int) -> exact.Losers:
    """What a file loses, in order of its rows, each with the row that is kept in the end."""
    return exact.merged(received(parts, exact.LOSER), file=file)


def ask_who_is_kept(curation: Curation, bucket: int, parts: Iterable[bytes]) -> Iterator[tuple[int, tuple[int, bytes]]]:
    """The questions of a bucket that loses rows, for the files of those that are kept instead."""
    lost = lost_rows(parts, file=bucket)
    if not len(lost):
        return
    (own,) = read_columns(curation.work.url(KEYED, bucket), ["exact"])
    first = keys.first_bytes(own.take(pa.array(lost["row"])))
    for winner in np.unique(lost["winner_file"]).tolist():
        mine = lost["winner_file"] == winner
        asked = np.empty(int(mine.sum()), ASKED)
        asked["row"], asked["winner_row"] = lost["row"][mine], lost["winner_row"][mine]
        asked["exact"] = first[mine]
        yield winner, (bucket, asked.tobytes())


def name_who_is_kept(
    curation: Curation, winner: int, questions: Iterable[tuple[int, bytes]]
) -> Iterator[tuple[int, Told]]:
    """The answers of the file of those that are kept."""
    url = curation.work.url(KEYED, winner)
    (own,) = read_columns(url, ["exact"])
    for bucket, data in sorted(questions):
        asked = received([data], ASKED)
        at = pa.array(asked["winner_row"])
        same = keys.first_bytes(own.take(at)) == asked["exact"]
        yield bucket, ("lost", pack(pa.table({"row": asked["row"], "survivor": names_of(url, at), "same": same})))


def read_verdicts(curation: Curation, file: Numbered) -> Iterator[tuple[int, bytes]]:
    """The verdicts of a file on its pairs of words, state and action, by partition."""
    number, url = file
    pairs, roles = read_columns(url, ["pair", "role"])
    yield from sent(contradictions.verdicts(pairs, roles, file=number), curation.work.snapshot.buckets)


def find_contradictions(_partition: int, parts: Iterable[bytes]) -> Iterator[tuple[int, Told]]:
    """The harmful rows of each bucket whose action is right elsewhere."""
    for bucket, rows in contradictions.contradicted(received(parts, contradictions.VERDICT)).items():
        yield bucket, ("against", pack(pa.table({"row": pa.array(rows, pa.uint32())})))


def settle(curation: Curation, bucket: int, messages: Iterable[Told]) -> Iterator[int]:
    """Gives the rows of a bucket their roles by what other buckets told of them, unless it was done; yields it."""
    work = curation.work
    if not work.is_done(bucket, stage=Stage.SETTLE):
        lost, against = together(messages, lost=duplicates.LOST, against=duplicates.AGAINST)
        rows = pl.DataFrame(work.handed(KEYED, bucket))
        decided = duplicates.apply(
            rows,
            lost=lost,
            against=against,
            sides=pl.DataFrame(work.handed(stages.SIDES)),
            hits=pl.DataFrame(work.handed(stages.HITS)),
            twins=pl.DataFrame(work.handed(stages.TWINS)),
            advantages=pl.DataFrame(work.handed(stages.ADVANTAGES)),
        )
        ledger.conserved(rows, decided, where=f"bucket {bucket}")
        work.hand_over(SETTLED, decided, bucket)
        work.leave(bucket, Report(), stage=Stage.SETTLE)
    yield bucket
