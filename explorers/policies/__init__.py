"""Policies: what chooses the next action. Random, novelty first, frontier search, and one that asks a chat model."""

from explorers.policies.building import POLICIES as POLICIES
from explorers.policies.building import build_policy as build_policy
from explorers.policies.frontier import FrontierPolicy as FrontierPolicy
from explorers.policies.model import ModelPolicy as ModelPolicy
from explorers.policies.novelty import NoveltyPolicy as NoveltyPolicy
from explorers.policies.walk import CANDIDATES as CANDIDATES
from explorers.policies.walk import RandomPolicy as RandomPolicy
