"""One static page to read by: each task that was tried, its claim in words, what its lanes came to, and its screens.

It runs no script and loads nothing; all that a page or a model said is text in it.
"""

import base64
import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from pipelines.lake.delta import Lake
from pipelines.lake.filmstrip import film_strip, frames_of
from pipelines.lake.sql import Connection, connect
from schemas.condition_words import in_words
from schemas.conditions import TaskCheck, parse_check
from schemas.proofs import LANES

QUALITY = 75
"""Of the strips, which are looked at and not trained on."""

TEXT_LIMIT = 500

_TASKS = """
    with tried as (
        select instruction_id, any_value(copy) as copy, any_value(taught_as) as taught_as,
            bool_or(verdict = 'failed') as refuted,
            list({lane: lane, verdict: verdict, reason: reason, tried: tried, held: held} order by lane) as lanes
        from proofs group by instruction_id)
    select i.instruction_id, i.text, i.answer, i.template, i.claim, t.app, t.start, tried.taught_as, tried.refuted,
        tried.lanes, i.trajectory_id, i.path
    from tried join instructions i using (instruction_id) join trajectories t on t.trajectory_id = i.trajectory_id
    order by tried.taught_as is null, tried.refuted, i.text, i.instruction_id"""

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:88rem;padding:0 1rem;color:#222}
article{border-top:1px solid #ccc;padding:1rem 0}h2{font-size:1.1rem;margin:0 0 .3rem}
.proven{color:#1a8f3c}.refuted{color:#d11f2f}.undecided{color:#5b6770}
table{border-collapse:collapse;margin:.5rem 0}td,th{padding:.1rem .8rem .1rem 0;text-align:left;vertical-align:top}
img{max-width:100%;border:1px solid #ddd}small{color:#5b6770}li{margin:0}ul{margin:.2rem 0}
"""
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


@dataclass(frozen=True, slots=True)
class Shown:
    """A page, and how many tasks are on it of how many there are."""

    html: str
    shown: int
    tasks: int


def page_of(lake: Lake, *, limit: int) -> Shown:
    """The page of the tasks that were tried, proven ones first; of more than `limit` the rest is counted alone.

    Raises:
        LakeError: if the lake can't be read.
    """
    connection = connect(lake)
    try:
        rows = [dict(zip(_NAMES, row, strict=True)) for row in connection.execute(_TASKS).fetchall()]
        parts = [_article(connection, row) for row in rows[:limit]]
    finally:
        connection.close()
    counts = Counter(_outcome(row) for row in rows)
    told = ", ".join(f"{count} {name}" for name, count in sorted(counts.items(), key=lambda each: -each[1]))
    more = f"<p>{len(rows) - limit} more are not shown.</p>" if len(rows) > limit else ""
    head = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Tasks that were tried</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}"><style>{_STYLE}</style>'
    )
    body = f"<h1>{len(rows)} tasks that were tried: {told or 'none'}</h1>{_lane_counts(rows)}{''.join(parts)}{more}"
    return Shown(f"{head}{body}</html>\n", min(len(rows), limit), len(rows))


_NAMES = (
    "instruction_id",
    "text",
    "answer",
    "template",
    "claim",
    "app",
    "start",
    "taught_as",
    "refuted",
    "lanes",
    "trajectory_id",
    "path",
)


def _outcome(row: Mapping[str, Any]) -> str:
    return "proven" if row["taught_as"] is not None else "refuted" if row["refuted"] else "undecided"


def _lane_counts(rows: Sequence[Mapping[str, Any]]) -> str:
    counts = Counter((lane["lane"], lane["verdict"]) for row in rows for lane in row["lanes"])
    verdicts = ("passed", "failed", "abstained")
    heads = "".join(f"<th>{verdict}</th>" for verdict in verdicts)
    lines = "".join(
        f"<tr><th>{lane}</th>{''.join(f'<td>{counts[lane, verdict]}</td>' for verdict in verdicts)}</tr>"
        for lane in LANES
    )
    return f"<table><tr><th></th>{heads}</tr>{lines}</table>"


def _article(connection: Connection, row: Mapping[str, Any]) -> str:
    outcome = _outcome(row)
    answer = "" if row["answer"] is None else f" <em>answer: {_text(row['answer'])}</em>"
    lanes = {lane["lane"]: lane for lane in row["lanes"]}
    lines = "".join(
        f"<tr><th>{name}</th><td class={_COLOURS[lanes[name]['verdict']]}>{lanes[name]['verdict']}</td>"
        f"<td>{_text(lanes[name]['reason'])}</td><td><small>{lanes[name]['tried']} tried</small></td></tr>"
        for name in LANES
        if name in lanes
    )
    claim = "".join(f"<li>{_text(each)}</li>" for each in _claimed(row["claim"]))
    strip = _strip(connection, row["taught_as"] or row["instruction_id"])
    return (
        f'<article><h2><span class="{outcome}">{outcome}</span> {_text(row["text"])}{answer}</h2>'
        f"<small>{_text(row['app'])} · {_text(row['template'] or '')} · {row['instruction_id']}</small>"
        f"<ul>{claim}</ul><table>{lines}</table>{strip}</article>"
    )


_COLOURS = {"passed": "proven", "failed": "refuted", "abstained": "undecided"}


def _strip(connection: Connection, instruction: str) -> str:
    picture = io.BytesIO()
    *steps, end = frames_of(connection, instruction)
    needed = [frame for frame in steps if frame.on_path]
    film_strip([*(needed or steps), end]).save(picture, "WEBP", quality=QUALITY, method=4)
    data = base64.b64encode(picture.getvalue()).decode()
    return f'<img alt="its steps" src="data:image/webp;base64,{data}">'


def _text(text: str) -> str:
    """What somebody said, as text: nothing that steers, and not too much of it."""
    shown = "".join(character if character.isprintable() else " " for character in text[:TEXT_LIMIT])
    return escape(shown)


def _claimed(claim: str | None) -> Iterator[str]:
    if claim is None:
        yield "nothing is claimed"
        return
    check: TaskCheck = parse_check(json.loads(claim))
    for group in check.passed:
        yield "on the way " + ", and ".join(map(in_words, group))
    for condition in check.all:
        yield "at the end " + in_words(condition)
