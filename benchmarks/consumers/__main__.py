"""What trainers make of our datasets: each consumer's own loading code, and some steps of training with tiny models.

    python -m benchmarks.consumers --lake demo/lake --name demo
    python -m benchmarks.consumers --only trl

They run in environments of their own in `.consumers/`, made from the package index: TRL with torch, LLaMA-Factory and
ms-swift beside it, `datasets` in its oldest and its newest version. Nothing of it is in the lock. Prints a table.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pipelines.cli import main as hindtrace
from pipelines.cli.output import summary
from pipelines.export.geometry import Geometry, rule_bounds
from schemas.actions import Point

HERE, ROOM = Path(__file__).parent, Path(".consumers")
ENVIRONMENTS = {
    "trl": ("torch", "torchvision", "trl==1.16.0", "transformers==5.24.0", "datasets", "pillow", "accelerate"),
    "llamafactory": ("llamafactory==0.9.5",),
    "swift": ("ms-swift==4.6.0",),
    "datasets-old": ("datasets==2.21.0", "pillow", "numpy<2"),
    "datasets-new": ("datasets==5.2.0", "pillow"),
}
SHARES = ("llamafactory", "swift")
"""Environments that use the torch of TRL's."""

TRL = ("trl-sft", "trl-kto", "trl-dpo", "trl-grpo")
CHAT = ("chat-sft", "chat-kto", "chat-dpo")
SCREENS = {
    (1080, 2400): (871, 2211, 1021, 2307),
    (3840, 2160): (3799, 9, 3823, 33),
    (540, 1200): (20, 1101, 83, 1131),
    (2560, 1440): (32, 420, 148, 464),
}
"""A phone, a desktop in 4K, a half-size screenshot, a page at device scale 2; and an element on each."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs all consumers; 1 if one of them fails."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lake", default="demo/lake")
    parser.add_argument("--name", default="demo")
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--only", choices=sorted(ENVIRONMENTS), action="append")
    given = parser.parse_args(arguments)
    chosen = given.only or list(ENVIRONMENTS)
    results: dict[str, str] = {}
    for name in chosen:
        _install("trl" if name in SHARES else name)
        _install(name)
        results |= _runs(name, given)
    summary("consumers", results)
    return int(any(result.startswith("failed") for result in results.values()))


def _runs(name: str, given: argparse.Namespace) -> dict[str, str]:
    results = {}
    if name == "trl":
        cases = ROOM / "cases.json"
        cases.write_text(json.dumps(list(_cases())))
        results["processors of transformers"] = _run(name, "processors.py", str(cases))
        for form in TRL:
            results[f"TRL, {form}"] = _run(name, "trl_steps.py", form, str(_dataset(form, given)), str(given.steps))
    else:
        forms = {"llamafactory": CHAT, "swift": (*CHAT, "grounding")}.get(name, (*TRL, "verl-rl"))
        folders = [str(_dataset(form, given)) for form in forms]
        results[name] = _run(name, f"{name.partition('-')[0]}_rows.py", *folders)
    return results


def _cases() -> Iterator[dict[str, Any]]:
    """A picture for each rule of Qwen's kind, resized by us and not."""
    for rule, factor in (("qwen2-vl", 28), ("qwen2.5-vl", 28), ("ui-tars", 28), ("qwen3-vl", 32)):
        for size, box in SCREENS.items():
            for kept in (False, True):
                geometry = Geometry(rule, kept=kept)
                frame = geometry.frame(size)
                middle = Point.on((box[0] + box[2]) / 2, (box[1] + box[3]) / 2, width=size[0], height=size[1])
                least, most = rule_bounds(rule)
                yield {
                    "rule": rule,
                    "factor": factor,
                    "least": least,
                    "most": most,
                    "recorded": size,
                    "shown": frame.shown,
                    "place": frame.place(middle),
                    "box": box,
                    "resized": geometry.resizes(frame),
                }


def _dataset(form: str, given: argparse.Namespace) -> Path:
    """The dataset of a format, in Qwen2.5-VL's words and with small pictures."""
    out = ROOM / "datasets" / form
    if not out.exists():
        call = ("export", "--lake", given.lake, "--name", given.name, "--format", form, "--out", str(out))
        if hindtrace((*call, "--dialect", "qwen2.5-vl", "--geometry", "most=60000")) != 0:
            raise SystemExit(f"{form}: the export failed; is there a lake? make demo")
    return out.resolve()


def _install(name: str) -> None:
    """The environment of that name, once."""
    folder = ROOM / name
    done = folder / "installed"
    if done.exists():
        return
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    if name in SHARES:
        (packages,) = (ROOM / "trl").resolve().glob("lib/python*/site-packages")
        (own,) = folder.glob("lib/python*/site-packages")
        (own / "zz_shared.pth").write_text(f"{packages}\n")
    subprocess.run([str(folder / "bin" / "pip"), "install", "--quiet", *ENVIRONMENTS[name]], check=True)
    done.touch()


def _run(name: str, script: str, *arguments: str) -> str:
    """What a script says in its last line, or how it failed."""
    call = [str(ROOM / name / "bin" / "python"), str(HERE / script), *arguments]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    said = (done.stdout if done.returncode == 0 else done.stderr).strip().splitlines()
    return f"{'' if done.returncode == 0 else 'failed: '}{said[-1] if said else 'nothing said'}"


if __name__ == "__main__":
    sys.exit(main())
