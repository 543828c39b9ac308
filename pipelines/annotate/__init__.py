"""Annotate: facts become opinions, by rules or by a model."""
