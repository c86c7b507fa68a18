"""The internal side: opens what the portal sealed while a person's key is unlocked and follows it to the end.

Stands on the portal's kernel (db, clock, errors, models, crypto, storage, outbox, texts, trust) alone.
"""
