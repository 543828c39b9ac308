"""What each step is for: role and rule of a candidate, by its use; the first rule that fits."""

from collections.abc import Sequence
from typing import TypeAlias

import polars as pl

from pipelines.curate.config import CurationConfig
from pipelines.curate.roles import rollouts
from pipelines.curate.roles.gates import GATES
from pipelines.curate.roles.phrasings import ANOTHER
from pipelines.curate.roles.planted import OBEYED, REPEATED, THOUGHT, UNSAFE
from pipelines.curate.roles.proofs import ELSEWHERE, NOT_PROVEN
from schemas.proofs import WRONG

REFUSED = "instruction refused"
DISAGREE = "labelers disagree"

_PROVEN = frozenset({"sft", "kto", "dpo", "rl"})
"""The uses of tasks: a step's own sentence is true by its making, and is not tried."""

_CONTRASTED = frozenset({"kto", "dpo"})
"""The uses that need what not to do as well."""

_Rule: TypeAlias = tuple[pl.Expr, str, str]
"""A condition, and the role and the name of what it is fulfilled by."""


def roles(use: str, config: CurationConfig) -> tuple[pl.Expr, pl.Expr]:
    """Role and rule of a step that an instruction covers; the first rule that fits."""
    good, harmful = (pl.col(name).fill_null(False) for name in ("good", "harmful"))
    low = (pl.col("score") < config.lowest_score).fill_null(False)
    neutral, abstain = (pl.col(name).fill_null(False) for name in ("neutral", "abstain"))
    licences = _licences(config)
    refused: list[_Rule] = [(pl.col("refused"), "dropped", REFUSED)] if config.drop_refused else []
    refused.append((pl.col("passed_over"), "dropped", ANOTHER))
    refused += _proofs(use, config) if use in _PROVEN else []
    disputed: list[_Rule] = [(pl.col("disputed").fill_null(False), "dropped", DISAGREE)]
    planted: list[_Rule] = [
        (pl.col("repeats"), "dropped", REPEATED),
        *((pl.col("spoiled").eq_missing(rule), "dropped", rule) for rule in (OBEYED, UNSAFE, THOUGHT)),
    ]
    usable: list[_Rule] = [
        (~pl.col("has_screen"), "dropped", "no screen before"),
        (~pl.col("readable"), "dropped", "screen can't be read"),
        (~pl.col("renderable"), "dropped", "no place in pixels"),
        *((~pl.col(gate.column), "dropped", gate.rule) for gate in GATES if gate.of_pictures),
        (~pl.col("shown"), "dropped", "target not on the screen"),
    ]
    right: list[_Rule] = [
        (~pl.col("finished"), "dropped", "the recording broke off"),
        (~pl.col("worked"), "dropped", "the action did not work"),
        (~pl.col("inside"), "dropped", "point outside its target"),
        *((~pl.col(gate.column), "dropped", gate.rule) for gate in GATES if not gate.of_pictures),
    ]
    way: list[_Rule] = [(pl.col("unreachable"), "dropped", "unreachable")]
    if not config.truncated:
        way.append((pl.col("broken_off"), "dropped", "truncated recording"))
    agreed = [((pl.col("agreement") < config.agreement).fill_null(False), "dropped", "low agreement")]
    path: list[_Rule] = [
        *planted,
        *licences,
        *refused,
        (low, "dropped", "low trajectory score"),
        (pl.col("unlucky"), "dropped", "passed over by its score"),
        (~pl.col("on_path"), "context", "off the path"),
        *disputed,
        (harmful, "dropped", "labelled harmful"),
        *agreed,
        *way,
    ]
    rules: list[_Rule]
    tried: list[_Rule] = [(harmful & pl.col("wrong").eq_missing(kind), "negative", kind) for kind in WRONG]
    match use:
        case "sft":
            rules, last = [*path, *right, *usable], ("target", "on the path")
        case "rl":
            within = (pl.col("plain").eq_missing(pl.col("aimed")), "context", rollouts.WITHIN)
            rules = [*path, (~pl.col("verifiable"), "dropped", "no verifiable ground truth"), *right, *usable]
            rules.insert(len(planted) + len(licences), within)
            last = ("target", "on the path")
        case "kto" | "dpo" | "goal":
            rules = [
                *planted,
                *licences,
                *refused,
                *usable,
                *disputed,
                (good & harmful, "dropped", DISAGREE),
                *agreed,
                *(tried if use != "goal" else ()),
                (harmful, "negative", "labelled harmful"),
                (good & low, "dropped", "low trajectory score"),
                (good & pl.col("unlucky"), "dropped", "passed over by its score"),
                *((good & condition, role, rule) for condition, role, rule in (*way, *right)),
                (good, "target", "labelled good"),
                (neutral, "dropped", "labelled neutral"),
                (abstain, "dropped", "labelers abstain"),
            ]
            last = ("context" if use == "goal" else "dropped", "no verdict")
        case _:
            rules = [
                *planted,
                *licences,
                *refused,
                *disputed,
                (harmful, "dropped", "labelled harmful"),
                (neutral & ~good, "dropped", "labelled neutral"),
                *agreed,
                (~pl.col("points"), "dropped", "no target to point at"),
                *right,
                *usable,
            ]
            last = ("target", "its own step")
    return _first(rules, last)


def group_roles(config: CurationConfig) -> tuple[pl.Expr, pl.Expr]:
    """Role and rule of a step of a rollout for its goal: all are targets that may be used and can be shown.

    What an agent did because of a page, or should not have done, counts in its group and is no target.
    """
    spoiled: list[_Rule] = [(pl.col("spoiled").eq_missing(rule), "context", rule) for rule in (OBEYED, UNSAFE, THOUGHT)]
    pictures = [gate.column for gate in GATES if gate.of_pictures]
    shown = pl.all_horizontal("has_screen", "readable", "renderable", *pictures)
    return _first([*_licences(config), *spoiled, (~shown, "context", rollouts.UNSHOWN)], ("target", rollouts.GROUP))


def _proofs(use: str, config: CurationConfig) -> list[_Rule]:
    """What is proven is taught on the walk that proved it; what was tried and is not true is not taught.

    What not to do on its way is what was tried there and failed: walks on which something else was done teach that
    alone.
    """
    said = pl.col("proof")
    elsewhere = said.eq_missing("elsewhere")
    if use not in _CONTRASTED:
        elsewhere |= said.eq_missing("contrast")
    rules: list[_Rule] = [
        (elsewhere, "dropped", ELSEWHERE),
        (said.eq_missing("refuted"), "dropped", NOT_PROVEN),
    ]
    match config.proof:
        case "off":
            return []
        case "required":
            return [*rules, (said.is_null(), "dropped", NOT_PROVEN)]
        case "preferred":
            return rules


def _licences(config: CurationConfig) -> list[_Rule]:
    if not config.licences:
        return []
    return [(~pl.col("licence").is_in(config.licences).fill_null(False), "dropped", "licence not allowed")]


def _first(rules: Sequence[_Rule], last: tuple[str, str]) -> tuple[pl.Expr, pl.Expr]:
    """Role and rule of the first that fits, or the last ones."""
    role, rule = pl.lit(last[0]), pl.lit(last[1])
    for condition, its_role, its_rule in reversed(rules):
        role = pl.when(condition).then(pl.lit(its_role)).otherwise(role)
        rule = pl.when(condition).then(pl.lit(its_rule)).otherwise(rule)
    return role, rule
