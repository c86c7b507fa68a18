"""Verbs of the internal side: what people do, each in one transaction, through ``workflow.apply``."""
