"""Labelers against ground truth that no one here wrote: tasks of MiniWoB++, whose own pages compute the rewards.

    python -m benchmarks.miniwob
    python -m benchmarks.miniwob --kinds click-button enter-text --seeds 2
    python -m benchmarks.miniwob --backend openai --model gpt-4o-mini --kinds click-button

Scripted, sabotaged and random policies do each kind of task, and are recorded; recordings that are there are used
again. They are brought into a lake and labelled, and the verdicts are held against the rewards. The half of the kinds
that is `unopened` was not looked at while the rules were written.
"""

import argparse
import json
import shutil
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from benchmarks.miniwob.collecting import collect, told
from benchmarks.miniwob.kinds import halves
from benchmarks.miniwob.measuring import (
    Decided,
    Effects,
    Measured,
    as_json,
    fill,
    label,
    measure,
    measure_decided,
    measure_effects,
)
from benchmarks.sites.installing import CACHE, SiteError
from benchmarks.sites.serving import clean_up_when_terminated
from benchmarks.tables import table
from pipelines.agree.agreement import Share
from schemas.errors import HindtraceError

ACCEPTED, REJECTED = 20, 20
"""Successes and failures that must be found in the unopened half for its figures to mean something."""

PRECISION, COVERAGE = 0.9, 0.35


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; 1 where the rules miss what they are to reach on the unopened half."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kinds", nargs="+", choices=sorted(halves()), metavar="KIND", help="default: all")
    parser.add_argument("--seeds", type=int, default=3, metavar="N", help="tasks of each kind (default: 3)")
    parser.add_argument("--backend", choices=("rules", "openai"), default="rules")
    parser.add_argument("--model", metavar="NAME", help="as the server knows it")
    parser.add_argument("--base-url", metavar="URL", help="of the server (default: OPENAI_BASE_URL, else OpenAI's)")
    parser.add_argument("--flights", type=int, default=16, metavar="N", help="calls at once (default: 16)")
    parser.add_argument("--folder", type=Path, default=CACHE / "truth", help="for recordings and the lake")
    parser.add_argument("--again", action="store_true", help="record and label everything anew")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures (default: in the folder)")
    given = parser.parse_args(arguments)
    if given.backend == "openai" and given.model is None:
        parser.error("--backend openai: expected a model by --model NAME")
    clean_up_when_terminated()
    kinds = sorted(given.kinds or halves())
    traces, lake = given.folder / f"traces-{given.seeds}", given.folder / f"lake-{given.backend}"
    if given.again:
        shutil.rmtree(given.folder, ignore_errors=True)
    if given.backend == "rules":
        shutil.rmtree(lake, ignore_errors=True)  # it costs nothing, and the rules may be others by now
    try:
        collect(traces, kinds, range(1, given.seeds + 1))
        rows = list(told(traces, kinds))
        fill(lake, traces)
        labelers = label(lake, given.backend, model=given.model, base_url=given.base_url, flights=given.flights)
        found = measure(lake, given.folder, rows, labelers)
        effects = measure_effects(lake, rows, labelers[1]) if given.backend == "rules" else []
        ruled = measure_decided(lake, rows) if given.backend == "rules" else []
    except (SiteError, HindtraceError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    counts = Counter((row.half, row.policy) for row in rows)
    print(table(("half", "policy", "episodes"), [(*key, str(count)) for key, count in sorted(counts.items())]))
    print()
    print(table(_NAMES, [_row(one) for one in found]))
    if effects:
        print()
        print(table(_EFFECTS, [_effect_row(one) for one in effects]))
    if ruled:
        print()
        print(table(_RULED, [_decided_row(one) for one in ruled]))
    result = {
        "kinds": len(kinds),
        "episodes": len(rows),
        "figures": [as_json(one) for one in found],
        "no effect": [
            {
                "half": one.half,
                "nothing counted, called no effect": one.idle_said,
                "nothing counted, not called so": one.idle_unsaid,
                "changes counted, called no effect": one.changed_said,
                "changes counted, not called so": one.changed_unsaid,
            }
            for one in effects
        ],
    }
    path = given.json or given.folder / f"{labelers[0].replace('/', '-')}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result, indent=1) + "\n")
    return 0 if given.backend != "rules" or given.kinds or reached(found, effects) else 1


def reached(found: Sequence[Measured], effects: Sequence[Effects]) -> bool:
    """Whether the rules are as right as they are to be on the unopened half, and on effects everywhere."""
    (outcome,) = (one.confusion for one in found if (one.half, one.subject) == ("unopened", "outcome"))
    return (
        (outcome.precision.value or 0) >= PRECISION
        and (outcome.coverage.value or 0) >= COVERAGE
        and outcome.true_positive >= ACCEPTED
        and outcome.true_negative >= REJECTED
        and not any(one.idle_unsaid for one in effects)
    )


_NAMES = (
    "half", "of", "right good", "wrong good", "right bad", "wrong bad", "open",
    "precision", "recall", "kappa", "coverage",
)  # fmt: skip
_RULED = ("half", "decided by rules", "right", "wrong", "of them needed", "precision")
_EFFECTS = ("half", "nothing counted", "called no effect", "recall", "of those called so", "precision")


def _decided_row(one: Decided) -> tuple[str, ...]:
    return (one.half, one.kind, str(one.right), str(one.wrong), str(one.missed), _share(one.precision))


def _row(one: Measured) -> tuple[str, ...]:
    found = one.confusion
    counts = (found.true_positive, found.false_positive, found.true_negative, found.false_negative, found.open_)
    shares = (found.precision, found.recall, found.kappa, found.coverage)
    return (one.half, one.subject, *map(str, counts), *map(_share, shares))


def _effect_row(one: Effects) -> tuple[str, ...]:
    idle, said = one.idle_said + one.idle_unsaid, one.idle_said + one.changed_said
    return (one.half, str(idle), str(one.idle_said), _share(one.recall), str(said), _share(one.precision))


def _share(share: Share) -> str:
    if share.value is None or share.low is None or share.high is None:
        return "-"
    return f"{share.value:.2f} ({share.low:.2f} to {share.high:.2f})"


if __name__ == "__main__":
    raise SystemExit(main())
