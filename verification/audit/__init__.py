"""The hash-chained audit trail: written in the transaction of the act it records."""
