"""What was put right is looked back at: when, by whom, with what to show, and settled by somebody else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select, update

from portal.domain.mailbox import open_mailbox
from portal.models import MessageKind
from tests.support.looking_back import HOLDS, NEVER_DONE, RELAPSED, UNCHECKED, LookingBack
from tests.support.office import TestOffice
from verification.domain import looking_back
from verification.errors import InvalidInput, KeyLocked, NotHere, Refused, StaleSubject
from verification.models import (
    AuditEntry,
    CaseState,
    Deadline,
    LookBackState,
    Staff,
    StaffNotice,
)
from verification.policy.evidence import sources_of
from verification.policy.workdays import civil
from verification.workflow.facts import Facts

S = LookBackState


def _rules(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [refusal.rule_id for refusal in refused.value.refusals]


def _clocks(walk: LookingBack) -> dict[str, int]:
    """Running clocks of the newest look-back, and in how many days each ends."""
    with walk.office.database.read() as session:
        query = select(Deadline).where(Deadline.subject_id == walk.look_back.id, Deadline.met_on.is_(None))
        return {row.rule_id: (civil(row.due_at) - walk.today).days for row in session.scalars(query)}


@pytest.fixture
def walk(office: TestOffice) -> LookingBack:
    """A closed case, the item of which was verified by du and signed off by the reviewer."""
    return LookingBack(office).closed()


# --- when --------------------------------------------------------------------------------------------------


@pytest.mark.rule("clock-look-back")
def test_closing_a_case_with_an_item_makes_a_look_back_due_ninety_days_later(office: TestOffice) -> None:
    walk = LookingBack(office).closed()
    (row,) = walk.look_backs()
    assert (row.state, row.ordinal, row.due_on) == (S.DUE, 1, walk.today + timedelta(days=90))
    assert _clocks(walk) == {"clock-look-back": 90}


def test_case_without_items_is_not_looked_back_at(office: TestOffice) -> None:
    walk = LookingBack(office)
    walk.delivered()
    with walk.acting("fan") as acting:
        assert looking_back.begin_look_back(acting, walk.case) is None
    assert walk.look_backs() == []


# --- who ---------------------------------------------------------------------------------------------------


@pytest.mark.rule("look-back-fresh-eyes")
def test_one_of_those_who_look_neither_verified_nor_signed_off(walk: LookingBack, office: TestOffice) -> None:
    with office.database.write() as session:
        # chen signed it off in the trail, as one who signed on paper does.
        entry = session.scalars(select(AuditEntry).where(AuditEntry.event == "item.closed-off")).one()
        entry.facts = {**entry.facts, "paper": "00" * 16, "signed_by": office.staff_id("chen").hex}
    with pytest.raises(Refused) as both:
        walk.named("du", "chen")
    assert _rules(both) == ["look-back-fresh-eyes"]
    walk.named("du", "wei")
    assert walk.look_back.state is S.ASSIGNED


def test_two_trained_sworn_and_free_people_look(walk: LookingBack) -> None:
    refused: dict[tuple[str, ...], list[str]] = {}
    for people in (("wei",), ("wei", "novice"), ("wei", "insider")):
        with pytest.raises(Refused) as unfit:
            walk.named(*people)
        refused[people] = _rules(unfit)
    assert refused == {
        ("wei",): ["team-two"],
        ("wei", "novice"): ["reg-9", "reg-9-undertaking"],
        ("wei", "insider"): ["csl-76", "reg-7"],
    }
    with pytest.raises(InvalidInput) as desk:
        walk.named("wei", "shen")
    assert set(desk.value.errors) == {"team"}
    with pytest.raises(Refused) as inspector:
        walk.named(by="chen")
    assert "permission" in _rules(inspector)


def test_named_people_read_the_case_and_replaced_ones_no_longer(walk: LookingBack) -> None:
    with walk.acting("wei") as acting, pytest.raises(KeyLocked):
        acting.open(walk.case.brief_id)
    walk.named("wei", "chen", by="director")
    with walk.acting("wei") as acting:
        assert acting.open(walk.case.brief_id)["title"]
        told = select(StaffNotice.code).where(StaffNotice.staff_id == acting.staff_id)
        assert "look-back.assigned" in acting.session.scalars(told).all()
    walk.named("du", "chen")
    with walk.acting("wei") as acting, pytest.raises(KeyLocked):
        acting.open(walk.case.brief_id)
    assert (walk.look_back.state, walk.look_back.named_by) == (S.ASSIGNED, walk.office.staff_id("fan"))


def test_only_those_named_note_and_report_and_never_alone(walk: LookingBack, office: TestOffice) -> None:
    walk.named()
    with pytest.raises(Refused) as stranger:
        walk.noted(login="du")
    assert _rules(stranger) == ["team-two"]
    with office.database.write() as session:
        session.execute(update(Staff).where(Staff.login == "chen").values(active=False))
    with pytest.raises(Refused) as alone:
        walk.noted()
    assert _rules(alone) == ["team-two"]
    with pytest.raises(Refused) as reporting:
        walk.on_look_back("du", looking_back.report_look_back)
    assert set(_rules(reporting)) == {"team-two", "look-back-each"}


# --- what was found ----------------------------------------------------------------------------------------


@pytest.mark.rule("look-back-each")
def test_every_item_is_looked_at_before_it_is_reported(walk: LookingBack) -> None:
    walk.named()
    with pytest.raises(Refused) as nothing:
        walk.on_look_back("wei", looking_back.report_look_back)
    assert _rules(nothing) == ["look-back-each"]


@pytest.mark.rule("look-back-each")
def test_what_was_checked_is_shown_and_what_was_not_needs_its_reason_alone(walk: LookingBack) -> None:
    walk.named().noted(HOLDS, photos=0)
    with pytest.raises(Refused) as bare:
        walk.on_look_back("wei", looking_back.report_look_back)
    assert _rules(bare) == ["look-back-each"]
    with pytest.raises(InvalidInput) as silent:
        walk.noted(UNCHECKED, photos=0, seen=" ", version=1)
    assert set(silent.value.errors) == {"seen"}
    walk.noted(UNCHECKED, photos=0, seen="路段封闭施工，未能进入。", version=1)
    walk.on_look_back("chen", looking_back.report_look_back)
    assert (walk.look_back.state, walk.look_back.reported_by) == (S.REPORTED, walk.office.staff_id("chen"))


def test_bad_input_of_a_note_is_told_all_at_once_and_nothing_is_kept(walk: LookingBack) -> None:
    walk.named()
    for day in (walk.today + timedelta(days=1), walk.today - timedelta(days=1), None):
        with pytest.raises(InvalidInput) as wrong:
            walk.noted(None, seen="", looked_on=day)
        assert set(wrong.value.errors) == {"finding", "seen", "looked_on"}
    with pytest.raises(Refused) as other:
        walk.noted(item_id=walk.case_id)
    assert _rules(other) == ["look-back-each"]
    assert walk.results() == []
    with pytest.raises(NotHere), walk.acting("wei") as acting:
        looking_back.report_look_back(acting, look_back_id=walk.case_id, version=1)


def test_note_of_a_colleague_is_not_written_over_unseen(walk: LookingBack) -> None:
    walk.named().noted(HOLDS)
    with pytest.raises(StaleSubject):
        walk.noted(RELAPSED, login="chen")
    walk.noted(RELAPSED, login="chen", version=1, photos=0)
    (result,) = walk.results()
    assert (result.finding, result.version) == (RELAPSED, 2)
    assert (result.verified_by, result.signer_id) == (
        walk.office.staff_id("du"), walk.office.staff_id("reviewer"),
    )  # fmt: skip


def test_photographs_of_a_look_back_prove_nothing_of_the_claims(walk: LookingBack) -> None:
    with walk.office.database.read() as session:
        before = sources_of(session, walk.case_id)
    walk.named().noted()
    taken = [row for row in walk.exhibits() if row.look_back_result_id is not None]
    assert [row.taken_by for row in taken] == [walk.office.staff_id("wei")]
    with walk.office.database.read() as session:
        assert sources_of(session, walk.case_id) == before


# --- settling ----------------------------------------------------------------------------------------------


@pytest.mark.rule("look-back-separate")
def test_nobody_settles_what_they_saw_themselves(walk: LookingBack, office: TestOffice) -> None:
    walk.reported_back()
    with pytest.raises(Refused) as inspector:
        walk.settle("wei")
    assert set(_rules(inspector)) == {"permission", "look-back-separate"}
    with pytest.raises(Refused) as back:
        walk.on_look_back("wei", looking_back.return_look_back, note="再看一次。")
    assert "look-back-separate" in _rules(back)
    walk.settle("shen")
    assert (walk.look_back.state, walk.look_back.settled_by) == (S.SETTLED, office.staff_id("shen"))


@pytest.mark.rule("clock-look-back-settle")
def test_report_ends_one_clock_and_is_settled_in_five_working_days(walk: LookingBack) -> None:
    walk.reported_back()
    assert _clocks(walk) == {"clock-look-back-settle": 7}
    walk.settle()
    assert _clocks(walk) == {"clock-answer": 21}


def test_report_is_sent_back_with_a_reason_and_looked_at_again(walk: LookingBack) -> None:
    walk.reported_back()
    with pytest.raises(Refused) as silent:
        walk.on_look_back("director", looking_back.return_look_back, note="")
    assert _rules(silent) == ["return-reason"]
    with pytest.raises(InvalidInput) as past:
        walk.on_look_back(
            "director",
            looking_back.return_look_back,
            note="雨后再看。",
            due_on=walk.today - timedelta(days=1),
        )
    assert set(past.value.errors) == {"due_on"}
    walk.on_look_back(
        "director", looking_back.return_look_back, note="雨后再看。", due_on=walk.today + timedelta(days=9)
    )
    assert walk.look_back.state is S.ASSIGNED
    assert _clocks(walk) == {"clock-look-back": 9}
    walk.noted(HOLDS, version=1, photos=0)
    walk.on_look_back("wei", looking_back.report_look_back)
    assert _clocks(walk) == {"clock-look-back-settle": 7}


def test_what_holds_leaves_the_case_closed_and_is_told_in_a_sentence(walk: LookingBack) -> None:
    walk.settled()
    assert (walk.case.state, walk.item.relapses) == (CaseState.CLOSED, 0)
    with pytest.raises(Refused) as director:
        walk.on_look_back("director", looking_back.tell_informants, text="整改保持良好。")
    assert _rules(director) == ["permission"]
    with pytest.raises(InvalidInput) as telling:
        walk.told_of_it("请拨打 13800138000。")
    assert set(telling.value.errors) == {"text"}
    walk.told_of_it("我们去回头看了，路面完好。")
    mailbox = open_mailbox(walk.office.intake, receipt=walk.receipts[0])
    assert (mailbox.messages[-1].kind, mailbox.messages[-1].text) == (
        MessageKind.NOTE, "我们去回头看了，路面完好。",
    )  # fmt: skip
    assert _clocks(walk) == {}
    with pytest.raises(Refused) as twice:
        walk.told_of_it()
    assert _rules(twice) == ["look-back-told"]


def test_settling_needs_words_and_a_relapse_a_date_and_words_for_the_unit(walk: LookingBack) -> None:
    walk.reported_back(NEVER_DONE)
    reason = f"reason-{walk.item_id}"
    with pytest.raises(InvalidInput) as empty:
        walk.settle(note="", due_on=None, reasons={})
    assert set(empty.value.errors) == {"note", "due_on", reason}
    with pytest.raises(InvalidInput) as named:
        walk.settle(due_on=walk.today - timedelta(days=1), reasons={walk.item_id: "电话 13800138000"})
    assert set(named.value.errors) == {"due_on", reason}
    assert walk.look_back.state is S.REPORTED


@pytest.mark.parametrize(
    "verb",
    [looking_back.report_look_back, partial(looking_back.settle_look_back, note="情况属实。")],
)
def test_act_from_an_old_page_is_refused(walk: LookingBack, verb: Callable[..., object]) -> None:
    walk.named().noted()
    row = walk.look_back
    with walk.acting("wei") as acting, pytest.raises(StaleSubject):
        verb(acting, look_back_id=row.id, version=row.version - 1)


def test_whoever_looked_or_settled_had_a_part_in_the_case(walk: LookingBack) -> None:
    walk.settled(by="shen")
    with walk.acting("fan") as acting:
        facts = Facts(acting.session, walk.case, acting.actor, acting.clock, acting.rules, {})
        people = {walk.office.staff_id(login) for login in ("wei", "chen", "shen", "fan", "du")}
        assert people <= facts.participants()
