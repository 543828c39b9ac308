"""Attempts: what was done once is done again in a fresh environment, whole, in part or nearly, and recorded."""

from explorers.experiments.attempts import Laboratory as Laboratory
