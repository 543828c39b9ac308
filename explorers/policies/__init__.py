"""Policies."""

from explorers.policies.walk import CANDIDATES as CANDIDATES
from explorers.policies.walk import POLICIES as POLICIES
from explorers.policies.walk import NoveltyPolicy as NoveltyPolicy
from explorers.policies.walk import RandomPolicy as RandomPolicy


def build_policy(name):
    return POLICIES[name]()
