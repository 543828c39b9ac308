"""Several labelers as one: a verdict where enough of them agree, and their disagreement where they don't."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Literal, get_args

import polars as pl
import pyarrow as pa

from labelers.askers import question_of, without_verdicts
from labelers.kit.inputs import LOOKED_AT
from labelers.kit.questions import BLAMES, ENSEMBLE, FIRST_FAILING, GOAL, HUMAN, PROCESS
from pipelines.agree.model_families import family_of
from schemas.errors import ConfigurationError
from schemas.keys import key
from schemas.opinions import Label, Verdict

Rule = Literal["all", "majority", "families"]

DISAGREEMENT, TOO_FEW = "disagreement", "too few verdicts"
"""The rules of a label that abstains: two verdicts were given; or one, and not by enough."""

READING = "1"
"""Changes when the same opinions are combined otherwise."""

SUBJECT = ("trajectory_id", "subject", "first_step", "last_step", "instruction_id", "other_id")
"""What a verdict is about."""

NO_VERDICTS = (LOOKED_AT, FIRST_FAILING, PROCESS, *BLAMES.values())
"""Rules of labels that say something else of their subject than whether it is good."""

_VOTED = ("step", "span", "trajectory", "instruction", "pair")


@dataclass(frozen=True, slots=True, order=True)
class Member:
    """One version of a labeler."""

    labeler: str
    version: str


@dataclass(frozen=True, slots=True)
class Ensemble:
    """Members, in no order, and the rule by which they agree; members answer one question.

    `all`: every member says the same. `majority`: more than half of the members do. `families`: two families of models
    or more do, and more than say anything else; of a family, whose members differ, nothing is known.
    """

    members: tuple[Member, ...]
    rule: Rule

    def __post_init__(self) -> None:
        """Refuses what can't agree."""
        names = [member.labeler for member in self.members]
        questions = sorted({question_of(name) for name in names})
        if len(set(self.members)) < 2 or len(set(self.members)) < len(self.members):
            raise ConfigurationError(f"expected two labelers or more, each once, found {', '.join(names) or 'none'}")
        if len(questions) > 1 or questions[0] in without_verdicts():
            raise ConfigurationError(f"expected labelers of one question with verdicts, found {', '.join(questions)}")
        if refused := [name for name in names if name.split("/")[0] in (ENSEMBLE, HUMAN)]:
            raise ConfigurationError(f"expected labelers by rules or a model, found {refused[0]}")
        if self.rule == "families" and len({family_of(name) for name in names}) < 2:
            raise ConfigurationError(f"families: expected two or more, found {family_of(names[0])} alone")

    @property
    def name(self) -> str:
        """The name that its labels carry: the rule, and the question where it is another than the usual."""
        question = question_of(self.members[0].labeler)
        return f"{ENSEMBLE}/{self.rule}" + ("" if question == GOAL else f"/{question}")

    @property
    def version(self) -> str:
        """The members with their versions."""
        return ":".join([READING, *(f"{member.labeler}={member.version}" for member in sorted(self.members))])


def vote(said: Mapping[Member, Verdict], rule: Rule) -> tuple[Verdict, str]:
    """The verdict of members who each gave one or abstained, with the rule that it follows from."""
    decided: Counter[Verdict] = Counter(verdict for verdict in said.values() if verdict != "abstain")
    if rule == "families":
        votes = _family_votes(said)
        needed = 2
    else:
        votes = decided
        needed = len(said) if rule == "all" else len(said) // 2 + 1
    ranked = sorted(votes.items(), key=lambda item: (-item[1], item[0]))
    if ranked and ranked[0][1] >= needed and (len(ranked) == 1 or ranked[0][1] > ranked[1][1]):
        return ranked[0][0], rule
    return "abstain", DISAGREEMENT if len(decided) > 1 else TOO_FEW


def combined(labels: pa.Table, ensemble: Ensemble) -> list[Label]:
    """The ensemble's labels on all that two members or more spoke of, in trajectories that all of them have looked at.

    The order of `labels` and of the members says nothing. A member that was asked several times says what most of its
    answers do, and abstains between two. The score is the median of those that the members gave.
    """
    members = sorted(ensemble.members)
    mine = _of_members(labels, members)
    whole = mine.filter(pl.col("subject") == "trajectory").select("trajectory_id", "member").unique()
    seen = whole.group_by("trajectory_id").len().filter(pl.col("len") == len(members))
    judged = mine.join(seen, on="trajectory_id", how="semi").filter(
        pl.col("subject").is_in(_VOTED) & ~pl.col("rule").fill_null("").is_in(NO_VERDICTS)
    )
    subjects = judged.group_by(SUBJECT).agg("member", "verdict", "score", "label_id")
    subjects = subjects.filter(pl.col("member").list.n_unique() > 1)
    return sorted((_label(ensemble, members, row) for row in subjects.to_dicts()), key=lambda label: label.label_id)


def _of_members(labels: pa.Table, members: Sequence[Member]) -> pl.DataFrame:
    columns = [*SUBJECT, "verdict", "score", "rule", "labeler", "labeler_version", "label_id"]
    listed = pl.DataFrame(
        [(member.labeler, member.version, place) for place, member in enumerate(members)],
        schema={"labeler": pl.String, "labeler_version": pl.String, "member": pl.Int64},
        orient="row",
    )
    rows = pl.DataFrame(labels.select(columns)).unique("label_id")
    return rows.join(listed, on=["labeler", "labeler_version"]).sort("label_id")


def _label(ensemble: Ensemble, members: Sequence[Member], row: Mapping[str, Any]) -> Label:
    """The label on a subject, from what all members said of it: lists of the same length."""
    verdicts: dict[int, list[Verdict]] = {}
    for place, verdict in zip(row["member"], row["verdict"], strict=True):
        verdicts.setdefault(place, []).append(verdict)
    said = {member: _own(verdicts.get(place, ())) for place, member in enumerate(members)}
    verdict, rule = vote(said, ensemble.rule)
    scores = [score for score in row["score"] if score is not None]
    about = {name: row[name] for name in SUBJECT}
    return Label(
        label_id=key("label", list(about.values()), ensemble.name, ensemble.version),
        **about,
        verdict=verdict,
        score=float(median(scores)) if scores else None,
        reason="; ".join(_told(said)),
        rule=rule,
        labeler=ensemble.name,
        labeler_version=ensemble.version,
        input=key("opinions", sorted(row["label_id"])),
    )


def _own(verdicts: Sequence[Verdict]) -> Verdict:
    """What one member says of a subject: what most of its verdicts do."""
    ranked = Counter(verdict for verdict in verdicts if verdict != "abstain").most_common(2)
    if not ranked or (len(ranked) > 1 and ranked[0][1] == ranked[1][1]):
        return "abstain"
    return ranked[0][0]


def _told(said: Mapping[Member, Verdict]) -> Iterator[str]:
    for verdict in get_args(Verdict):
        names = [f"{member.labeler}@{member.version}" for member in sorted(said) if said[member] == verdict]
        if names:
            yield f"{verdict}: {', '.join(names)}"


def _family_votes(said: Mapping[Member, Verdict]) -> Counter[Verdict]:
    families: dict[str, set[Verdict]] = {}
    for member, verdict in said.items():
        if verdict != "abstain":
            families.setdefault(family_of(member.labeler), set()).add(verdict)
    return Counter(next(iter(verdicts)) for verdicts in families.values() if len(verdicts) == 1)
