"""Fuzzers for what reads a stranger's bytes: ``make fuzz``."""
