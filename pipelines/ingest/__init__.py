"""Ingest: traces become facts."""
