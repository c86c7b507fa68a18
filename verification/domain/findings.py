"""Statements and findings for each allegation, and the case's result that follows from them.

A finding rests on what the matrix of evidence shows (``weighing``) and carries the unit's own statement, how
that was weighed, or that the unit declined one.
Source: 2-domain §2 (Art. 16), §3 "Finding per allegation"; rules.toml finding-exhibit, finding-statement,
finding-contradicts, statement-weighed.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from portal.crypto.header import ObjectKind
from verification.audit.events import Event
from verification.domain.acting import Acting
from verification.domain.inputs import LONG, Inputs, require
from verification.domain.locking import locked_case_of
from verification.errors import NotHere, Refusal, Refused, StaleSubject
from verification.keys.addressees import of_case
from verification.models import (
    Allegation,
    Case,
    CaseState,
    Finding,
    Stance,
    StatementKind,
    Task,
    TaskMember,
    TaskState,
)
from verification.policy.evidence import (
    WITHOUT_EXHIBITS,
    Held,
    contradicts,
    counted_exhibits,
    evidence_of,
    has_exhibit,
    is_against_unit,
    rests_off_plan,
)
from verification.policy.permissions import Permission
from verification.policy.recusal import is_recused

_AT_WORK = (TaskState.CARRY, TaskState.FOLLOW, TaskState.FIX)


@dataclass(frozen=True, slots=True, repr=False)
class ReadAllegation:
    """An allegation with everything said of it opened. ``evidence``: its row of the matrix.

    weighed: how the unit's statement was weighed. against: why the finding stands against the evidence.
    needed: what evidence is still missing. Each empty where nobody wrote it.
    """

    row: Allegation
    text: str
    statement: str
    reasons: str
    weighed: str
    against: str
    needed: str
    evidence: tuple[Held, ...]

    @property
    def exhibits(self) -> tuple[uuid.UUID, ...]:
        """Object ids of the exhibits that its finding rests on."""
        return counted_exhibits(self.evidence)


def record_statement(
    acting: Acting,
    *,
    allegation_id: uuid.UUID,
    version: int,
    kind: StatementKind | None,
    stance: Stance | None = None,
    text: str = "",
) -> Allegation:
    """Record what the unit says to an allegation, or that it declined to say (then ``text`` may be empty).

    stance: whether its statement admits the claim, denies it, or leaves it open; needed where it gave one.
    Raises InvalidInput (statement, stance, statement_text), Refused, StaleSubject, NotHere.
    """
    inputs, given = Inputs(), kind is StatementKind.GIVEN
    inputs.among("statement", kind, tuple(StatementKind))
    if given:
        inputs.among("stance", stance, tuple(Stance))
    words = inputs.text("statement_text", text, most=LONG, needed=given)
    inputs.done()
    allegation, case = open_allegation(acting, allegation_id, version=version)
    allegation.statement, allegation.stance = kind, stance if given else None
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
    weighed: str = "",
    against: str = "",
) -> Allegation:
    """Record what was found of an allegation and why; it rests on what the matrix shows just now.

    weighed: how the unit's statement was weighed, needed where the finding goes against it. against: why it
    stands although all evidence points elsewhere, needed there. Raises InvalidInput (finding, reasons,
    weighed, against), Refused (no exhibit, exhibits outside the plan, one of the two missing), StaleSubject,
    NotHere.
    """
    inputs = Inputs()
    inputs.among("finding", finding, tuple(Finding))
    words = inputs.text("reasons", reasons, most=LONG)
    judged = inputs.text("weighed", weighed, most=LONG, needed=False)
    excuse = inputs.text("against", against, most=LONG, needed=False)
    inputs.done()
    allegation, case = open_allegation(acting, allegation_id, version=version)
    row = evidence_of(acting.session, case.id)[allegation_id]
    refusals = _weak(finding, row)
    if contradicts(finding, row) and not excuse:
        text = _l("All evidence that counts says otherwise. Write why this finding stands all the same.")
        refusals.append(Refusal("finding-contradicts", text, "against"))
    if is_against_unit(finding, allegation.stance) and not judged:
        text = _l("This goes against the unit's statement. Write how it was weighed.")
        refusals.append(Refusal("statement-weighed", text, "weighed"))
    if refusals:
        raise Refused(tuple(refusals))
    allegation.finding, allegation.reasons_id = finding, _sealed(acting, case, words)
    allegation.weighed_id = _sealed(acting, case, judged) if judged else None
    allegation.against_id = _sealed(acting, case, excuse) if excuse else None
    allegation.found_by, allegation.found_at = acting.staff_id, acting.clock.now()
    facts = {"finding": finding, "exhibits": len(counted_exhibits(row))}
    _changed(acting, allegation, Event.FINDING_RECORDED, facts=facts)
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
    kept = [
        (row, (row.statement_id, row.reasons_id, row.weighed_id, row.against_id, row.needed_id))
        for row in rows
    ]
    sealed = [part for row, parts in kept for part in (row.text_id, *parts) if part]
    texts = {key: str(record["text"]) for key, record in acting.open_all(sealed).items()}
    evidence = evidence_of(session, case.id)
    found = []
    for row, parts in kept:
        statement, reasons, weighed, against, needed = (texts[part] if part else "" for part in parts)
        found.append(
            ReadAllegation(
                row=row,
                text=texts[row.text_id],
                statement=statement,
                reasons=reasons,
                weighed=weighed,
                against=against,
                needed=needed,
                evidence=evidence[row.id],
            )
        )
    return found


def open_allegation(
    acting: Acting, allegation_id: uuid.UUID, *, version: int | None
) -> tuple[Allegation, Case]:
    """Lock an allegation and its case for a change by its team. Raises NotHere, StaleSubject, Refused.

    The case too: or its conclusion could be begun, from the finding before, while this one is written.
    version: None where the change compares versions of its own.
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
    if on_team is None or is_recused(session, staff_id=acting.staff_id, case_id=case.id):
        raise Refused((Refusal("team-two", _l("Only the team of this task can do this.")),))
    if case.state is not CaseState.VERIFYING:
        raise Refused((Refusal("state", _l("This is not possible in the present state.")),))
    if version is not None and allegation.version != version:
        raise StaleSubject(allegation.version)
    return allegation, case


def _weak(finding: Finding | None, row: tuple[Held, ...]) -> list[Refusal]:
    """The two rules that the guards of the conclusion ask for again, said where they can be met at once."""
    if finding in WITHOUT_EXHIBITS or has_exhibit(row):
        return []
    if rests_off_plan(row):
        text = _l("An exhibit outside the plan supports no finding until a plan version covers it.")
        return [Refusal("off-plan", text, "exhibits")]
    text = _l("Mark at least one exhibit that supports or refutes the allegation.")
    return [Refusal("finding-exhibit", text, "exhibits")]


def _sealed(acting: Acting, case: Case, text: str) -> uuid.UUID:
    return acting.seal({"text": text}, kind=ObjectKind.RECORD, to=[of_case(case)])


def _changed(acting: Acting, allegation: Allegation, event: Event, *, facts: Mapping[str, object]) -> None:
    allegation.version += 1
    facts = {"allegation": allegation.id.hex, **facts}
    acting.trace(event, subject_kind="case", subject_id=allegation.case_id, facts=facts)
    acting.session.flush()
