"""Two people on one case at the same time: whoever comes second is told, and overwrites nothing.

On PostgreSQL alone: on SQLite whoever writes has the only turn.
"""

from __future__ import annotations

import pytest

from portal.models import Tip, TipState
from tests.support.at_once import second_waits
from tests.support.journey import ALLEGATIONS, PLAN_TEXT, Journey
from tests.support.office import TestOffice
from tests.support.sealed_files import seal_upload
from verification.audit.events import Event
from verification.domain import (
    casework,
    conclusions,
    dispatch,
    fieldwork,
    findings,
    paper,
    planning,
    rectification,
    triage,
)
from verification.domain.acting import Acting
from verification.domain.casework import Brief, CaseFrame, read_brief
from verification.domain.findings import read_allegations
from verification.domain.locking import locked_case
from verification.errors import Refused, StaleSubject
from verification.models import Case, CaseState, CaseType, ContentBasis, Finding, ItemState, TaskState
from verification.workflow.states import Action

pytestmark = pytest.mark.databases("postgresql")


def _returned(walk: Journey) -> Journey:
    """A draft that the head returned: it can be rewritten, and proposed again."""
    walk.proposed()
    walk.on_case("head", casework.return_docketing, note="请补充依据。")
    return walk


def _rewrite(walk: Journey, acting: Acting, version: int) -> None:
    case = acting.session.get_one(Case, walk.case_id)  # as the page loads it
    frame = CaseFrame(
        case_type=CaseType.VERIFICATION, content_basis=ContentBasis.DUTIES, category="405",
        priority=case.priority, town_id=None, unit_ids=(walk.office.unit_id("transport"),),
    )  # fmt: skip
    brief = Brief(title="换过的标题", text="换过的核查内容，县长没有看过。", allegations=ALLEGATIONS)
    casework.revise_case(acting, case=case, version=version, brief=brief, frame=frame)


def test_brief_that_was_proposed_meanwhile_is_not_rewritten(office: TestOffice) -> None:
    walk = _returned(Journey(office))
    version = walk.case.version

    def propose(acting: Acting) -> None:
        casework.propose_docketing(acting, case_id=walk.case_id, version=version)

    error = second_waits(office, ("shen", propose), ("fan", lambda acting: _rewrite(walk, acting, version)))
    assert error == StaleSubject(version + 1)
    assert walk.case.state is CaseState.PROPOSED
    with office.acting("head") as acting:
        assert read_brief(acting, walk.case).title == "道路修复情况"


def test_proposal_of_a_brief_that_is_being_rewritten_is_stale(office: TestOffice) -> None:
    walk = _returned(Journey(office))
    version = walk.case.version

    def propose(acting: Acting) -> None:
        acting.session.get_one(Case, walk.case_id)
        casework.propose_docketing(acting, case_id=walk.case_id, version=version)

    error = second_waits(office, ("fan", lambda acting: _rewrite(walk, acting, version)), ("shen", propose))
    assert error == StaleSubject(version + 1)
    assert walk.case.state is CaseState.DRAFT


def test_finding_is_not_changed_once_the_conclusion_was_begun_from_it(office: TestOffice) -> None:
    walk = Journey(office).fixing()
    allegation, version = walk.allegations()[0], walk.case.version

    def begin(acting: Acting) -> None:
        conclusions.begin_conclusion(acting, case_id=walk.case_id, version=version)

    def find(acting: Acting) -> None:
        findings.record_finding(
            acting, allegation_id=allegation.id, version=allegation.version, finding=Finding.UNVERIFIABLE,
            reasons="改主意了。", against="照片不能反映处理过程。",
        )  # fmt: skip

    error = second_waits(office, ("fan", begin), ("du", find))
    assert isinstance(error, Refused)
    assert [refusal.rule_id for refusal in error.refusals] == ["state"]
    with office.acting("du") as acting:
        assert {one.row.finding for one in read_allegations(acting, walk.case)} == {Finding.TRUE}


def test_conclusion_waits_for_a_finding_that_is_being_written(office: TestOffice) -> None:
    walk = Journey(office).fixing()
    allegation, version = walk.allegations()[0], walk.case.version
    seen: list[Finding | None] = []

    def find(acting: Acting) -> None:
        findings.record_finding(
            acting, allegation_id=allegation.id, version=allegation.version, finding=Finding.UNVERIFIABLE,
            reasons="改主意了。", against="照片不能反映处理过程。",
        )  # fmt: skip

    def begin(acting: Acting) -> None:
        case = conclusions.begin_conclusion(acting, case_id=walk.case_id, version=version)
        seen.extend(one.row.finding for one in read_allegations(acting, case))

    assert second_waits(office, ("du", find), ("fan", begin)) is None
    assert seen == [Finding.UNVERIFIABLE, Finding.TRUE]


def test_record_with_exhibits_waits_in_no_circle_with_a_change_of_its_case(office: TestOffice) -> None:
    walk = Journey(office).signed()

    def hold(acting: Acting) -> None:
        locked_case(acting, walk.case_id)

    def write(acting: Acting) -> None:
        acting.trace(Event.CASE_VIEWED, subject_kind="case", subject_id=walk.case_id)

    def log(acting: Acting) -> None:
        fieldwork.log_record(acting, task_id=walk.task_id, entry=walk.entry(), exhibits=[walk.photo()])

    assert second_waits(office, ("fan", hold), ("du", log), then=write) is None
    assert len(walk.exhibits()) == 1


def test_report_with_proof_waits_in_no_circle_with_a_change_of_its_case(office: TestOffice) -> None:
    walk = Journey(office).ordered()
    version = walk.item.version

    def hold(acting: Acting) -> None:
        locked_case(acting, walk.case_id)

    def write(acting: Acting) -> None:
        acting.trace(Event.CASE_VIEWED, subject_kind="case", subject_id=walk.case_id)

    def report(acting: Acting) -> None:
        rectification.report_item(
            acting, item_id=walk.item_id, version=version, measures="已填平。", proofs=[walk.photo(b"after")]
        )

    assert second_waits(office, ("fan", hold), ("lian", report), then=write) is None
    assert walk.item.state is ItemState.REPORTED


def test_hand_back_with_its_reason_waits_in_no_circle_with_a_change_of_its_case(office: TestOffice) -> None:
    walk = Journey(office).signed()
    version = walk.task.version

    def hold(acting: Acting) -> None:
        locked_case(acting, walk.case_id)

    def write(acting: Acting) -> None:
        acting.trace(Event.CASE_VIEWED, subject_kind="case", subject_id=walk.case_id)

    def hand_back(acting: Acting) -> None:
        dispatch.hand_back_task(acting, task_id=walk.task_id, version=version, note="与本人有关。")

    assert second_waits(office, ("fan", hold), ("du", hand_back), then=write) is None
    assert walk.task.state is TaskState.HANDED_BACK


def test_paper_is_recorded_for_the_case_as_it_stands_and_not_for_the_one_before(office: TestOffice) -> None:
    walk = Journey(office).proposed()
    version = walk.case.version

    def send_back(acting: Acting) -> None:
        casework.return_docketing(acting, case_id=walk.case_id, version=version, note="请补充依据。")

    def record(acting: Acting) -> None:
        paper.record_paper(
            acting, case=acting.session.get_one(Case, walk.case_id), action=Action.APPROVE_DOCKETING,
            signed_by=office.staff_id("head"), signed_on=walk.today, scan=seal_upload(office, b"scan"),
            note="",
        )  # fmt: skip

    error = second_waits(office, ("head", send_back), ("fan", record))
    assert set(getattr(error, "errors", {})) == {"action"}


def test_tip_of_a_case_that_is_being_proposed_is_not_handed_on(office: TestOffice) -> None:
    walk = _returned(Journey(office))
    version = walk.case.version
    with office.database.read() as session:
        tip = session.query(Tip).filter(Tip.case_id == walk.case_id).one()

    def propose(acting: Acting) -> None:
        casework.propose_docketing(acting, case_id=walk.case_id, version=version)

    def hand_on(acting: Acting) -> None:
        triage.hand_on_tip(acting, tip_id=tip.id, version=tip.version, channel="tax", note="")

    error = second_waits(office, ("fan", propose), ("shen", hand_on))
    assert isinstance(error, Refused)
    with office.database.read() as session:
        assert session.get_one(Tip, tip.id).state is TipState.IN_CASE


def test_second_of_two_plans_written_at_once_is_told_and_takes_no_number(office: TestOffice) -> None:
    walk = Journey(office).docketed()
    version = walk.case.version

    def propose(acting: Acting) -> None:
        planning.write_and_propose_plan(
            acting, case_id=walk.case_id, version=version, text=PLAN_TEXT, frame=walk.plan_frame()
        )

    assert second_waits(office, ("fan", propose), ("shen", propose)) == StaleSubject(version + 1)
    with office.acting("fan") as acting:
        assert [plan.number for plan in planning.versions_of(acting, walk.case_id)] == [1]
