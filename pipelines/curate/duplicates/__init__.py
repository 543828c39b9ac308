"""Exact duplicates: the keys by which rows are compared, and which of them stays."""
