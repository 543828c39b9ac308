"""Exact duplicates and contradictions: small keys are compared across buckets, rows stay where they are."""

import polars as pl
import pyarrow as pa

from schemas.errors import LedgerError

KEYS = pa.schema(
    [
        pa.field("key", pa.binary(16), nullable=False),
        pa.field("trajectory_id", pa.binary(16), nullable=False),
        pa.field("step_index", pa.int32(), nullable=False),
        pa.field("instruction_id", pa.binary(16), nullable=False),
    ]
)
"""What is shuffled for a row that may be a duplicate: 52 bytes."""

PAIRS = pa.schema([pa.field("pair", pa.binary(16), nullable=False), pa.field("good", pa.bool_(), nullable=False)])
"""What is shuffled for a verdict that may be contradicted: 17 bytes."""

_ORDER = ("trajectory_id", "step_index", "instruction_id")


def keys_of(candidates: pa.Table) -> pa.Table:
    """The first row of each key in a bucket, as `KEYS`: the others are its duplicates wherever else it is found."""
    rows = pl.DataFrame(candidates.select(["key", *_ORDER])).filter(pl.col("key").is_not_null())
    first = rows.sort("key", *_ORDER).unique("key", keep="first", maintain_order=True)
    binary = [_binary(first[name]) for name in ("key", "trajectory_id", "instruction_id")]
    return pa.table([binary[0], binary[1], first["step_index"].to_arrow(), binary[2]], schema=KEYS)


def pairs_of(candidates: pa.Table) -> pa.Table:
    """The distinct (pair, verdict) of a bucket, as `PAIRS`."""
    rows = pl.DataFrame(candidates.select(["pair", "role"])).filter(pl.col("pair").is_not_null())
    distinct = rows.select("pair", good=pl.col("role") == "target").unique().sort("pair", "good")
    return pa.table([_binary(distinct["pair"]), distinct["good"].to_arrow()], schema=PAIRS)


def losers(keys: "list[tuple[int, pa.Table]]") -> "dict[int, pa.Table]":
    """For each bucket the keys whose first row lies in another one, with that row: the lowest (trajectory, step)."""
    parts = [
        pl.DataFrame(rows).with_columns(bucket=pl.lit(bucket, pl.Int32)) for bucket, rows in sorted(keys, key=_bucket)
    ]
    if not parts:
        return {}
    every = pl.concat(parts).sort("key", *_ORDER)
    first = every.unique("key", keep="first", maintain_order=True).rename({"bucket": "winner"})
    lost = every.select("key", "bucket").join(first, on="key", how="inner", maintain_order="left")
    lost = lost.filter(pl.col("bucket") != pl.col("winner")).sort("bucket", "key")
    return {
        int(name[0]): pa.table([_fixed(rows[c], c) for c in KEYS.names], schema=KEYS)
        for name, rows in lost.partition_by("bucket", as_dict=True, maintain_order=True).items()
    }


def contradicted(pairs: "list[tuple[int, pa.Table]]") -> "dict[int, pa.Array]":
    """For each bucket the pairs that were found harmful in it, and good in any."""
    parts = [
        pl.DataFrame(rows).with_columns(bucket=pl.lit(bucket, pl.Int32)) for bucket, rows in sorted(pairs, key=_bucket)
    ]
    if not parts:
        return {}
    every = pl.concat(parts)
    good = every.filter(pl.col("good")).select("pair").unique()
    both = every.filter(~pl.col("good")).join(good, on="pair", how="semi").sort("bucket", "pair")
    return {
        int(name[0]): rows["pair"].to_arrow().cast(pa.binary(16))
        for name, rows in both.partition_by("bucket", as_dict=True, maintain_order=True).items()
    }


def apply(candidates: pa.Table, lost: pa.Table, against: pa.Array) -> pa.Table:
    """The candidates with `survivor`: duplicates dropped in favour of the first, contradicted negatives dropped.

    `lost` are the keys whose first row is in another bucket, `against` the pairs that are contradicted. `pair` goes.
    """
    rows = pl.DataFrame(candidates)
    elsewhere = pl.DataFrame(
        {
            "key": [one.as_py().hex() for one in lost["key"]],
            "named": [_name(*row) for row in zip(*(lost[name].to_pylist() for name in _ORDER), strict=True)],
        },
        schema={"key": pl.String, "named": pl.String},
    )
    bad = pl.Series([one.as_py().hex() for one in against], dtype=pl.String)
    rows = rows.with_columns(
        contradicted=(pl.col("role") == "negative") & pl.col("pair").is_in(bad.implode()).fill_null(False)
    ).with_columns(key=pl.when("contradicted").then(None).otherwise("key"))
    own = pl.format("{}/{}/{}", *_ORDER)
    here = rows.filter(pl.col("key").is_not_null()).sort("key", *_ORDER)
    here = here.unique("key", keep="first", maintain_order=True).select("key", here_named=own)
    rows = rows.join(here, on="key", how="left", maintain_order="left").join(
        elsewhere, on="key", how="left", maintain_order="left"
    )
    survivor = pl.coalesce("named", "here_named")
    duplicate = pl.col("key").is_not_null() & (survivor != own)
    dropped = duplicate | pl.col("contradicted")
    done = rows.select(
        *_ORDER,
        "use",
        pl.when(dropped).then(pl.lit("dropped")).otherwise("role").alias("role"),
        pl.when(duplicate)
        .then(pl.lit("exact duplicate"))
        .when("contradicted")
        .then(pl.lit("contradicted"))
        .otherwise("rule")
        .alias("rule"),
        pl.when(duplicate).then(survivor).otherwise(None).alias("survivor"),
        pl.when(dropped).then(None).otherwise("split").alias("split"),
        "key",
    )
    return done.to_arrow(compat_level=pl.CompatLevel.oldest())


def _binary(column: pl.Series) -> pa.Array:
    try:
        return pa.array([bytes.fromhex(one) for one in column.to_list()], pa.binary(16))
    except (ValueError, pa.ArrowInvalid) as error:
        raise LedgerError(f"expected ids of 32 hexadecimal digits as {column.name}, found another") from error


def _fixed(column: pl.Series, name: str) -> pa.Array:
    return column.to_arrow().cast(KEYS.field(name).type)


def _name(trajectory_id: bytes, step_index: int, instruction_id: bytes) -> str:
    return f"{trajectory_id.hex()}/{step_index}/{instruction_id.hex()}"


def _bucket(part: "tuple[int, pa.Table]") -> int:
    return part[0]
