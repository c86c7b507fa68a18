"""Background work: the relay that hands outbox rows to RQ, the workers that run them, clocks, clean copies.

The database is the truth; the queue server only runs things and may be lost whole.
Source: 3-architecture rule 2.
"""
