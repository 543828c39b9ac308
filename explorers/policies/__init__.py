"""Policies: what chooses the next action."""

from explorers.policies.novelty import NoveltyPolicy as NoveltyPolicy
from explorers.policies.walk import CANDIDATES as CANDIDATES
from explorers.policies.walk import RandomPolicy as RandomPolicy

POLICIES = {"random": RandomPolicy, "novelty": NoveltyPolicy}


def build_policy(name):
    from explorers.policies.frontier import FrontierPolicy
    if name=="frontier": return FrontierPolicy()
    if name=="frontier-breadth": return FrontierPolicy(order="breadth")
    return POLICIES[name]()
