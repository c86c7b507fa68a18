"""Duty violations and crimes: noted by any reader of the case, handed over at once, closed with a receipt."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portal.models import Tip
from tests.support.journey import Journey
from tests.support.office import TestOffice
from verification.domain import answering, referring
from verification.errors import InvalidInput, KeyLocked, NotHere, Refused
from verification.models import CaseState, Deadline, Matter, Referral, ReferralState

FACTS = "收款收据与账册不符，经手人将现金存入个人账户，见证据1。"


class Referring(Journey):
    """A case in which something came to light."""

    referral_id = uuid.UUID(int=0)

    @property
    def referral(self) -> Referral:
        """The referral as it stands."""
        with self.office.database.read() as session:
            return session.get_one(Referral, self.referral_id)

    def noted(self, login: str = "du", matter: Matter = Matter.DUTY_VIOLATION) -> Referring:
        """Somebody notes it."""
        with self.acting(login) as acting:
            row = referring.note_matter(acting, case_id=self.case_id, matter=matter, facts=FACTS)
            self.referral_id = row.id
        return self

    def on_referral(self, login: str, verb: Any, **given: Any) -> Any:
        """A verb on the referral at its present version."""
        with self.acting(login) as acting:
            version = self.referral.version
            return verb(acting, referral_id=self.referral_id, version=version, **given)

    def sent(self, login: str = "fan", organ: str = "supervision-commission") -> Referring:
        """It goes to the organ."""
        given = {"organ": organ, "number": "安督移〔2026〕3号", "sent_on": self.today}
        self.on_referral(login, referring.send_referral, **given)
        return self

    def received(self) -> Referring:
        """The organ has it."""
        given = {"received_on": self.today, "note": "案件监督管理室签收，收文 88 号。"}
        self.on_referral("fan", referring.record_receipt, **given)
        return self


def _rules(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [refusal.rule_id for refusal in refused.value.refusals]


@pytest.fixture
def walk(office: TestOffice) -> Referring:
    """A delivered conclusion without items."""
    journey = Referring(office)
    journey.delivered()
    return journey


def test_matter_is_due_today_and_goes_on_without_anybodys_approval(walk: Referring) -> None:
    walk.noted()
    with walk.acting("fan") as acting:
        (clock,) = acting.session.scalars(select(Deadline).where(Deadline.subject_id == walk.referral_id))
        assert (clock.rule_id, clock.began_on) == ("clock-refer", walk.today)
        assert clock.due_at.astimezone(acting.clock.now().tzinfo).date() == walk.today
    walk.sent()
    assert (walk.referral.state, walk.referral.organ) == (ReferralState.SENT, "supervision-commission")
    with walk.acting("fan") as acting:
        (clock,) = acting.session.scalars(select(Deadline).where(Deadline.subject_id == walk.referral_id))
        assert clock.met_on == walk.today


def test_whoever_reads_the_case_may_note_it_and_nobody_else(walk: Referring) -> None:
    for login in ("du", "fan", "director"):
        walk.noted(login)
    for login in ("lian", "auditor", "head"):
        with pytest.raises(Refused) as refused:
            walk.noted(login)
        assert _rules(refused) == ["permission"]


def test_facts_open_to_the_readers_of_the_case_alone(walk: Referring) -> None:
    walk.noted()
    with walk.acting("director") as acting:
        (read,) = referring.read_referrals(acting, referring.referrals_of(acting, walk.case_id))
        assert read.facts == FACTS
    with walk.acting("lian") as acting, pytest.raises(KeyLocked):
        referring.read_referrals(acting, [walk.referral])


@pytest.mark.rule("reg-23")
def test_every_matter_goes_to_its_own_organ(walk: Referring) -> None:
    walk.noted(matter=Matter.OTHER_CRIME)
    with pytest.raises(Refused) as wrong:
        walk.sent(organ="supervision-commission")
    assert _rules(wrong) == ["reg-23"]
    walk.sent(organ="judicial-organs")


@pytest.mark.rule("refer-receipt")
def test_case_is_not_handled_before_the_organ_signed_for_it(walk: Referring) -> None:
    with walk.acting("fan") as acting:
        tip = acting.session.scalars(select(Tip).where(Tip.case_id == walk.case_id)).one()
        points = {row.id: f"第{row.ordinal}项已查实。" for row in walk.allegations()}
        answering.answer_informant(
            acting, tip_id=tip.id, version=tip.version, points=points, closing="已办理。"
        )
    walk.noted()
    for step in (lambda: None, walk.sent):
        step()
        with pytest.raises(Refused) as waiting:
            walk.on_case("fan", answering.close_case)
        assert _rules(waiting) == ["refer-receipt"]
    walk.received()
    walk.on_case("fan", answering.close_case)
    assert walk.case.state is CaseState.CLOSED
    walk.on_referral("fan", referring.record_outcome, outcome_on=walk.today, note="已立案审查。")
    assert walk.referral.state is ReferralState.ANSWERED


def test_days_are_in_order_and_not_ahead(walk: Referring) -> None:
    walk.noted()
    tomorrow = walk.today + timedelta(days=1)
    with pytest.raises(InvalidInput) as ahead:
        walk.on_referral(
            "fan",
            referring.send_referral,
            organ="supervision-commission",
            number="甲" * 61,
            sent_on=tomorrow,
        )
    assert set(ahead.value.errors) == {"sent_on", "number"}
    walk.sent()
    with pytest.raises(Refused) as early:
        walk.on_referral(
            "fan", referring.record_receipt, received_on=walk.today - timedelta(days=1), note="签收。"
        )
    assert _rules(early) == ["refer-receipt"]


def test_note_says_what_is_missing_and_takes_no_identifier(walk: Referring) -> None:
    with walk.acting("du") as acting, pytest.raises(InvalidInput) as empty:
        referring.note_matter(acting, case_id=walk.case_id, matter=None, facts="")
    assert set(empty.value.errors) == {"matter", "facts"}
    with walk.acting("du") as acting, pytest.raises(InvalidInput) as number:
        referring.note_matter(
            acting, case_id=walk.case_id, matter=Matter.DUTY_CRIME, facts="联系 13812345678"
        )
    assert set(number.value.errors) == {"facts"}


def test_what_is_not_there_is_not_here(walk: Referring) -> None:
    with walk.acting("fan") as acting, pytest.raises(NotHere):
        referring.record_outcome(
            acting, referral_id=uuid.uuid4(), version=1, outcome_on=walk.today, note="已立案。"
        )
