"""Uses of a conclusion: what each rests on, who approves it, to whom it opens, and what comes back."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.support.journey import Journey
from tests.support.law import acts_resting_on
from tests.support.office import TestOffice
from verification.domain import reviewing, using
from verification.domain.using import UsePaper
from verification.errors import InvalidInput, KeyLocked, NotHere, Refused, StaleSubject
from verification.models import (
    CaseNote,
    Deadline,
    Finding,
    Measure,
    MeasureKind,
    MeasureState,
    NoteKind,
    RecordKind,
    StaffNotice,
)
from verification.policy.uses import USES, Approval, labels_informant
from verification.queries.uses import Pile, list_uses, uses_for_unit, uses_to_decide
from verification.workflow.states import Action

K = MeasureKind
TEXT = "经督查，你单位按期完成路面修复，工作扎实。"


class Using(Journey):
    """A case of which something is made."""

    measure_id = uuid.UUID(int=0)

    @property
    def measure(self) -> Measure:
        """The use as it stands."""
        with self.office.database.read() as session:
            return session.get_one(Measure, self.measure_id)

    def paper(self, kind: MeasureKind, **changes: Any) -> UsePaper:
        """A paper of this kind to the first receiver it can have."""
        use = USES[kind]
        unit = self.office.unit_id("transport") if use.to_unit else None
        values: dict[str, Any] = {
            "unit_id": unit,
            "organ": "" if unit else use.organs[0],
            "addressee": "主要负责人",
            "text": TEXT,
        }
        return UsePaper(**(values | changes))

    def written(self, kind: MeasureKind, login: str = "fan", **changes: Any) -> Using:
        """Somebody writes one down."""
        with self.acting(login) as acting:
            row = using.write_use(acting, case_id=self.case_id, kind=kind, paper=self.paper(kind, **changes))
            self.measure_id = row.id
        return self

    def on_use(self, login: str, verb: Any, **given: Any) -> Any:
        """A verb on the use at its present version."""
        with self.acting(login) as acting:
            return verb(acting, measure_id=self.measure_id, version=self.measure.version, **given)

    def proposed_use(self, kind: MeasureKind, login: str = "fan") -> Using:
        """Written and proposed."""
        self.written(kind, login)
        self.on_use(login, using.propose_use)
        return self

    def sent_use(self, kind: MeasureKind, approver: str = "head") -> Using:
        """Proposed, approved and sent."""
        self.proposed_use(kind)
        self.on_use(approver, using.approve_use)
        self.on_use("fan", using.send_use, number="", sent_on=self.today)
        return self


def _rules(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [refusal.rule_id for refusal in refused.value.refusals]


@pytest.fixture
def walk(office: TestOffice) -> Using:
    """A delivered conclusion."""
    journey = Using(office)
    journey.delivered()
    return journey


def test_commendation_needs_the_head_and_opens_to_the_unit_only_when_sent(walk: Using) -> None:
    walk.written(K.COMMENDATION)
    with pytest.raises(Refused) as early:
        walk.on_use("fan", using.send_use, number="", sent_on=walk.today)
    assert _rules(early) == ["reg-21"]
    walk.on_use("fan", using.propose_use)
    with pytest.raises(Refused) as director:
        walk.on_use("director", using.approve_use)
    assert _rules(director) == ["reg-21"]
    with walk.acting("head") as acting:
        assert [card.row.id for card in uses_to_decide(acting)] == [walk.measure_id]
    with walk.acting("director") as acting:
        assert uses_to_decide(acting) == []
    walk.on_use("head", using.approve_use)
    unit = walk.office.unit_id("transport")
    with walk.acting("lian") as acting:
        assert uses_for_unit(acting, unit) == []
        with pytest.raises(KeyLocked):
            using.read_sent(acting, walk.measure)
    walk.on_use("fan", using.send_use, number="安政督〔2026〕5号", sent_on=walk.today)
    with walk.acting("lian") as acting:
        (row,) = uses_for_unit(acting, unit)
        assert using.read_sent(acting, row).text == TEXT
        with pytest.raises(KeyLocked):
            acting.open(walk.case.brief_id)
    assert (walk.measure.approved_by, walk.measure.number) == (
        walk.office.staff_id("head"),
        "安政督〔2026〕5号",
    )


@pytest.mark.rule("use-receiver")
def test_unit_signs_and_answers_and_no_other_unit_does(walk: Using) -> None:
    walk.sent_use(K.CRITICISM)
    with pytest.raises(Refused) as other:
        walk.on_use("other", using.confirm_use)
    assert "use-receiver" in _rules(other)
    walk.on_use("lian", using.confirm_use)
    assert (walk.measure.state, walk.measure.received_on) == (MeasureState.RECEIVED, walk.today)
    with pytest.raises(InvalidInput):
        walk.on_use("lian", using.reply_use, text=" ")
    walk.on_use("lian", using.reply_use, text="已组织整改并作出检查。")
    with walk.acting("fan") as acting:
        (read,) = using.read_uses(acting, [walk.measure])
        assert (read.row.state, read.answer) == (MeasureState.ANSWERED, "已组织整改并作出检查。")
    with walk.acting("lian") as acting:
        assert using.read_sent(acting, walk.measure).answer == "已组织整改并作出检查。"


@pytest.mark.parametrize("kind", [kind for kind, use in USES.items() if use.approval is Approval.NONE])
def test_what_needs_no_approval_is_sent_at_once(walk: Using, kind: MeasureKind) -> None:
    walk.written(kind)
    with pytest.raises(Refused) as needless:
        walk.on_use("fan", using.propose_use)
    assert _rules(needless) == [USES[kind].rule]
    walk.on_use("fan", using.send_use, number="", sent_on=walk.today)
    assert (walk.measure.state, walk.measure.approved_by) == (MeasureState.SENT, None)
    walk.on_use("fan", using.record_use_receipt, received_on=walk.today, note="收文 12 号")
    walk.on_use("fan", using.record_use_outcome, answered_on=walk.today, note="已采纳。")
    with walk.acting("director") as acting:
        (read,) = using.read_uses(acting, [walk.measure])
        assert (read.receipt, read.answer) == ("收文 12 号", "已采纳。")


@pytest.mark.rule("clock-use")
def test_time_to_send_runs_from_writing_where_nobody_approves_and_else_from_the_approval(walk: Using) -> None:
    for kind, login in ((K.ADVICE, ""), (K.COMMENDATION, "head")):
        walk.written(kind)
        if login:
            walk.on_use("fan", using.propose_use)
            assert _clocks(walk) == []
            walk.on_use(login, using.approve_use)
        running = [(clock.rule_id, clock.began_on, clock.met_on) for clock in _clocks(walk)]
        assert running == [("clock-use", walk.today, None)]
        walk.on_use("fan", using.send_use, number="", sent_on=walk.today)
        assert [clock.met_on for clock in _clocks(walk)] == [walk.today]


def _clocks(walk: Using) -> list[Deadline]:
    with walk.office.database.read() as session:
        return list(session.scalars(select(Deadline).where(Deadline.subject_id == walk.measure_id)))


def test_accountability_goes_to_an_organ_with_the_power_alone(walk: Using) -> None:
    with pytest.raises(InvalidInput) as wrong:
        walk.written(K.ACCOUNTABILITY, organ="public")
    assert set(wrong.value.errors) == {"receiver"}
    walk.written(K.ACCOUNTABILITY, organ="appointing-organ", unit_id=walk.office.unit_id("transport"))
    assert (walk.measure.organ, walk.measure.unit_id) == ("appointing-organ", None)
    walk.on_use("fan", using.propose_use)
    walk.on_use("head", using.approve_use)
    walk.on_use("fan", using.send_use, number="", sent_on=walk.today)
    walk.on_use("fan", using.record_use_outcome, answered_on=walk.today, note="已予政务警告。")
    assert walk.measure.state is MeasureState.ANSWERED


@pytest.mark.rule("use-publication")
def test_case_is_published_only_after_its_criticism_was_approved(walk: Using) -> None:
    walk.written(K.PUBLISH_CASE)
    with pytest.raises(Refused) as early:
        walk.on_use("fan", using.propose_use)
    assert _rules(early) == ["use-publication"]
    publication = walk.measure_id
    walk.proposed_use(K.CRITICISM)
    walk.on_use("head", using.approve_use)
    walk.measure_id = publication
    walk.on_use("fan", using.propose_use)
    with pytest.raises(Refused) as director:
        walk.on_use("director", using.approve_use)
    assert _rules(director) == ["use-publication"]
    walk.on_use("head", using.approve_use)


@pytest.mark.rule("use-rests")
def test_nothing_that_rests_on_a_conclusion_goes_before_it_is_approved(office: TestOffice) -> None:
    walk = Using(office)
    walk.concluding()
    walk.written(K.CRITICISM)
    with pytest.raises(Refused) as early:
        walk.on_use("fan", using.propose_use)
    assert _rules(early) == ["use-rests"]


@pytest.mark.rule("use-after-review")
def test_burden_waits_for_the_review_that_the_unit_applied_for(walk: Using) -> None:
    walk.proposed_use(K.CRITICISM)
    with walk.acting("lian") as acting:
        reviewing.apply_review(acting, case_id=walk.case_id, text="对责任认定有异议。", proofs=[])
    with pytest.raises(Refused) as open_review:
        walk.on_use("head", using.approve_use)
    assert _rules(open_review) == ["use-after-review"]
    walk.sent_use(K.COMMENDATION)


@pytest.mark.rule("use-clearing", "clear-no-label")
def test_name_is_cleared_on_an_untrue_finding_without_a_word_of_the_informant(office: TestOffice) -> None:
    walk = Using(office)
    walk.delivered()
    walk.written(K.CLEARING)
    with pytest.raises(Refused) as true:
        walk.on_use("fan", using.propose_use)
    assert _rules(true) == ["use-clearing"]
    with walk.acting("fan") as acting:
        for allegation in walk.allegations():
            row = acting.session.merge(allegation)
            row.finding = Finding.UNTRUE
    for words in ("举报人诬告他人", "系恶意 举报", "反映人所述不实"):
        with pytest.raises(Refused) as label:
            walk.written(K.CLEARING, text=words)
        assert _rules(label) == ["clear-no-label"]
    walk.written(K.CLEARING, text="经核查，未发现被反映人存在所述问题。")
    walk.on_use("fan", using.propose_use)
    walk.on_use("head", using.approve_use)
    walk.on_use("fan", using.send_use, number="", sent_on=walk.today)
    with walk.acting("lian") as acting:
        assert "未发现" in using.read_sent(acting, walk.measure).text
    with walk.acting("other") as acting, pytest.raises(KeyLocked):
        using.read_sent(acting, walk.measure)


@pytest.mark.rule("use-director", "reg-25")
def test_talk_is_the_directors_and_order_needs_an_obstruction(office: TestOffice) -> None:
    walk = Using(office)
    walk.signed()
    walk.proposed_use(K.TALK)
    with pytest.raises(Refused) as head:
        walk.on_use("head", using.approve_use)
    assert _rules(head) == ["use-director"]
    walk.on_use("director", using.approve_use)
    walk.written(K.ORDER)
    with pytest.raises(Refused) as nothing:
        walk.on_use("fan", using.propose_use)
    assert _rules(nothing) == ["reg-25"]
    walk.logged(kind=RecordKind.OBSTRUCTION, words={"who": "值班人员", "happened": "拒绝提供台账。"})
    walk.on_use("fan", using.propose_use)
    walk.on_use("director", using.approve_use)
    with pytest.raises(Refused) as unannounced:
        walk.on_use("fan", using.send_use, number="", sent_on=walk.today)
    assert _rules(unannounced) == ["unannounced-no-notice"]
    walk.logged()
    walk.on_use("fan", using.send_use, number="", sent_on=walk.today)


@pytest.mark.rule("use-separate")
def test_nobody_approves_what_they_wrote_and_a_return_needs_its_reason(office: TestOffice) -> None:
    walk = Using(office)
    walk.signed()
    walk.proposed_use(K.TALK, "director")
    with pytest.raises(Refused) as own:
        walk.on_use("director", using.approve_use)
    assert _rules(own) == ["use-separate"]
    with pytest.raises(Refused) as bare:
        walk.on_use("director", using.return_use, note="")
    assert _rules(bare) == ["return-reason"]
    walk.on_use("director", using.return_use, note="请写明约谈事由。")
    assert walk.measure.state.value == "written"
    with walk.acting("fan") as acting:
        (note,) = acting.session.scalars(
            select(CaseNote).where(CaseNote.case_id == walk.case_id, CaseNote.kind == NoteKind.RETURN)
        )
        assert acting.open(note.object_id)["text"] == "请写明约谈事由。"
    walk.on_use("fan", using.revise_use, paper=walk.paper(K.TALK, text="约谈事由：整改迟缓。"))
    assert walk.measure.written_by == walk.office.staff_id("fan")
    walk.on_use("fan", using.propose_use)
    walk.on_use("director", using.approve_use)
    with pytest.raises(Refused):
        walk.on_use("fan", using.revise_use, paper=walk.paper(K.TALK))
    walk.on_use("fan", using.withdraw_use, note="问题已当场解决。")
    assert walk.measure.state.value == "use-withdrawn"


def test_paper_shows_all_that_is_wrong_with_it(walk: Using) -> None:
    with pytest.raises(InvalidInput) as empty:
        walk.written(K.CRITICISM, text="", unit_id=None)
    assert set(empty.value.errors) == {"receiver", "text"}
    with pytest.raises(InvalidInput) as number:
        walk.written(K.CRITICISM, text="联系电话 13812345678")
    assert set(number.value.errors) == {"text"}
    with walk.acting("fan") as acting, pytest.raises(InvalidInput) as kind:
        using.write_use(acting, case_id=walk.case_id, kind=None, paper=walk.paper(K.TALK))
    assert set(kind.value.errors) == {"kind"}
    with pytest.raises(Refused) as stranger:
        walk.written(K.TALK, "du")
    assert _rules(stranger) == ["permission"]
    walk.written(K.ADVICE)
    with walk.acting("fan") as acting, pytest.raises(StaleSubject):
        using.revise_use(acting, measure_id=walk.measure_id, version=9, paper=walk.paper(K.ADVICE))
    with pytest.raises(InvalidInput) as ahead:
        walk.on_use("fan", using.send_use, number="甲" * 61, sent_on=walk.today + timedelta(days=1))
    assert set(ahead.value.errors) == {"number", "sent_on"}
    with walk.acting("fan") as acting, pytest.raises(NotHere):
        using.propose_use(acting, measure_id=uuid.uuid4(), version=1)


def test_words_of_the_tip_do_not_travel_in_a_paper(walk: Using) -> None:
    with walk.acting("fan") as acting:
        case = acting.session.merge(walk.case)
        (account,) = using._accounts(acting, case)
    assert len(account) > 16
    with pytest.raises(InvalidInput) as copied:
        walk.written(K.CRITICISM, text=f"据反映，{account}")
    assert set(copied.value.errors) == {"text"}


def test_approver_is_told_and_list_shows_what_waits(walk: Using) -> None:
    walk.proposed_use(K.INCENTIVE)
    with walk.acting("head") as acting:
        told = acting.session.scalars(
            select(StaffNotice.staff_id).where(StaffNotice.subject_id == walk.measure_id)
        ).all()
        assert set(told) == {walk.office.staff_id("head")}
        rows = list_uses(acting, Pile.TO_APPROVE, cursor=None).rows
        assert [card.row.id for card in rows] == [walk.measure_id]
        assert list_uses(acting, Pile.TO_SEND, cursor=None).rows == []
    with walk.acting("wei") as acting:
        assert list_uses(acting, Pile.OPEN, cursor=None).rows == []


@pytest.mark.rule("reg-12-7", "reg-13", "reg-19", "reg-20", "reg-21", "reg-21-organ", "reg-22")
def test_every_use_rests_on_its_article() -> None:
    asks = {Action.PROPOSE_USE, Action.APPROVE_USE}
    assert acts_resting_on("reg-12-7") == asks
    assert acts_resting_on("reg-21") == asks | {Action.RETURN_USE, Action.SEND_USE}
    assert acts_resting_on("reg-21-organ") == asks | {Action.SEND_USE}
    assert {
        acts_resting_on(rule) == {Action.SEND_USE} for rule in ("reg-13", "reg-19", "reg-20", "reg-22")
    } == {True}


def test_every_kind_says_whose_approval_it_needs_and_where_it_goes() -> None:
    assert set(USES) == set(MeasureKind)
    assert all(use.to_unit or use.organs for use in USES.values())


def test_labels_are_found_and_the_person_cleared_may_be_named() -> None:
    assert labels_informant("未发现被反映人有该问题") == ""
    assert labels_informant("被反映人与反映人素不相识") == "反映人"
    assert labels_informant("这是诬 告") == "诬告"
