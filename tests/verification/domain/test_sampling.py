"""A sample of closed cases is chance that can be computed again: seed and list stand in the trail."""

from __future__ import annotations

import hashlib
import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select

from tests.support.looking_back import LookingBack
from tests.support.office import TestOffice
from verification.audit.verify import verify_chain
from verification.domain import sampling
from verification.domain.sampling import Draw
from verification.errors import InvalidInput, Refused
from verification.models import (
    AuditEntry,
    Deadline,
    Interest,
    InterestKind,
    LookBack,
    LookBackSample,
    LookBackState,
)
from verification.policy.sampling import by_lot, count_of
from verification.policy.workdays import civil
from verification.workflow.states import Action, SubjectKind


def _rules(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [refusal.rule_id for refusal in refused.value.refusals]


def _draw(walk: LookingBack, login: str = "director", **changes: object) -> LookBackSample:
    values: dict[str, Any] = {
        "first": walk.today - timedelta(days=30), "last": walk.today, "number": 1, "share": None,
        "due_on": walk.today + timedelta(days=10),
    } | changes  # fmt: skip
    with walk.acting(login) as acting:
        return sampling.draw_sample(acting, Draw(**values))


def _entry(walk: LookingBack) -> AuditEntry:
    with walk.office.database.read() as session:
        return session.scalars(select(AuditEntry).where(AuditEntry.event == "sample.drawn")).one()


def test_drawn_case_is_looked_back_at_on_the_day_of_the_draw(office: TestOffice) -> None:
    walk = LookingBack(office).closed()
    sample = _draw(walk)
    row = walk.look_back
    assert (row.state, row.sample_id, row.due_on) == (
        LookBackState.DUE, sample.id, walk.today + timedelta(days=10),
    )  # fmt: skip
    with office.database.read() as session:
        clocks = session.scalars(select(Deadline).where(Deadline.subject_id == row.id)).all()
        assert [(one.rule_id, civil(one.due_at)) for one in clocks] == [("clock-look-back", row.due_on)]


def test_draw_can_be_computed_again_from_the_signed_trail(office: TestOffice) -> None:
    walks = [LookingBack(office).closed() for _ in range(3)]
    _draw(walks[0], number=2)
    entry = _entry(walks[0])
    seed, pool = bytes.fromhex(entry.facts["seed"]), [uuid.UUID(one) for one in entry.facts["pool"]]
    assert set(pool) == {walk.case_id for walk in walks}
    lots = sorted(pool, key=lambda one: hashlib.sha256(seed + one.bytes).digest())
    assert [uuid.UUID(one) for one in entry.facts["drawn"]] == lots[:2] == by_lot(pool, seed=seed)[:2]
    assert {walk.case_id for walk in walks if walk.look_back.sample_id} == set(lots[:2])
    assert entry.signature is not None
    with office.database.read() as session:
        assert verify_chain(session, trust=office.trust).broken_at is None


@pytest.mark.rule("look-back-sample")
def test_case_is_drawn_once_and_never_after_it_was_looked_back_at(office: TestOffice) -> None:
    walk = LookingBack(office).closed()
    _draw(walk)
    with pytest.raises(Refused) as nothing:
        _draw(walk)
    assert _rules(nothing) == ["look-back-sample"]
    with pytest.raises(Refused) as past, walk.acting("fan") as acting:
        acting.apply(SubjectKind.LOOK_BACK, walk.look_back.id, Action.DRAW_LOOK_BACK, version=None)
    assert _rules(past) == ["look-back-sample"]
    walk.settled()
    with pytest.raises(Refused):
        _draw(walk)


def test_share_is_rounded_up_and_a_date_never_moves_later(office: TestOffice) -> None:
    assert [count_of(total, share=20) for total in (0, 1, 5, 6, 100)] == [0, 1, 1, 2, 20]
    walk = LookingBack(office).closed()
    due_on = walk.look_back.due_on
    _draw(walk, number=None, share=1, due_on=due_on + timedelta(days=30))
    assert (walk.look_back.due_on, walk.look_back.sample_id is not None) == (due_on, True)


def test_case_closed_before_look_backs_were_kept_gets_its_first(office: TestOffice) -> None:
    walk = LookingBack(office).closed()
    with office.database.write() as session:
        session.execute(delete(Deadline).where(Deadline.subject_id == walk.look_back.id))
        session.execute(delete(LookBack).where(LookBack.case_id == walk.case_id))
    _draw(walk, "fan")
    assert walk.look_back.due_on == walk.today + timedelta(days=10)


def test_who_must_keep_away_draws_without_that_case_and_the_trail_counts_it(office: TestOffice) -> None:
    walk, other = LookingBack(office).closed(), LookingBack(office, units=("housing",))
    with office.database.write() as session:
        session.add(
            Interest(
                id=uuid.uuid4(), staff_id=office.staff_id("director"), unit_id=office.unit_id("transport"),
                kind=InterestKind.KINSHIP,
            )
        )  # fmt: skip
    with pytest.raises(Refused) as nothing:
        _draw(other)
    assert _rules(nothing) == ["look-back-sample"]
    _draw(walk, "shen")
    assert (_entry(walk).facts["left_out"], walk.look_back.sample_id is not None) == (0, True)


def test_bad_input_of_a_draw_is_told_all_at_once(office: TestOffice) -> None:
    walk = LookingBack(office)
    for number, share, wrong in (
        (None, None, "number"), (1, 1, "number"), (0, None, "number"), (201, None, "number"),
        (None, 0, "share"), (None, 101, "share"),
    ):  # fmt: skip
        with pytest.raises(InvalidInput) as bad:
            _draw(
                walk, number=number, share=share, first=walk.today + timedelta(days=1),
                last=walk.today - timedelta(days=1), due_on=walk.today - timedelta(days=1),
            )  # fmt: skip
        assert set(bad.value.errors) == {"first", "last", "due_on", wrong}
    with pytest.raises(Refused) as inspector:
        _draw(walk, "du")
    assert _rules(inspector) == ["permission"]


def test_open_case_and_one_closed_at_another_time_are_not_in_the_list(office: TestOffice) -> None:
    walk = LookingBack(office).closed()
    LookingBack(office).ordered()
    with pytest.raises(Refused):
        _draw(walk, last=walk.today - timedelta(days=1))
    _draw(walk)
    assert _entry(walk).facts["pool"] == [walk.case_id.hex]
