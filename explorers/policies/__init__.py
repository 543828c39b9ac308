"""Policies: what chooses the next action. Random, novelty first, frontier search, what was never accomplished, a model."""

from explorers.policies.registry import POLICIES as POLICIES
from explorers.policies.registry import build_policy as build_policy
