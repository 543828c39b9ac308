"""What the pictures of a question about a step cost: both screens whole, or a small whole and the part that changed.

    python -m benchmarks.questions.pictures --lake demo/lake

Tokens are those of OpenAI's rule for high detail (85, and 170 for each tile of 512 pixels), and one for each 28 x 28
pixels (Qwen2.5-VL). Nothing is asked.
"""

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean

from benchmarks.tables import table
from labelers.kit.screenshots import compared
from labelers.model.comparing import Comparison, Pixels, shown, sizes_of
from labelers.model.pictures import patch_tokens, tile_tokens
from pipelines.lake.delta import open_lake
from pipelines.lake.episodes import Trees, episodes
from pipelines.lake.screens import Screens
from schemas.episodes import EpisodeStep
from schemas.visual import decode

RULES = {"OpenAI, tiles of 512": tile_tokens, "Qwen2.5-VL, 28 x 28": patch_tokens}


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lake", default="demo/lake", metavar="DIR", help="default: demo/lake")
    given = parser.parse_args(arguments)
    forms: Counter[str] = Counter()
    spent: dict[str, list[tuple[int, int]]] = {rule: [] for rule in RULES}
    for form, sizes, whole in compared_steps(given.lake):
        forms[form] += 1
        for name, rule in RULES.items():
            spent[name].append((sum(rule(*size) for size in whole), sum(rule(*size) for size in sizes)))
    print(table(("steps", "pictures"), [(str(count), form) for form, count in sorted(forms.items())]))
    rows = []
    for name, pairs in spent.items():
        before, after = fmean(one for one, _ in pairs), fmean(one for _, one in pairs)
        rows.append((name, f"{before:.0f}", f"{after:.0f}", f"{100 * after / before:.0f} %"))
    print()
    print(table(("tokens of pictures a step", "whole screens", "what changed", "share"), rows))
    return 0


Sizes = list[tuple[int, int]]


def compared_steps(lake: str | Path) -> Iterator[tuple[str, Sizes, Sizes]]:
    """For every step with both screens: the form, the sizes of its pictures, and those of both screens whole."""
    snapshot = open_lake(str(lake)).snapshot()
    for bucket in range(snapshot.buckets):
        tables = [snapshot.read(name, bucket=bucket) for name in ("trajectories", "steps")]
        trees = Trees(snapshot.read("trees", bucket=bucket, columns=["tree", "nodes"]))
        screens = Screens(snapshot, bucket)
        for episode in episodes(*tables, {}, trees, screens):
            known: dict[str, Pixels] = {}
            for one in episode.steps:
                yield from _compared(one, screens, known)


def _compared(one: EpisodeStep, screens: Screens, known: dict[str, Pixels]) -> Iterator[tuple[str, Sizes, Sizes]]:
    for recipe in compared(one):
        if not isinstance(recipe, Comparison):
            continue
        for name in (recipe.before, recipe.after):
            if name not in known:
                known[name] = decode(screens(name).data)
        before, after = known[recipe.before], known[recipe.after]
        pieces = shown(recipe, before, after)
        height, width = before.shape[:2]
        scale = min(1.0, recipe.longest / max(width, height))
        whole = [(round(width * scale), round(height * scale))] * 2
        parts = len(pieces) - 1
        form = "whole screens" if pieces[0].picture.longest == recipe.longest else f"a small whole and {parts} parts"
        yield form, sizes_of(pieces, width, height), whole


if __name__ == "__main__":
    raise SystemExit(main())
