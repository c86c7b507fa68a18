"""Statements and findings for each allegation, and the case's result that follows from them.

A finding rests on exhibits within the plan and carries the unit's own statement, or that it declined one.
Source: 2-domain §2 (Art. 16), §3 "Finding per allegation"; rules.toml finding-exhibit, finding-statement.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select

from portal.crypto.header import ObjectKind
from verification.audit.events import Event
from verification.domain.acting import Acting
from verification.domain.inputs import LONG, Inputs, require
from verification.domain.locking import locked_case_of
from verification.errors import NotHere, Refusal, Refused, StaleSubject
from verification.keys.addressees import of_case
from verification.models import (
    Allegation,
    AllegationExhibit,
    Case,
    CaseState,
    Exhibit,
    Finding,
    StatementKind,
    Task,
    TaskMember,
    TaskState,
)
from verification.policy.permissions import Permission

#: These rest on reasons alone; every other finding links an exhibit.
WITHOUT_EXHIBITS = (Finding.UNVERIFIABLE, Finding.SEPARATE)

_AT_WORK = (TaskState.CARRY, TaskState.FOLLOW, TaskState.FIX)


@dataclass(frozen=True, slots=True, repr=False)
class ReadAllegation:
    """An allegation with everything said of it opened. ``exhibits``: object ids that its finding rests on."""

    row: Allegation
    text: str
    statement: str
    reasons: str
    exhibits: tuple[uuid.UUID, ...]


def record_statement(
    acting: Acting, *, allegation_id: uuid.UUID, version: int, kind: StatementKind | None, text: str = ""
) -> Allegation:
    """Record what the unit says to an allegation, or that it declined to say (then ``text`` may be empty).

    Raises InvalidInput (statement, statement_text), Refused, StaleSubject, NotHere.
    """
    inputs = Inputs()
    inputs.among("statement", kind, tuple(StatementKind))
    words = inputs.text("statement_text", text, most=LONG, needed=kind is StatementKind.GIVEN)
    inputs.done()
    allegation, case = _open_allegation(acting, allegation_id, version)
    allegation.statement = kind
    allegation.statement_id = _sealed(acting, case, words) if words else None
    _changed(acting, allegation, Event.STATEMENT_RECORDED, facts={"statement": kind})
    return allegation


def record_finding(
    acting: Acting,
    *,
    allegation_id: uuid.UUID,
    version: int,
    finding: Finding | None,
    reasons: str,
    exhibits: Sequence[uuid.UUID],
) -> Allegation:
    """Record what was found of an allegation, why, and on which exhibits it rests.

    Raises InvalidInput (finding, reasons, exhibits), Refused (no exhibit, an exhibit outside the plan),
    StaleSubject, NotHere.
    """
    inputs = Inputs()
    inputs.among("finding", finding, tuple(Finding))
    words = inputs.text("reasons", reasons, most=LONG)
    inputs.done()
    allegation, case = _open_allegation(acting, allegation_id, version)
    rows = _exhibits_of(acting, case, inputs.all_among("exhibits", exhibits, _known(acting, case)))
    inputs.done()
    if refusals := _against(finding, rows):
        raise Refused(refusals)
    allegation.finding, allegation.reasons_id = finding, _sealed(acting, case, words)
    allegation.found_by, allegation.found_at = acting.staff_id, acting.clock.now()
    _link(acting, allegation, rows)
    _changed(acting, allegation, Event.FINDING_RECORDED, facts={"finding": finding, "exhibits": len(rows)})
    return allegation


def result_of(findings: Iterable[Finding | None]) -> Finding | None:
    """The case's result from its findings; None while one is missing.

    Allegations taken up apart do not count. All alike: that finding. Nothing but (mostly) true: mostly true.
    One that could not be verified keeps the others from standing for all: with an untrue one nothing is
    verified, with a true one it is partly true.
    """
    found = list(findings)
    if not found or None in found:
        return None
    kinds = set(found) - {Finding.SEPARATE}
    if not kinds:
        return Finding.SEPARATE
    if len(kinds) == 1:
        return kinds.pop()
    if kinds <= {Finding.TRUE, Finding.MOSTLY}:
        return Finding.MOSTLY
    if kinds == {Finding.UNTRUE, Finding.UNVERIFIABLE}:
        return Finding.UNVERIFIABLE
    return Finding.PARTLY


def read_allegations(acting: Acting, case: Case) -> list[ReadAllegation]:
    """A case's allegations in order, opened; a constant number of queries. Raises KeyLocked."""
    session = acting.session
    query = select(Allegation).where(Allegation.case_id == case.id).order_by(Allegation.ordinal)
    rows = session.scalars(query).all()
    sealed = [part for row in rows for part in (row.text_id, row.statement_id, row.reasons_id) if part]
    texts = {key: str(record["text"]) for key, record in acting.open_all(sealed).items()}
    linked: dict[uuid.UUID, list[uuid.UUID]] = {row.id: [] for row in rows}
    links = select(AllegationExhibit).where(AllegationExhibit.allegation_id.in_(linked))
    for link in session.scalars(links):
        linked[link.allegation_id].append(link.exhibit_id)
    return [
        ReadAllegation(
            row=row,
            text=texts[row.text_id],
            statement=texts[row.statement_id] if row.statement_id else "",
            reasons=texts[row.reasons_id] if row.reasons_id else "",
            exhibits=tuple(linked[row.id]),
        )
        for row in rows
    ]


def _open_allegation(acting: Acting, allegation_id: uuid.UUID, version: int) -> tuple[Allegation, Case]:
    """Lock an allegation and its case for a change by its team. Raises NotHere, StaleSubject, Refused.

    The case too: or its conclusion could be begun, from the finding before, while this one is written.
    """
    session = acting.session
    case = locked_case_of(acting, Allegation, allegation_id)
    allegation = session.get(Allegation, allegation_id, with_for_update=True, populate_existing=True)
    if allegation is None:
        raise NotHere
    require(acting, Permission.TASK_WORK)
    on_team = session.scalar(
        select(TaskMember.task_id)
        .join(Task, Task.id == TaskMember.task_id)
        .where(Task.case_id == case.id, TaskMember.staff_id == acting.staff_id, Task.state.in_(_AT_WORK))
        .limit(1)
    )
    if on_team is None:
        raise Refused((Refusal("team-two", _l("Only the team of this task can do this.")),))
    if case.state is not CaseState.VERIFYING:
        raise Refused((Refusal("state", _l("This is not possible in the present state.")),))
    if allegation.version != version:
        raise StaleSubject(allegation.version)
    return allegation, case


def _known(acting: Acting, case: Case) -> set[uuid.UUID]:
    return set(acting.session.scalars(select(Exhibit.object_id).where(Exhibit.case_id == case.id)))


def _exhibits_of(acting: Acting, case: Case, ids: Sequence[uuid.UUID]) -> list[Exhibit]:
    query = select(Exhibit).where(Exhibit.case_id == case.id, Exhibit.object_id.in_(ids))
    return list(acting.session.scalars(query.order_by(Exhibit.ordinal)))


def _against(finding: Finding | None, exhibits: Sequence[Exhibit]) -> tuple[Refusal, ...]:
    """The two rules that the guards of the conclusion ask for again, said where they can be met at once."""
    found = []
    if not exhibits and finding not in WITHOUT_EXHIBITS:
        text = _l("Choose at least one exhibit that the finding rests on.")
        found.append(Refusal("finding-exhibit", text, "exhibits"))
    if any(exhibit.off_plan for exhibit in exhibits):
        text = _l("An exhibit outside the plan supports no finding until a plan version covers it.")
        found.append(Refusal("off-plan", text, "exhibits"))
    return tuple(found)


def _link(acting: Acting, allegation: Allegation, exhibits: Sequence[Exhibit]) -> None:
    session = acting.session
    session.execute(delete(AllegationExhibit).where(AllegationExhibit.allegation_id == allegation.id))
    session.add_all(
        AllegationExhibit(allegation_id=allegation.id, exhibit_id=row.object_id) for row in exhibits
    )


def _sealed(acting: Acting, case: Case, text: str) -> uuid.UUID:
    return acting.seal({"text": text}, kind=ObjectKind.RECORD, to=[of_case(case)])


def _changed(acting: Acting, allegation: Allegation, event: Event, *, facts: dict[str, object]) -> None:
    allegation.version += 1
    facts = {"allegation": allegation.id.hex, **facts}
    acting.trace(event, subject_kind="case", subject_id=allegation.case_id, facts=facts)
    acting.session.flush()
