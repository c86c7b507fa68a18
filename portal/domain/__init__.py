"""The verbs of the public side: submit a tip, open the mailbox, write to it.

Must not know: HTTP, pages, sessions, private keys other than the informant's own for one request. It writes
rows and changes no state: what follows from them is the internal side's. Source: 3-architecture.
"""
