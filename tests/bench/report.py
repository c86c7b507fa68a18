"""How figures are printed: what was measured, beside its goal, and whether it was reached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure; ``at_least`` or ``at_most`` is its goal, if it has one."""

    name: str
    value: float
    unit: str
    at_least: float | None = None
    at_most: float | None = None

    @property
    def goal(self) -> str:
        """The goal in words."""
        if self.at_least is not None:
            return f"at least {self.at_least:g}"
        return f"at most {self.at_most:g}" if self.at_most is not None else ""

    @property
    def reached(self) -> bool:
        """Whether the goal is met; True where there is none."""
        low = self.at_least is None or self.value >= self.at_least
        return low and (self.at_most is None or self.value <= self.at_most)


def show(title: str, figures: Sequence[Figure]) -> None:
    """Print a table."""
    print(f"\n{title}")
    for figure in figures:
        mark = "" if not figure.goal else ("reached" if figure.reached else "MISSED")
        print(
            f"  {figure.name:<34}{figure.value:>12,.1f} {figure.unit:<6}{figure.goal:<18}{mark}", flush=True
        )
