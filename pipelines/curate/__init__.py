"""Curate: facts and opinions become choices."""
