"""Benchmarks: ``python -m tests.bench`` runs them all; each prints figures and asserts nothing."""
