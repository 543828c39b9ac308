"""Hypothesis without a clock and without luck: the same examples on every machine."""

from hypothesis import settings

settings.register_profile("repeatable", deadline=None, derandomize=True, max_examples=30, database=None)
settings.load_profile("repeatable")
