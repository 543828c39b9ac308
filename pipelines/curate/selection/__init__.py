"""Splits, limits and pairs: what of the rows that have a role a dataset takes."""
