"""The stage that pairs right with wrong actions for `dpo`: records are shuffled by what they answer to."""

from collections.abc import Iterable, Iterator
from typing import TypeAlias

import polars as pl
import pyarrow as pa

from pipelines.curate import ledger
from pipelines.curate.duplicates.records import prefixes, received, sent
from pipelines.curate.duplicates.rows import Told, names_of, pack, read_columns, together, unpack
from pipelines.curate.selection import preferences
from pipelines.curate.stages import CONTESTS, KEYED, PAIRED, SETTLED, Curation, Stage
from pipelines.running.work import Report

_ASKED = {"asked": pa.uint32(), "file": pa.uint16(), "row": pa.uint32(), "why": pa.string()}
"""Whose name is asked for, and which row of which file asks."""

Question: TypeAlias = tuple[str, tuple[int, "bytes | Told"]]


def read_judged(curation: Curation, bucket: int) -> Iterator[tuple[int, bytes]]:
    """A record for each row of a bucket that may be in a pair, by partition of its prompt."""
    work = curation.work
    names = ["prompt", "action", "rank", "trajectory_id"]
    prompts, actions, ranks, ids = read_columns(work.url(KEYED, bucket), names)
    rows = pl.DataFrame(work.handed(SETTLED, bucket, columns=["use", "role", "split"])).with_columns(
        action=pl.Series(actions), rank=pl.Series(ranks)
    )
    judged = preferences.judged(rows, prompts.to_pylist(), prefixes(ids), file=bucket)
    yield from sent(judged, work.snapshot.buckets)


def pair(curation: Curation, group: tuple[int, Iterable[bytes]]) -> Iterator[Question]:
    """Pairs the rows of a partition.

    Into `asked` goes what the file of a row is asked for its partner, into `told` which rows are right for the same.
    """
    contests: dict[int, list[int]] = {}
    for winner, loser in pl.DataFrame(curation.work.handed(CONTESTS)).iter_rows():
        contests.setdefault(int(winner[:16], 16), []).append(int(loser[:16], 16))
    pairs = preferences.paired(received(group[1], preferences.JUDGED), contests)
    asked: dict[int, list[tuple[int, int, int, str]]] = {}
    for (file, row), (other, its), why in pairs.pairs:
        worse = preferences.WORSE if why == preferences.BETTER else why
        asked.setdefault(other, []).append((its, file, row, why))
        asked.setdefault(file, []).append((row, other, its, worse))
    for file, lines in sorted(asked.items()):
        columns = zip(*lines, strict=True)
        table = {name: pa.array(part, kind) for part, (name, kind) in zip(columns, _ASKED.items(), strict=True)}
        yield "asked", (file, pack(pa.table(table)))
    against: dict[int, list[int]] = {}
    for file, row in pairs.against:
        against.setdefault(file, []).append(row)
    for file, rows in sorted(against.items()):
        yield "told", (file, ("against", pack(pa.table({"row": pa.array(rows, pa.uint32())}))))


def name_partners(curation: Curation, bucket: int, parts: Iterable[bytes]) -> Iterator[tuple[int, Told]]:
    """The names of a bucket's rows for the files of their partners."""
    asked = pa.concat_tables([unpack(data) for data in sorted(parts)])
    partners = names_of(curation.work.url(KEYED, bucket), asked["asked"].combine_chunks())
    rows = pl.DataFrame(asked).with_columns(partner=pl.Series(partners, dtype=pl.String))
    for (file,), mine in rows.sort("file", "row").group_by("file", maintain_order=True):
        yield file, ("partners", pack(mine.select("row", "partner", "why").to_arrow()))


def write_pairs(curation: Curation, bucket: int, messages: Iterable[Told]) -> Iterator[int]:
    """Hands the rows of a bucket over with their partners, unless it was done; yields the bucket."""
    work = curation.work
    if not work.is_done(bucket, stage=Stage.PAIR):
        partners, against = together(messages, partners=preferences.PARTNERS, against=preferences.AGAINST)
        rows = pl.DataFrame(work.handed(SETTLED, bucket))
        paired = preferences.settled(rows, partners, against)
        ledger.conserved(rows, paired, where=f"bucket {bucket}")
        work.hand_over(PAIRED, paired, bucket)
        work.leave(bucket, Report(), stage=Stage.PAIR)
    yield bucket
