"""Interviews read back, witnesses under a code name, papers and samples until they are given back."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.models import ObjectGrant
from tests.support.journey import Journey
from tests.support.office import TestOffice
from tests.support.recusing import Recusing, rules_of
from verification.audit.events import Event
from verification.domain import dispatch, fieldwork, holdings
from verification.domain.fieldwork import read_records
from verification.domain.holdings import Request
from verification.domain.witnesses import code_name, read_witnesses, share_witnesses, witnesses_of
from verification.errors import InvalidInput, KeyLocked, NotHere, Refused
from verification.models import AuditEntry, Holding, HoldingKind, HoldingState, RecordKind, Task, Witness
from verification.policy.coverage import Gap
from verification.workflow.states import Action

TALK: dict[str, str | bool] = {
    "person": "养护站站长",
    "card_shown": True,
    "questions": "问：谁负责养护？答：我们站。",
    "read_back": True,
    "signed": True,
}
SAMPLE: dict[str, str | bool] = {
    "what": "沥青混合料，第三批",
    "count": "2 袋",
    "from_whom": "项目部材料员",
    "kept_at": "督查室样品柜 3 号",
}


def _talk(walk: Journey, login: str = "du", **changes: Any) -> None:
    values = {"kind": RecordKind.INTERVIEW, "words": TALK} | changes
    with walk.acting(login) as acting:
        fieldwork.log_record(acting, task_id=walk.task_id, entry=walk.entry(**values))


@pytest.fixture
def walk(office: TestOffice) -> Recusing:
    """A team of du and chen has signed for its task."""
    journey = Recusing(office)
    journey.signed()
    return journey


# --- interviews --------------------------------------------------------------------------------------------


@pytest.mark.rule("interview-read-back")
def test_interview_is_read_back_and_signed_or_says_that_they_refused(walk: Recusing) -> None:
    for ticks in (
        {"read_back": False},
        {"signed": False},
        {"read_back": False, "refused_sign": True, "refusal": "没有说明。"},
    ):
        with pytest.raises(Refused) as refused:
            _talk(walk, words=TALK | ticks)
        assert rules_of(refused) == ["interview-read-back"]
    _talk(walk)
    _talk(walk, words=TALK | {"signed": False, "refused_sign": True, "refusal": "称要先请示。"})
    _talk(walk, words={"person": "站长", "refused": True, "refusal": "拒绝谈话，离开办公室。"})
    assert len(walk.records()) == 3


def test_refusal_says_what_was_said(walk: Recusing) -> None:
    with pytest.raises(InvalidInput) as empty:
        _talk(walk, words=TALK | {"signed": False, "refused_sign": True})
    assert set(empty.value.errors) == {"refusal"}


def test_interview_by_one_alone_supports_no_finding_whatever_the_plan(walk: Recusing) -> None:
    _talk(walk, people=(walk.office.staff_id("du"),))
    (record,) = walk.records()
    assert record.off_plan
    assert record.gaps == [Gap.PEOPLE]


# --- witnesses ---------------------------------------------------------------------------------------------


def test_witness_stands_in_the_record_under_a_code_name_alone(walk: Recusing) -> None:
    _talk(walk, true_name="王秀兰", words=TALK | {"person": ""})
    with walk.acting("fan") as acting:
        (record,) = read_records(acting, task_id=walk.task_id)
        assert record.words["person"] == "证人甲"
        assert "王秀兰" not in str(record)
    for login in ("du", "chen"):
        with walk.acting(login) as acting:
            (one,) = read_witnesses(acting, acting.session.get_one(Task, walk.task_id))
            assert (one.code_name, one.true_name) == ("证人甲", "王秀兰")
    for login in ("fan", "director", "head", "lian"):
        with walk.acting(login) as acting, pytest.raises(KeyLocked):
            read_witnesses(acting, acting.session.get_one(Task, walk.task_id))


def test_looking_at_true_names_is_traced(walk: Recusing) -> None:
    _talk(walk, true_name="王秀兰")
    with walk.acting("chen") as acting:
        read_witnesses(acting, acting.session.get_one(Task, walk.task_id))
    with walk.office.database.read() as session:
        query = select(AuditEntry).where(AuditEntry.event == Event.WITNESSES_VIEWED.value)
        (entry,) = session.scalars(query).all()
        assert entry.actor_id == walk.office.staff_id("chen")


def test_true_name_stands_nowhere_else_in_the_record_and_is_needed(walk: Recusing) -> None:
    with pytest.raises(InvalidInput) as leaked:
        _talk(walk, true_name="王秀兰", words=TALK | {"questions": "问：你是王秀兰吗？答：是。"})
    assert set(leaked.value.errors) == {"true_name"}
    with pytest.raises(InvalidInput) as empty:
        _talk(walk, true_name=" ")
    assert set(empty.value.errors) == {"true_name"}
    assert walk.records() == []


def test_same_witness_keeps_the_code_name_and_the_next_gets_another(walk: Recusing) -> None:
    _talk(walk, true_name="王秀兰")
    with walk.acting("du") as acting:
        (first,) = witnesses_of(acting, walk.task_id)
    _talk(walk, "chen", witness=first)
    _talk(walk, true_name="李建国")
    with walk.acting("du") as acting:
        said = [one.words["person"] for one in read_records(acting, task_id=walk.task_id)]
        assert sorted(map(str, said)) == sorted(["证人甲", "证人甲", "证人乙"])
    with pytest.raises(InvalidInput) as unknown:
        _talk(walk, witness=uuid.uuid4())
    assert set(unknown.value.errors) == {"witness"}
    assert [code_name(number) for number in (1, 10, 11)] == ["证人甲", "证人癸", "证人11"]


def test_whoever_joins_the_team_gets_the_names_and_whoever_keeps_away_loses_them(walk: Recusing) -> None:
    _talk(walk, true_name="王秀兰")
    walk.asked("du").granted()
    walk.replaced("wei", leader="chen")
    with walk.acting("wei") as acting, pytest.raises(KeyLocked):
        read_witnesses(acting, acting.session.get_one(Task, walk.task_id))
    with walk.acting("chen") as acting:
        share_witnesses(acting, acting.session.get_one(Task, walk.task_id))
    with walk.acting("wei") as acting:
        (one,) = read_witnesses(acting, acting.session.get_one(Task, walk.task_id))
        assert one.true_name == "王秀兰"
    with walk.acting("du") as acting, pytest.raises(KeyLocked):
        read_witnesses(acting, acting.session.get_one(Task, walk.task_id))
    with walk.office.database.read() as session:
        body = session.scalars(select(Witness.body_id)).one()
        grants = select(func.count()).select_from(ObjectGrant).where(ObjectGrant.object_id == body)
        assert session.scalar(grants) == 2


# --- papers and samples ------------------------------------------------------------------------------------


def _asked(walk: Journey, login: str = "du", **changes: Any) -> Holding:
    values: dict[str, Any] = {
        "what": "近三年养护合同",
        "unit_id": walk.office.unit_id("transport"),
        "due_on": walk.today + timedelta(days=3),
    }
    with walk.acting(login) as acting:
        request = Request(**(values | changes))
        return holdings.ask_for_papers(acting, task_id=walk.task_id, request=request)


def _held(walk: Journey) -> list[Holding]:
    with walk.acting("du") as acting:
        return list(holdings.holdings_of(acting, walk.task_id))


def _ends(walk: Journey, row: Holding, action: Action, note: str, login: str = "du") -> None:
    with walk.acting(login) as acting:
        version = acting.session.get_one(Holding, row.id).version
        holdings.end_holding(acting, holding_id=row.id, version=version, action=action, note=note)


def _comes(walk: Journey, row: Holding, *, originals: bool, **changes: Any) -> None:
    values = {"received_on": walk.today, "back_on": walk.today + timedelta(days=9)} | changes
    with walk.acting("chen") as acting:
        holdings.receive(acting, holding_id=row.id, version=row.version, originals=originals, **values)


def test_papers_are_asked_for_received_and_given_back(walk: Recusing) -> None:
    row = _asked(walk)
    assert (row.state, row.asked_on) == (HoldingState.ASKED, walk.today)
    _comes(walk, row, originals=True)
    _ends(walk, row, Action.RETURN_HOLDING, "养护科李科长签收。")
    with walk.acting("chen") as acting:
        (read,) = holdings.read_holdings(acting, holdings.holdings_of(acting, walk.task_id))
    assert (read.what, read.ending, read.due) == ("近三年养护合同", "养护科李科长签收。", None)
    assert (read.row.state, read.row.received_by) == (HoldingState.RETURNED, walk.office.staff_id("chen"))
    with walk.acting("lian") as acting, pytest.raises(KeyLocked):
        holdings.read_holdings(acting, [read.row])


def test_copies_stay_and_what_is_not_supplied_says_why(walk: Recusing) -> None:
    copies, denied = _asked(walk), _asked(walk, what="会议纪要")
    _comes(walk, copies, originals=False)
    with pytest.raises(Refused) as silent:
        _ends(walk, denied, Action.NOTE_DENIAL, " ")
    assert rules_of(silent) == ["return-reason"]
    _ends(walk, denied, Action.NOTE_DENIAL, "称没有形成纪要。")
    assert {row.state for row in _held(walk)} == {HoldingState.KEPT, HoldingState.DENIED}
    with pytest.raises(Refused) as over:
        _ends(walk, denied, Action.RETURN_HOLDING, "已归还。")
    assert rules_of(over) == ["state"]


def test_sample_and_originals_of_a_record_are_listed_by_themselves(walk: Recusing) -> None:
    walk.logged(kind=RecordKind.SAMPLE, words=SAMPLE)
    papers: dict[str, str | bool] = {"what": "养护台账", "from_whom": "养护科"}
    walk.logged(kind=RecordKind.DOCUMENT, words=papers)
    walk.logged(kind=RecordKind.DOCUMENT, words=papers | {"originals": True})
    rows = _held(walk)
    assert sorted(row.kind for row in rows) == [HoldingKind.DOCUMENT, HoldingKind.SAMPLE]
    assert {row.state for row in rows} == {HoldingState.HELD}
    with walk.acting("du") as acting:
        read = {one.row.kind: one for one in holdings.read_holdings(acting, rows)}
    assert (read[HoldingKind.SAMPLE].count, read[HoldingKind.SAMPLE].kept_at) == ("2 袋", "督查室样品柜 3 号")
    with pytest.raises(InvalidInput) as empty:
        walk.logged(kind=RecordKind.SAMPLE, words={})
    assert set(empty.value.errors) == {"what", "count", "from_whom", "kept_at"}


@pytest.mark.rule("material-returned")
def test_task_is_not_finished_while_something_is_held(office: TestOffice) -> None:
    walk = Recusing(office)
    walk.fixing()
    walk.logged(kind=RecordKind.SAMPLE, words=SAMPLE)
    _asked(walk)
    (held,) = [row for row in _held(walk) if row.state is HoldingState.HELD]
    with pytest.raises(Refused) as refused:
        walk.on_task("du", fieldwork.finish_task)
    assert "material-returned" in rules_of(refused)
    with pytest.raises(Refused) as silent:
        _ends(walk, held, Action.KEEP_HOLDING, "")
    assert rules_of(silent) == ["material-returned"]
    _ends(walk, held, Action.KEEP_HOLDING, "检测中耗用完毕。")
    with pytest.raises(Refused) as refused:
        walk.on_task("du", fieldwork.finish_task)
    assert "material-returned" not in rules_of(refused)


def test_form_says_what_is_missing_and_days_are_in_order(walk: Recusing) -> None:
    with pytest.raises(InvalidInput) as empty:
        _asked(walk, what=" ", unit_id=walk.office.unit_id("housing"), due_on=None)
    assert set(empty.value.errors) == {"what", "unit", "due_on"}
    row = _asked(walk)
    tomorrow = walk.today + timedelta(days=1)
    with pytest.raises(InvalidInput) as ahead:
        _comes(walk, row, originals=True, received_on=tomorrow, back_on=None)
    assert set(ahead.value.errors) == {"received_on", "back_on"}


def test_only_the_team_asks_and_only_under_a_task_at_work(office: TestOffice) -> None:
    walk = Recusing(office)
    walk.planned().dispatched()
    with pytest.raises(Refused) as unsigned:
        _asked(walk)
    assert rules_of(unsigned) == ["state"]
    walk.on_task("du", dispatch.sign_task)
    with pytest.raises(Refused) as stranger:
        _asked(walk, "wei")
    assert "team-two" in rules_of(stranger)
    row = _asked(walk)
    with pytest.raises(Refused) as stranger:
        _ends(walk, row, Action.NOTE_DENIAL, "称没有。", login="wei")
    assert rules_of(stranger) == ["team-two"]
    with walk.acting("du") as acting, pytest.raises(NotHere):
        holdings.receive(acting, holding_id=uuid.uuid4(), version=1, originals=False, received_on=walk.today)


def test_desk_work_brings_no_exhibit_and_lies_outside_no_plan(walk: Recusing) -> None:
    desk: dict[str, Any] = {"kind": RecordKind.DESK, "words": {"what": "整理笔录"}, "unit_id": None}
    with pytest.raises(InvalidInput) as brought:
        walk.logged(photos=1, **desk)
    assert set(brought.value.errors) == {"files"}
    walk.logged(photos=0, people=(walk.office.staff_id("du"),), **desk)
    (record,) = walk.records()
    assert (record.gaps, record.off_plan) == ([], False)
