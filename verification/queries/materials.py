"""What units were asked for or gave before: so that nobody asks a unit for the same again.

Reads plans and records of the cases that the reader holds the key of, and no other. A constant number of
queries. Must not know: pages. Source: Reg. art. 15; issue 4 'material list (with "already supplied elsewhere"
lookup)'.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from verification.domain.acting import Acting
from verification.keys.records import open_whole_records
from verification.models import Case, CaseUnit, FieldRecord, Plan, PlanUnit, RecordKind
from verification.policy.embargo import hidden_from
from verification.policy.workdays import civil
from verification.queries.cases import readable

#: How many of the newest cases of the same units are looked through.
_CASES = 30
#: From which share of common letter pairs on two names are taken for the same thing.
_ALIKE = 0.6
_BARE = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True, repr=False)
class EarlierMaterial:
    """Something that a plan asked a unit for, or that a team took from it. ``supplied``: it was taken."""

    case_id: uuid.UUID
    case_number: str | None
    name: str
    on: date
    supplied: bool


def earlier_materials(
    acting: Acting, *, case_id: uuid.UUID, units: Collection[uuid.UUID]
) -> list[EarlierMaterial]:
    """What these units were asked for or gave in other cases that this person reads, the newest first."""
    session = acting.session
    of_units = select(CaseUnit.case_id).where(CaseUnit.unit_id.in_(units))
    query = select(Case).where(
        Case.id != case_id, Case.id.in_(of_units), readable(acting), ~hidden_from(acting.staff_id)
    )
    cases = {
        case.id: case
        for case in session.scalars(query.order_by(Case.opened_on.desc(), Case.id).limit(_CASES))
    }
    acting.keyring.learn(session, (case.key_id for case in cases.values()))
    found = [*_asked(acting, cases, units), *_taken(acting, cases, units)]
    return sorted(found, key=lambda one: (one.on, one.supplied, one.name), reverse=True)


def same_materials(name: str, earlier: Iterable[EarlierMaterial]) -> list[EarlierMaterial]:
    """Those of ``earlier`` that are, as far as words tell, the same thing as ``name``; taken ones first."""
    found = [one for one in earlier if any(alike(name, part) for part in _parts(one.name))]
    return sorted(found, key=lambda one: not one.supplied)


def alike(one: str, other: str) -> bool:
    """Whether two names share most of their letter pairs, or one stands whole in the other."""
    first, second = (_BARE.sub("", text).casefold() for text in (one, other))
    if min(len(first), len(second)) < 2:
        return False
    if (first in second or second in first) and min(len(first), len(second)) >= 4:
        return True
    pairs = [{text[i : i + 2] for i in range(len(text) - 1)} for text in (first, second)]
    return len(pairs[0] & pairs[1]) >= _ALIKE * len(pairs[0] | pairs[1])


def _parts(name: str) -> list[str]:
    return [part for part in re.split(r"[、，,；;\n]", name) if part.strip()]


def _asked(
    acting: Acting, cases: dict[uuid.UUID, Case], units: Collection[uuid.UUID]
) -> list[EarlierMaterial]:
    of_units = select(PlanUnit.plan_id).where(PlanUnit.unit_id.in_(units))
    query = select(Plan).where(Plan.case_id.in_(cases), Plan.approved_at.is_not(None), Plan.id.in_(of_units))
    newest = {plan.case_id: plan for plan in acting.session.scalars(query.order_by(Plan.number))}
    bodies = _bodies(acting, [plan.body_id for plan in newest.values()])
    return [
        EarlierMaterial(plan.case_id, cases[plan.case_id].number, str(name), plan.starts_on, supplied=False)
        for plan in newest.values()
        for name in bodies.get(plan.body_id, {}).get("materials", ())
    ]


def _taken(
    acting: Acting, cases: dict[uuid.UUID, Case], units: Collection[uuid.UUID]
) -> list[EarlierMaterial]:
    query = select(FieldRecord).where(
        FieldRecord.case_id.in_(cases),
        FieldRecord.kind == RecordKind.DOCUMENT,
        FieldRecord.unit_id.in_(units),
    )
    records = acting.session.scalars(query.order_by(FieldRecord.began_at)).all()
    bodies = _bodies(acting, [record.body_id for record in records])
    return [
        EarlierMaterial(
            record.case_id,
            cases[record.case_id].number,
            str(bodies[record.body_id]["words"]["what"]),
            civil(record.began_at),
            supplied=True,
        )
        for record in records
        if bodies.get(record.body_id, {}).get("words", {}).get("what")
    ]


def _bodies(acting: Acting, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, dict[str, Any]]:
    return open_whole_records(acting.session, ids, keyring=acting.keyring)
