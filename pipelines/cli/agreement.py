"""How far labelers can be trusted: calibrate against a gold set, compare two of them, and where several agree."""

import argparse
from pathlib import Path
from typing import Any

from pipelines.cli.output import add_lake, add_verb, print_rows, progress, say, summary
from schemas.errors import LakeError


def add(verbs: Any) -> None:
    """The verbs of this module."""
    calibrate = add_verb(
        verbs,
        "calibrate",
        "Measure a labeler against verdicts of people or of a program.",
        (
            "hindtrace calibrate --lake lake --gold gold.csv --labeler verify/gpt-4o-mini",
            "hindtrace calibrate --lake lake --gold outcomes.parquet --labeler rules@1",
        ),
    )
    add_lake(calibrate)
    calibrate.add_argument(
        "--gold",
        type=Path,
        required=True,
        metavar="FILE",
        help="CSV, JSON lines or Parquet: trajectory_id, step, instruction_id, verdict",
    )
    calibrate.add_argument("--labeler", required=True, metavar="NAME[@VERSION]")
    calibrate.set_defaults(run=run_calibrate)
    compare = add_verb(
        verbs,
        "compare",
        "Compare two labelers: agreement, flips, money.",
        (
            "hindtrace compare --lake lake verify/gpt-4o-mini verify/qwen2.5-vl",
            "hindtrace compare --lake lake verify/qwen2.5-vl@1-0a1b2c3d-1 verify/qwen2.5-vl@2-4e5f6a7b-1",
        ),
    )
    add_lake(compare)
    compare.add_argument("left", metavar="LABELER[@VERSION]")
    compare.add_argument("right", metavar="LABELER[@VERSION]")
    compare.set_defaults(run=run_compare)
    agree = add_verb(
        verbs,
        "agree",
        "Make one labeler of several: a verdict where they agree, else their disagreement.",
        (
            "hindtrace agree --lake lake --labelers verify/gpt-4o-mini,verify/qwen2.5-vl --rule families",
            "hindtrace agree --lake lake --labelers rules@4,verify/gpt-4o-mini,verify/qwen2.5-vl --rule majority",
        ),
    )
    add_lake(agree)
    agree.add_argument(
        "--labelers", required=True, metavar="A,B[,C]", help="two or more, each NAME or NAME@VERSION, of one question"
    )
    agree.add_argument(
        "--rule",
        required=True,
        choices=("all", "majority", "families"),
        help="who must say the same: every one, more than half, or two families of models",
    )
    agree.set_defaults(run=run_agree)


def run_calibrate(options: argparse.Namespace) -> int:
    """Runs `hindtrace calibrate`."""
    from pipelines.agree.calibration import PRECISION, calibrate, read_gold
    from pipelines.lake.delta import open_lake

    gold = read_gold(options.gold)
    with progress("Calibrating"):
        calibration = calibrate(open_lake(options.lake), gold, *named_labeler(options.labeler))
    if not calibration.rows:
        raise LakeError(f"{options.gold}: expected verdicts of good or harmful to compare with, found none")
    counted = ("right good", "wrong good", "right harmful", "wrong harmful", "open")
    names = ("of", "slice", *counted, "precision", "recall", "F1", "kappa")
    rows = [
        (
            row.subject,
            f"{row.slice} {row.value}".strip(),
            row.true_positive,
            row.false_positive,
            row.true_negative,
            row.false_negative,
            row.open,
            _share(row.precision, row.precision_low, row.precision_high),
            _share(row.recall, row.recall_low, row.recall_high),
            "-" if row.f1 is None else f"{row.f1:.2f}",
            _share(row.kappa, row.kappa_low, row.kappa_high),
        )
        for row in calibration.rows
    ]
    print_rows(names, rows, "table")
    if calibration.curve:
        points = [
            (f"{point.threshold:g}", point.accepted, f"{point.coverage:.2f}", _share(*_parts(point.precision)))
            for point in calibration.curve
        ]
        print_rows(("score at least", "accepted", "coverage", "precision"), points, "table")
    for row in calibration.rows:
        if row.threshold is not None:
            say(f"{row.subject}: accept scores of at least {row.threshold:g} for a precision of {PRECISION:g} or more")
    return 0


def run_compare(options: argparse.Namespace) -> int:
    """Runs `hindtrace compare`."""
    from pipelines.agree.calibration import compare
    from pipelines.lake.delta import open_lake

    with progress("Comparing"):
        comparison = compare(open_lake(options.lake), named_labeler(options.left), named_labeler(options.right))
    if not comparison.both:
        raise LakeError(f"{options.left} and {options.right} judged nothing both: annotate the same episodes by each")
    agreed = f"{comparison.agree} ({100 * comparison.agree / comparison.both:.1f} %)"
    counts: dict[str, object] = {
        "judged by both": comparison.both,
        "agreed": agreed,
        f"only {options.left}": comparison.only_left,
        f"only {options.right}": comparison.only_right,
        **comparison.flips,
        f"US dollars, {options.left}": f"{comparison.money[0]:.4f}",
        f"US dollars, {options.right}": f"{comparison.money[1]:.4f}",
    }
    summary("compare", counts)
    return 0


def run_agree(options: argparse.Namespace) -> int:
    """Runs `hindtrace agree`."""
    from pipelines.agree.job import agree

    with progress("Agreeing"):
        done = agree(options.lake, [named_labeler(name.strip()) for name in options.labelers.split(",")], options.rule)
    summary("agree" if done.changed else "agree: nothing new", done.counts)
    return 0


def named_labeler(text: str) -> tuple[str, str | None]:
    """The name and, after an `@`, the version."""
    name, at, version = text.rpartition("@")
    return (name, version) if at else (version, None)


def _parts(share: Any) -> tuple[float | None, float | None, float | None]:
    return share.value, share.low, share.high


def _share(value: float | None, low: float | None, high: float | None) -> str:
    return "-" if value is None or low is None or high is None else f"{value:.2f} ({low:.2f} to {high:.2f})"
