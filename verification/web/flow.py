"""A subject's workflow as a picture: states one below the other, transitions as numbered arrows beside them.

Only geometry: what is drawn comes from ``workflow.table``, how it looks from the style sheet. Must not know:
requests, colours.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from verification.workflow.states import STATES, AnyState, SubjectKind
from verification.workflow.table import TRANSITIONS
from verification.workflow.transition import Transition

BOX_WIDTH, BOX_HEIGHT, STEP = 220, 44, 92
LANE, MARGIN = 34, 24


@dataclass(frozen=True, slots=True)
class Box:
    """A state. x, y: its upper left corner. stays: numbers of the transitions that keep the state."""

    state: AnyState
    x: int
    y: int
    stays: str

    @property
    def middle(self) -> int:
        """Where its text stands."""
        return self.x + BOX_WIDTH // 2


@dataclass(frozen=True, slots=True)
class Arrow:
    """One or several transitions between the same two states. path: an SVG path that ends at the target."""

    path: str
    numbers: str
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Act:
    """Rows of the table that differ in nothing but the state they start from: one number in the picture."""

    number: int
    rows: tuple[Transition, ...]

    @property
    def sources(self) -> tuple[AnyState, ...]:
        """Where it can start."""
        return tuple(row.source for row in self.rows)


@dataclass(frozen=True, slots=True)
class Flow:
    """One picture."""

    kind: SubjectKind
    width: int
    height: int
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    acts: tuple[Act, ...]


def flow_of(kind: SubjectKind) -> Flow:
    """Draw the transitions of one kind of subject, numbered as in the table beside it."""
    states: list[AnyState] = list(STATES[kind])
    place = {state: index for index, state in enumerate(states)}
    acts = _acts(kind)
    numbers: dict[tuple[int, int], list[int]] = {}
    for act in acts:
        for row in act.rows:
            start = place[row.source]
            end = start if row.target is None else place[row.target]
            numbers.setdefault((start, end), []).append(act.number)
    beside = {pair for pair in numbers if pair[0] != pair[1] and pair[1] - pair[0] != 1}
    right = _lanes([pair for pair in beside if pair[1] > pair[0]])
    left = _lanes([pair for pair in beside if pair[1] < pair[0]])
    x = MARGIN + LANE * (max(left.values(), default=-1) + 1) + 12
    width = x + BOX_WIDTH + LANE * (max(right.values(), default=-1) + 1) + 12 + MARGIN
    ports = _ports(beside)
    next_ones = [pair for pair in sorted(numbers) if pair[1] - pair[0] == 1]
    arrows = [_straight(pair, _joined(numbers[pair]), x) for pair in next_ones]
    arrows += [
        _beside(pair, _joined(numbers[pair]), x=x, lane=(right | left)[pair], ports=ports)
        for pair in sorted(beside)
    ]
    boxes = [
        Box(state, x, MARGIN + index * STEP, _joined(numbers.get((index, index), [])))
        for index, state in enumerate(states)
    ]
    height = MARGIN * 2 + STEP * (len(states) - 1) + BOX_HEIGHT
    return Flow(kind, width, height, tuple(boxes), tuple(arrows), acts)


def _acts(kind: SubjectKind) -> tuple[Act, ...]:
    alike: dict[object, list[Transition]] = {}
    for row in TRANSITIONS:
        if row.kind is kind:
            alike.setdefault((row.action, row.target, row.permission, row.rules), []).append(row)
    return tuple(Act(number, tuple(rows)) for number, rows in enumerate(alike.values(), start=1))


def _joined(numbers: Iterable[int]) -> str:
    return " ".join(str(number) for number in numbers)


def _lanes(pairs: Sequence[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """A lane for each arrow, so that arrows in one lane never run beside each other; short ones stay near."""
    taken: list[list[tuple[int, int]]] = []
    found: dict[tuple[int, int], int] = {}
    for pair in sorted(pairs, key=lambda one: (abs(one[1] - one[0]), one)):
        low, high = min(pair), max(pair)
        lane = next(
            (
                index
                for index, spans in enumerate(taken)
                if all(high < other_low or low > other_high for other_low, other_high in spans)
            ),
            len(taken),
        )
        if lane == len(taken):
            taken.append([])
        taken[lane].append((low, high))
        found[pair] = lane
    return found


def _ports(pairs: Iterable[tuple[int, int]]) -> dict[tuple[tuple[int, int], int], int]:
    """How far below a box's upper edge each arrow leaves or meets it, spread over the side it uses."""
    ends: dict[tuple[int, bool], list[tuple[int, int]]] = {}
    for pair in sorted(pairs):
        goes_down = pair[1] > pair[0]
        for index in pair:
            ends.setdefault((index, goes_down), []).append(pair)
    found: dict[tuple[tuple[int, int], int], int] = {}
    for (index, _goes_down), using in ends.items():
        for order, pair in enumerate(using, start=1):
            found[pair, index] = BOX_HEIGHT * order // (len(using) + 1)
    return found


def _straight(pair: tuple[int, int], numbers: str, x: int) -> Arrow:
    top = MARGIN + pair[0] * STEP + BOX_HEIGHT
    bottom, middle = top + STEP - BOX_HEIGHT, x + BOX_WIDTH // 2
    return Arrow(f"M{middle} {top}V{bottom}", numbers, middle, (top + bottom) // 2)


def _beside(
    pair: tuple[int, int], numbers: str, *, x: int, lane: int, ports: dict[tuple[tuple[int, int], int], int]
) -> Arrow:
    start = MARGIN + pair[0] * STEP + ports[pair, pair[0]]
    end = MARGIN + pair[1] * STEP + ports[pair, pair[1]]
    goes_down = pair[1] > pair[0]
    edge = x + BOX_WIDTH if goes_down else x
    turn = edge + (LANE * lane + 24) * (1 if goes_down else -1)
    return Arrow(f"M{edge} {start}H{turn}V{end}H{edge}", numbers, turn, (start + end) // 2)
