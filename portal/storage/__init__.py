"""Where sealed bytes lie, and how bodies become sealed bytes while they are read.

Owns: the blob store, the multipart push sink, polite request bodies, the sweep of orphans. Must not know:
tips, cases, staff or pages. Plaintext passes through memory and is never written. Source: 3-architecture
rules 3 and 4, 4-sealing "Sealed object".
"""
