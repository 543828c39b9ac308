"""Kernels: pure functions from tables to tables. No Beam here; graphs in `pipelines.jobs` wire them."""
