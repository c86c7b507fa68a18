"""How much of a machine one child may use, by the size of what it is given. Source: 7-facts "Cleaning"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

#: For pixels, a turned copy of them and the encoder's work: two full pictures and a half.
CHILD_BYTES: Final = 768 * 1024 * 1024
CHILD_CPU_SECONDS: Final = 30
#: Hashing takes about 10 ms a MiB on the slowest machine meant; decoding is within the seconds above.
BYTES_PER_CPU_SECOND: Final = 20 * 1024 * 1024
#: A child on a busy machine waits its turn; only one that makes no progress is meant.
WALL_FACTOR: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one child may use. address_space_bytes counts everything mapped, the interpreter included."""

    address_space_bytes: int
    cpu_seconds: int

    @property
    def wall_seconds(self) -> int:
        """When the zygote ends a child that sleeps instead of working."""
        return self.cpu_seconds * WALL_FACTOR


def limits_for(sealed_bytes: int, *, own_bytes: int) -> Limits:
    """What a child may use for an original of this size. own_bytes: what the zygote itself has mapped."""
    return Limits(
        address_space_bytes=own_bytes + CHILD_BYTES,
        cpu_seconds=CHILD_CPU_SECONDS + sealed_bytes // BYTES_PER_CPU_SECOND,
    )
