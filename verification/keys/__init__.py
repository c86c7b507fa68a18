"""The only package where private keys exist: staff identities, split sessions, keyrings, sealed records.

Granting and re-keying happen here, in an unlocked session, never in a job. Source: 4-sealing "Keys".
"""
