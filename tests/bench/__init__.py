"""Measurements: each `bench_*.py` prints its figures beside their goals, and asserts nothing."""
