"""Records, exhibits and the three stages: nothing is refused for lying outside the plan, and it is marked."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from portal.errors import Tampered
from portal.models import CleanState, ObjectGrant, OutboxRow, OutboxTopic, SealedObject, StoredFile
from tests.support.journey import Journey
from tests.support.office import TestOffice
from tests.support.sealed_files import add_cleaner_key, read_original
from verification.domain import casework, dispatch, fieldwork, planning
from verification.domain.exhibits import read_exhibits
from verification.domain.offplan import cover_again
from verification.domain.record_forms import RECORD_FORMS
from verification.errors import InvalidInput, KeyLocked, NotHere, Refused
from verification.models import Case, Method, Plan, PlanUnit, RecordKind, TaskState
from verification.policy.coverage import Gap


def _rules(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [refusal.rule_id for refusal in refused.value.refusals]


def test_record_of_a_visit_within_the_plan_is_read_back_whole(office: TestOffice) -> None:
    walk = Journey(office).signed().logged(photos=2)
    (record,) = walk.records()
    assert (record.off_plan, record.gaps, record.stage) == (False, [], TaskState.CARRY)
    with office.acting("chen") as acting:
        (read,) = fieldwork.read_records(acting, task_id=walk.task_id)
        assert (read.place, read.words["seen"]) == ("卫生院门前", "路面有三处坑，最深约十厘米。")
        assert set(read.people) == {office.staff_id("du"), office.staff_id("chen")}
        assert [row.name for row in read_exhibits(acting, walk.exhibits())] == ["IMG_1.jpg"] * 2
        assert fieldwork.person_minutes(acting, case_id=walk.case_id) == 90
    with pytest.raises(KeyLocked), office.acting("wei") as acting:
        fieldwork.read_records(acting, task_id=walk.task_id)


def test_record_outside_the_plan_is_kept_and_says_in_what(office: TestOffice) -> None:
    walk = Journey(office).signed()
    walk.logged(
        unit_id=office.unit_id("qingxi"),
        method=Method.SUMMONS,
        began_at=office.clock.now() - timedelta(days=3),
        people=(office.staff_id("du"),),
    )
    (record,) = walk.records()
    assert record.off_plan
    assert set(record.gaps) == {Gap.UNIT, Gap.METHOD, Gap.DATES, Gap.PEOPLE}
    assert [exhibit.off_plan for exhibit in walk.exhibits()] == [True]


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("kind", list(RecordKind))
def test_only_face_to_face_records_need_two_people(office: TestOffice, kind: RecordKind) -> None:
    walk = Journey(office).signed()
    words: dict[str, str | bool] = {field.name: "说明" for field in RECORD_FORMS[kind].fields}
    walk.logged(photos=0, kind=kind, words=words, people=(office.staff_id("chen"),))
    (record,) = walk.records()
    face_to_face = kind in (RecordKind.VISIT, RecordKind.INTERVIEW)
    assert record.gaps == ([Gap.PEOPLE] if face_to_face else [])


def test_new_plan_version_covers_what_it_now_includes_and_nothing_else(office: TestOffice) -> None:
    walk = Journey(office).signed().logged()
    walk.logged(method=Method.SUMMONS)
    walk.logged(people=(office.staff_id("du"),))
    assert [record.gaps for record in walk.records()] == [[], [Gap.METHOD], [Gap.PEOPLE]]
    with office.acting("director") as acting:
        plan = planning.latest_plan(acting, walk.case_id)
        assert plan is not None
        wider = Plan(
            id=walk.case_id,
            case_id=walk.case_id,
            number=2,
            body_id=plan.body_id,
            methods=[Method.SUMMONS.value],
            starts_on=plan.starts_on,
            ends_on=plan.ends_on,
            people_planned=2,
            hours_planned=16,
            written_by=plan.written_by,
            approved_by=acting.staff_id,
            approved_at=acting.clock.now(),
        )
        acting.session.add(wider)
        acting.session.flush()
        acting.session.add(PlanUnit(plan_id=wider.id, unit_id=office.unit_id("transport")))
        acting.session.flush()
        cover_again(acting, case_id=walk.case_id)
    assert [record.off_plan for record in walk.records()] == [False, False, True]
    assert [exhibit.off_plan for exhibit in walk.exhibits()] == [False, False, True]


def test_record_with_several_problems_names_every_field(office: TestOffice) -> None:
    walk = Journey(office).signed()
    with pytest.raises(InvalidInput) as invalid:
        walk.logged(
            words={"seen": " "},
            began_at=office.clock.now() + timedelta(minutes=1),
            minutes=0,
            people=(),
            place="x" * 201,
            unit_id=walk.case_id,
        )
    assert set(invalid.value.errors) == {"seen", "began_at", "minutes", "people", "place", "unit"}
    assert walk.exhibits() == []


def test_interview_needs_no_answers_where_it_was_refused(office: TestOffice) -> None:
    walk = Journey(office).signed()
    words: dict[str, str | bool] = {"person": "证人甲"}
    with pytest.raises(InvalidInput) as invalid:
        walk.logged(kind=RecordKind.INTERVIEW, words=words)
    assert set(invalid.value.errors) == {"questions"}
    with pytest.raises(InvalidInput) as invalid:
        walk.logged(kind=RecordKind.INTERVIEW, words=words | {"refused": True})
    assert set(invalid.value.errors) == {"refusal"}
    walk.logged(kind=RecordKind.INTERVIEW, words=words | {"refused": True, "refusal": "称不清楚，离开。"})
    assert [record.kind for record in walk.records()] == [RecordKind.INTERVIEW]


def test_record_before_signing_or_by_a_stranger_is_refused(office: TestOffice) -> None:
    walk = Journey(office).planned().dispatched()
    with pytest.raises(Refused) as unsigned:
        walk.logged()
    assert _rules(unsigned) == ["state"]
    walk.on_task("du", dispatch.sign_task)
    with pytest.raises(Refused) as stranger, office.acting("wei") as acting:
        fieldwork.log_record(acting, task_id=walk.task_id, entry=walk.entry())
    assert _rules(stranger) == ["unannounced-embargo", "team-two"]
    with pytest.raises(Refused) as adding, office.acting("wei") as acting:
        fieldwork.add_exhibit(acting, task_id=walk.task_id, new=walk.photo())
    assert _rules(adding) == ["unannounced-embargo", "team-two"]


def test_two_members_log_at_the_same_time_without_colliding(office: TestOffice) -> None:
    walk = Journey(office).signed()
    version = walk.task.version
    for login in ("du", "chen"):
        with office.acting(login) as acting:
            fieldwork.log_record(acting, task_id=walk.task_id, entry=walk.entry())
    assert (len(walk.records()), walk.task.version) == (2, version + 2)


def test_exhibit_goes_to_case_and_cleaner_and_opens_byte_for_byte(office: TestOffice, tmp_path: Path) -> None:
    walk = Journey(office).signed()
    cleaner = add_cleaner_key(office, folder=tmp_path / "cleaner")
    walk.logged(photos=0)
    with office.acting("chen") as acting:
        exhibit = fieldwork.add_exhibit(
            acting, task_id=walk.task_id, new=walk.photo(b"true bytes" * 9000), record_id=walk.records()[0].id
        )
        stored = acting.session.get_one(StoredFile, exhibit.object_id)
        case = acting.session.get_one(Case, walk.case_id)
        assert (stored.clean_for, stored.clean_state) == (case.key_id, CleanState.WAITING)
        grants = select(ObjectGrant.recipient_key_id).where(ObjectGrant.object_id == exhibit.object_id)
        assert set(acting.session.scalars(grants)) == {case.key_id, cleaner}
        topics = select(OutboxRow.topic).where(OutboxRow.subject_id == exhibit.object_id)
        assert list(acting.session.scalars(topics)) == [OutboxTopic.CLEAN_FILE]
    with office.acting("du") as acting:
        assert read_original(acting, exhibit.object_id, office=office) == b"true bytes" * 9000
    with pytest.raises(KeyLocked), office.acting("wei") as acting:
        read_original(acting, exhibit.object_id, office=office)


def test_exhibit_without_a_cleaners_key_waits_for_one(office: TestOffice) -> None:
    walk = Journey(office).signed().logged()
    with office.database.read() as session:
        stored = session.get_one(StoredFile, walk.exhibits()[0].object_id)
        assert stored.clean_state is CleanState.AWAITING_GRANT


def test_same_upload_is_filed_once(office: TestOffice) -> None:
    walk = Journey(office).signed()
    photo = walk.photo()
    with office.acting("du") as acting:
        fieldwork.add_exhibit(acting, task_id=walk.task_id, new=photo)
    with pytest.raises(InvalidInput) as invalid, office.acting("du") as acting:
        fieldwork.add_exhibit(acting, task_id=walk.task_id, new=photo)
    assert set(invalid.value.errors) == {"files"}
    assert [exhibit.ordinal for exhibit in walk.exhibits()] == [1]


def test_exhibit_is_not_filed_with_a_record_of_another_task(office: TestOffice) -> None:
    other = Journey(office).signed().logged(photos=0)
    walk = Journey(office).signed()
    with pytest.raises(NotHere), office.acting("du") as acting:
        fieldwork.add_exhibit(acting, task_id=walk.task_id, new=walk.photo(), record_id=other.records()[0].id)


@pytest.mark.rule("carry-visit", "finding-each", "answer-after-conclusion")
def test_stages_follow_each_other_only_with_what_they_need(office: TestOffice) -> None:
    walk = Journey(office).signed()
    with pytest.raises(Refused) as not_carried:
        walk.on_task("du", fieldwork.begin_follow)
    assert _rules(not_carried) == ["carry-visit"]
    walk.logged()
    walk.on_task("du", fieldwork.begin_follow)
    with pytest.raises(Refused) as not_found:
        walk.on_task("du", fieldwork.begin_fix)
    assert _rules(not_found) == ["finding-each"]
    walk.found()
    walk.on_task("du", fieldwork.begin_fix)
    with pytest.raises(Refused) as not_fixed:
        walk.on_task("du", fieldwork.finish_task)
    assert _rules(not_fixed) == ["answer-after-conclusion"]
    assert walk.task.state is TaskState.FIX


def test_a_stolen_body_row_put_into_another_record_is_not_read(office: TestOffice) -> None:
    walk = Journey(office).signed().logged(photos=0)
    with office.acting("du") as acting:
        case = acting.session.get_one(Case, walk.case_id)
        assert casework.read_brief(acting, case).title
        record = fieldwork.read_records(acting, task_id=walk.task_id)[0].row
        first = acting.session.get_one(SealedObject, record.body_id)
        first.body = acting.session.get_one(SealedObject, case.brief_id).body
        acting.session.flush()
        with pytest.raises(Tampered):
            fieldwork.read_records(acting, task_id=walk.task_id)
