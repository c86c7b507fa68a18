"""Values of a case up to its conclusion: docketing, plan, field work, findings.

Whoever makes a document can open all of it anyway; which of it a kind may print is decided in ``kinds``.
Must not know: templates, layout.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Final

from sqlalchemy import select

from verification.documents.chinese import day, listed, moment, numbered, yes_or_no
from verification.documents.gatherer import Gatherer, said, text_of
from verification.documents.values import Group, Values, fitted
from verification.domain.acting import Acting
from verification.domain.conclusions import latest_conclusion, read_conclusion
from verification.domain.fieldwork import ReadRecord, read_records
from verification.domain.findings import read_allegations, result_of
from verification.domain.planning import PlanText, latest_plan, read_plan
from verification.errors import NotHere
from verification.labels import code_label, label
from verification.models import (
    CaseNote,
    CaseUnit,
    FieldRecord,
    NoteKind,
    RecordKind,
    StatementKind,
    Task,
    TaskMember,
    TaskState,
    Unit,
)
from verification.policy.codes import CATEGORIES
from verification.queries.exhibits import exhibits_of_case


def office_values(g: Gatherer) -> Values:
    office = g.office
    return {
        "name": office.name,
        "county": office.county,
        "government": office.government,
        "today": day(g.acting.sealing.day),
        "made_by": g.named(g.acting.staff_id),
    }


def case_values(g: Gatherer) -> Values:
    case = g.of_case()
    return {
        "number": case.number or "",
        "title": str(g.acting.open(case.brief_id)["title"]),
        "type": said(label(case.case_type)),
        "source": said(label(case.source)),
        "content": "" if case.content_basis is None else said(label(case.content_basis)),
        "way": _WAYS[case.docket_basis.value],
        "category": said(code_label(CATEGORIES, case.category)),
        "town": g.unit_named(case.town_id),
        "opened_on": day(case.opened_on),
        "opened_by": g.named(case.opened_by),
        "proposed_by": g.named(case.proposed_by),
        "endorsed_by": g.named(case.endorsed_by),
        "docketed_by": g.named(case.docketed_by),
        "docketed_on": day(case.docketed_at),
    }


#: How a case is docketed, in the words of Art. 11.
_WAYS: Final = {
    "instruction": "县人民政府或其主要负责人决定（指示）",
    "proposal": "督查机构提出，报县人民政府主要负责人批准",
    "programme": "在已批准立项的日常督办事项下交办",
}


def units_values(g: Gatherer) -> Values:
    query = select(Unit.name).join(CaseUnit, CaseUnit.unit_id == Unit.id)
    found = g.acting.session.scalars(query.where(CaseUnit.case_id == g.of_case().id).order_by(Unit.code))
    names = list(found)
    return {"names": listed(names), "list": fitted(Group.UNITS, "list", ({"name": name} for name in names))}


def unit_values(g: Gatherer) -> Values:
    return {"name": g.unit_named(g.subject_id)}


def brief_values(g: Gatherer) -> Values:
    acting, case = g.acting, g.of_case()
    brief = acting.open(case.brief_id)
    overlap = case.overlap_reason_id
    endorsed = acting.session.scalars(
        select(CaseNote)
        .where(CaseNote.case_id == case.id, CaseNote.kind == NoteKind.ENDORSEMENT)
        .order_by(CaseNote.written_at.desc())
        .limit(1)
    ).first()
    allegations = read_allegations(acting, case)
    claims = [{"number": str(one.row.ordinal), "text": one.text} for one in allegations]
    return {
        "text": str(brief["text"]),
        "overlap": "" if overlap is None else text_of(acting.open(overlap)),
        "endorsement": "" if endorsed is None else text_of(acting.open(endorsed.object_id)),
        "claims": numbered(one.text for one in allegations),
        "allegations": fitted(Group.BRIEF, "allegations", claims),
    }


def findings_values(g: Gatherer) -> Values:
    allegations = read_allegations(g.acting, g.of_case())
    numbers = {one.object_id: one.ordinal for one in exhibits_of_case(g.acting, g.of_case().id)}
    result = result_of(one.row.finding for one in allegations)
    listed_findings = [
        {
            "number": str(one.row.ordinal),
            "text": one.text,
            "finding": "" if one.row.finding is None else said(label(one.row.finding)),
            "reasons": one.reasons,
            "statement": one.statement
            or ("" if one.row.statement is None else said(label(one.row.statement))),
            "exhibits": listed([f"证据{numbers[exhibit]}" for exhibit in one.exhibits if exhibit in numbers]),
        }
        for one in allegations
    ]
    return {
        "result": "" if result is None else said(label(result)),
        "list": fitted(Group.FINDINGS, "list", listed_findings),
    }


def _without_words(statement: StatementKind | None) -> str:
    """Where the unit said nothing: that it declined, if so."""
    return "" if statement is None else said(label(statement))


def _team(g: Gatherer, text: PlanText) -> tuple[uuid.UUID | None, Sequence[uuid.UUID]]:
    """The leader and the members whom the plan proposes; the team at work where it proposed none."""
    if text.leader is not None:
        return text.leader, text.members
    at_work = select(TaskMember).join(Task, Task.id == TaskMember.task_id)
    at_work = at_work.where(Task.case_id == g.of_case().id, Task.state != TaskState.WITHDRAWN)
    team = g.acting.session.scalars(at_work.order_by(Task.dispatched_at.desc(), TaskMember.staff_id)).all()
    leader = next((one.staff_id for one in team if one.is_leader), None)
    return leader, list(dict.fromkeys(one.staff_id for one in team))


def plan_values(g: Gatherer) -> Values:
    plan = latest_plan(g.acting, g.of_case().id)
    if plan is None:
        return {}
    text, frame = read_plan(g.acting, plan)
    leader, members = _team(g, text)
    return {
        "version": str(plan.number),
        "content": text.content,
        "objects": text.objects,
        "scope": text.scope,
        "risks": text.risks,
        "leader": g.named(leader),
        "members": listed(g.named(member) for member in members if member != leader),
        "outside": listed(g.named(member) for member in text.outside),
        "materials": numbered(text.materials),
        "methods": listed([said(label(method)) for method in frame.methods]),
        "unannounced": yes_or_no(plan.unannounced),
        "starts_on": day(plan.starts_on),
        "ends_on": day(plan.ends_on),
        "people": str(plan.people_planned),
        "hours": str(plan.hours_planned),
        "written_by": g.named(plan.written_by),
        "approved_by": g.named(plan.approved_by),
        "approved_on": day(plan.approved_at),
    }


#: Words of a record that a document may name, and those of them that are ticks.
_RECORD_WORDS: Final = frozenset(
    {"arrival", "card_shown", "people_there", "seen", "person", "role", "refused", "questions", "read_back"}
    | {"signed", "refused_sign", "refusal"}
)


def records_of(acting: Acting, case_id: uuid.UUID, kind: RecordKind) -> list[ReadRecord]:
    """A case's records of one kind, in order, opened."""
    tasks = acting.session.scalars(
        select(Task.id).where(Task.case_id == case_id).order_by(Task.dispatched_at)
    )
    found = [record for task_id in tasks for record in read_records(acting, task_id=task_id)]
    return [record for record in found if record.row.kind is kind]


def record_values(g: Gatherer) -> Values:
    row = g.acting.session.get(FieldRecord, g.subject_id)
    if row is None or row.case_id != g.of_case().id:
        raise NotHere
    (record,) = [one for one in read_records(g.acting, task_id=row.task_id) if one.row.id == row.id]
    words = {
        name: yes_or_no(value) if isinstance(value, bool) else value
        for name, value in record.words.items()
        if name in _RECORD_WORDS
    }
    return {
        "kind": said(label(row.kind)),
        "method": said(label(row.method)),
        "began_at": moment(row.began_at),
        "minutes": str(row.minutes),
        "place": record.place,
        "unit": g.unit_named(row.unit_id),
        "people": listed([g.named(person) for person in record.people]),
        "written_by": g.named(row.written_by),
        "off_plan": yes_or_no(row.off_plan),
        **words,
    }


def taken_values(g: Gatherer) -> Values:
    records = records_of(g.acting, g.of_case().id, RecordKind.DOCUMENT)
    rows = (
        {
            "number": str(number),
            "what": str(record.words["what"]),
            "from_whom": str(record.words["from_whom"]),
            "remarks": str(record.words["remarks"]),
            "on": day(record.row.began_at),
            "unit": g.unit_named(record.row.unit_id),
        }
        for number, record in enumerate(records, start=1)
    )
    return {"list": fitted(Group.TAKEN, "list", rows)}


def exhibits_values(g: Gatherer) -> Values:
    rows = (
        {
            "number": str(one.ordinal),
            "name": one.file.name,
            "place": one.place,
            "note": one.note,
            "taken_on": day(one.taken_at),
            "taken_by": one.taken_by,
        }
        for one in exhibits_of_case(g.acting, g.of_case().id)
    )
    return {"list": fitted(Group.EXHIBITS, "list", rows)}


def conclusion_values(g: Gatherer) -> Values:
    conclusion = latest_conclusion(g.acting, g.of_case().id)
    if conclusion is None:
        return {}
    return {
        "version": str(conclusion.number),
        "text": read_conclusion(g.acting, conclusion).unit_text,
        "approved_by": g.named(conclusion.approved_by),
        "approved_on": day(conclusion.approved_at),
        "delivered_on": day(conclusion.delivered_on),
        "delivered_by": g.named(conclusion.delivered_by),
    }


def file_values(g: Gatherer) -> Values:
    conclusion = latest_conclusion(g.acting, g.of_case().id)
    if conclusion is None:
        return {}
    return {
        "text": read_conclusion(g.acting, conclusion).file_text,
        "drafted_by": g.named(conclusion.drafted_by),
        "drafted_on": day(conclusion.drafted_at),
    }
