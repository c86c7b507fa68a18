"""Drawing by chance so that it can be drawn again: the same seed and the same list give the same cases.

Each id is hashed behind the seed; the smallest hashes are drawn. Must not know: which cases, whose draw.
Source: issue 4 "look-back by sample"; rules.toml look-back-sample.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Collection

#: Bytes of chance in a seed: more than anybody can try out.
SEED_BYTES = 16


def lot_of(case_id: uuid.UUID, *, seed: bytes) -> bytes:
    """The lot of one case: SHA-256 of the seed, then the 16 bytes of its id; 32 bytes."""
    return hashlib.sha256(seed + case_id.bytes).digest()


def by_lot(pool: Collection[uuid.UUID], *, seed: bytes) -> list[uuid.UUID]:
    """The whole list in the order of its lots; a draw of ``n`` is its first ``n``."""
    return sorted(pool, key=lambda case_id: lot_of(case_id, seed=seed))


def count_of(total: int, *, share: int) -> int:
    """How many a share in percent of ``total`` is: rounded up, so that a share of some is never nobody."""
    return -(-total * share // 100)
