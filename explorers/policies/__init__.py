"""Policies: what chooses the next action: random, novelty, a frontier search, what is left to accomplish, a model."""

from explorers.policies.registry import POLICIES as POLICIES
from explorers.policies.registry import build_policy as build_policy
