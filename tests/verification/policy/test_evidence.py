"""What a row of the matrix proves: what counts, what contradicts a finding, what is still needed."""

from __future__ import annotations

import uuid

import pytest

from verification.models import Finding, Stance, StatementKind
from verification.policy.evidence import (
    Held,
    Need,
    Source,
    contradicts,
    counted_exhibits,
    has_exhibit,
    is_against_unit,
    needs_of,
    rests_off_plan,
    sides,
)

F, S = Finding, Stance


def held(stance: Stance | None, *, exhibit: bool = True, off_plan: bool = False, number: int = 1) -> Held:
    return Held(Source(uuid.UUID(int=number), exhibit, off_plan), stance, 0 if stance is None else 1)


SUPPORTING, REFUTING, SILENT = held(S.SUPPORTS), held(S.REFUTES), held(S.SILENT)
OUTSIDE = held(S.SUPPORTS, off_plan=True)
TALK = held(S.SUPPORTS, exhibit=False)


def test_what_is_silent_unjudged_or_outside_the_plan_counts_for_no_side() -> None:
    row = (SUPPORTING, TALK, REFUTING, SILENT, OUTSIDE, held(None))
    assert sides(row) == (2, 1)
    assert counted_exhibits(row) == (SUPPORTING.source.id, REFUTING.source.id)


def test_a_record_alone_is_no_exhibit() -> None:
    assert not has_exhibit((TALK, SILENT, OUTSIDE))
    assert has_exhibit((TALK, REFUTING))


def test_finding_rests_outside_the_plan_only_where_nothing_within_says_anything() -> None:
    assert rests_off_plan((OUTSIDE, SILENT, TALK))
    assert not rests_off_plan((OUTSIDE, SUPPORTING))
    assert not rests_off_plan((SILENT, held(S.SILENT, off_plan=True)))


@pytest.mark.parametrize(
    ("finding", "row", "expected"),
    [
        (F.TRUE, (REFUTING,), True),
        (F.MOSTLY, (REFUTING, OUTSIDE), True),
        (F.PARTLY, (REFUTING, SILENT), True),
        (F.TRUE, (REFUTING, SUPPORTING), False),
        (F.TRUE, (), False),
        (F.UNTRUE, (SUPPORTING,), True),
        (F.UNTRUE, (TALK,), True),
        (F.UNTRUE, (OUTSIDE,), False),
        (F.UNTRUE, (REFUTING,), False),
        (F.UNVERIFIABLE, (SUPPORTING,), True),
        (F.UNVERIFIABLE, (REFUTING,), True),
        (F.UNVERIFIABLE, (SUPPORTING, REFUTING), False),
        (F.UNVERIFIABLE, (SILENT,), False),
        (F.SEPARATE, (SUPPORTING,), False),
        (None, (SUPPORTING,), False),
    ],
)
def test_finding_contradicts_only_what_all_counted_evidence_says(
    finding: Finding | None, row: tuple[Held, ...], expected: bool
) -> None:
    assert contradicts(finding, row) is expected


def test_finding_goes_against_the_unit_where_it_denies_what_was_found_or_admits_what_was_not() -> None:
    denied = {finding for finding in F if is_against_unit(finding, S.REFUTES)}
    admitted = {finding for finding in F if is_against_unit(finding, S.SUPPORTS)}
    assert denied == {F.TRUE, F.MOSTLY, F.PARTLY}
    assert admitted == {F.UNTRUE}
    assert not any(is_against_unit(finding, stance) for finding in F for stance in (S.SILENT, None))


def test_what_is_needed_is_said_the_gravest_first() -> None:
    given = StatementKind.GIVEN
    assert needs_of(None, (), statement=None) == (Need.EXHIBIT, Need.UNIT)
    assert needs_of(F.TRUE, (OUTSIDE, held(None)), statement=given) == (Need.COVER, Need.JUDGING)
    assert needs_of(F.UNVERIFIABLE, (SILENT,), statement=given) == ()
    assert needs_of(F.TRUE, (SUPPORTING, SILENT), statement=StatementKind.DECLINED) == ()
