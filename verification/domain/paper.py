"""What was signed on paper: recorded with its scan by one person, in force when a second confirms it.

The act is then carried out in the name of the person who signed, through the same verb as on screen, and
marked in the audit trail with the paper it rests on. Source: 2-domain §2a "Paper counts".
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from flask_babel import lazy_gettext as _l

from portal.crypto.header import ObjectKind
from portal.models import new_id
from portal.storage.received import SealedFile
from verification.audit.events import Event
from verification.domain import casework, conclusions
from verification.domain.acting import Acting
from verification.domain.evidence import keep_upload
from verification.domain.locking import locked_case
from verification.domain.messages import checked_text
from verification.errors import InvalidInput, NotHere, Refusal, Refused
from verification.keys.addressees import of_case
from verification.models import Case, PaperAct, StaffNotice
from verification.policy.actors import actor_for
from verification.policy.permissions import Permission
from verification.workflow.facts import Facts
from verification.workflow.guards import not_recused
from verification.workflow.states import Action, SubjectKind
from verification.workflow.table import BY_STATE_AND_ACTION


@dataclass(frozen=True, slots=True)
class PaperForm:
    """A kind of act that may be signed on paper: who may sign, whether words go with it, and its verb."""

    permission: Permission
    needs_note: bool
    carry_out: Callable[[Acting, Case, str], object]


PAPER_FORMS: dict[Action, PaperForm] = {
    Action.ENDORSE_DOCKETING: PaperForm(
        Permission.CASE_ENDORSE, True,
        lambda acting, case, note: casework.endorse_docketing(
            acting, case_id=case.id, version=case.version, note=note
        ),
    ),
    Action.APPROVE_DOCKETING: PaperForm(
        Permission.DOCKET_APPROVE, False,
        lambda acting, case, _note: casework.approve_docketing(
            acting, case_id=case.id, version=case.version
        ),
    ),
    Action.DOCKET_BY_INSTRUCTION: PaperForm(
        Permission.DOCKET_APPROVE, False,
        lambda acting, case, _note: casework.docket_by_instruction(
            acting, case_id=case.id, version=case.version
        ),
    ),
    Action.RETURN_DOCKETING: PaperForm(
        Permission.DOCKET_APPROVE, True,
        lambda acting, case, note: casework.return_docketing(
            acting, case_id=case.id, version=case.version, note=note
        ),
    ),
    Action.APPROVE_CONCLUSION: PaperForm(
        Permission.CONCLUSION_APPROVE, False,
        lambda acting, case, _note: conclusions.approve_conclusion(
            acting, case_id=case.id, version=case.version
        ),
    ),
    Action.RETURN_CONCLUSION: PaperForm(
        Permission.CONCLUSION_APPROVE, True,
        lambda acting, case, note: conclusions.return_conclusion(
            acting, case_id=case.id, version=case.version, note=note
        ),
    ),
}  # fmt: skip


def record_paper(
    acting: Acting,
    *,
    case: Case,
    action: Action,
    signed_by: uuid.UUID,
    signed_on: date,
    scan: SealedFile | None,
    note: str,
) -> PaperAct:
    """Record a signed paper with its scan. Nothing changes yet; a second person confirms.

    Raises InvalidInput beside action, signed_by, signed_on, scan or note.
    """
    case = locked_case(acting, case.id)
    errors = {}
    # A paper that the table could not carry out now would lie about until it could.
    possible = (SubjectKind.CASE, case.state, action) in BY_STATE_AND_ACTION
    form = PAPER_FORMS.get(action) if possible else None
    if form is None:
        errors["action"] = _l("Choose what was signed.")
    elif not actor_for(acting.session, signed_by).may(form.permission):
        errors["signed_by"] = _l("This person may not sign this.")
    elif form.needs_note and not note.strip():
        errors["note"] = _l("Copy the words written on the paper.")
    if signed_on > acting.sealing.day:
        errors["signed_on"] = _l("The day of signing lies in the future.")
    if scan is None:
        errors["scan"] = _l("Attach a scan or photo of the signed paper.")
    if errors or scan is None:
        raise InvalidInput(dict(errors))
    _refuse_recused(acting, case, signed_by=signed_by)
    stored = keep_upload(acting, scan, clean_for=of_case(case))
    words = checked_text(note, field="note") if note.strip() else ""
    paper = PaperAct(
        id=new_id(acting.rng), subject_kind="case", subject_id=case.id, case_id=case.id,
        case_version=case.version, action=action.value, signed_by=signed_by, signed_on=signed_on,
        scan_id=stored.object_id,
        note_id=acting.seal({"text": words}, kind=ObjectKind.RECORD, to=[of_case(case)]) if words else None,
        recorded_by=acting.staff_id, recorded_at=acting.clock.now(),
    )  # fmt: skip
    acting.session.add(paper)
    acting.session.flush()
    acting.trace(
        Event.PAPER_RECORDED, subject_kind="case", subject_id=case.id,
        facts={"paper": paper.id.hex, "action": action.value},
    )  # fmt: skip
    _tell_signer(acting, paper, Event.PAPER_RECORDED)
    return paper


def _refuse_recused(acting: Acting, case: Case, *, signed_by: uuid.UUID) -> None:
    """Neither who signed nor who records or confirms it may be one who must keep away from the case."""
    for actor in (actor_for(acting.session, signed_by), acting.actor):
        facts = Facts(acting.session, case, actor, acting.clock, acting.rules, {})
        if refusal := not_recused(facts):
            raise Refused((refusal,))


def _tell_signer(acting: Acting, paper: PaperAct, event: Event) -> None:
    """Whoever is said to have signed is told: nobody acts in another's name unseen."""
    acting.session.add(
        StaffNotice(
            id=new_id(acting.rng),
            staff_id=paper.signed_by,
            code=event.value,
            subject_kind="case",
            subject_id=paper.case_id,
            written_on=acting.sealing.day,
        )
    )


def confirm_paper(acting: Acting, *, paper_id: uuid.UUID) -> PaperAct:
    """Confirm that scan and record agree, and carry out what was signed. Raises Refused, NotHere."""
    paper = _open_paper(acting, paper_id)
    paper.confirmed_by, paper.confirmed_at = acting.staff_id, acting.clock.now()
    case = locked_case(acting, paper.case_id)
    if case.version != paper.case_version:
        changed = _l("The case has changed since this paper was recorded. Refuse it and record it anew.")
        raise Refused((Refusal("paper-second", changed),))
    _refuse_recused(acting, case, signed_by=paper.signed_by)
    _tell_signer(acting, paper, Event.PAPER_CONFIRMED)
    acting.trace(
        Event.PAPER_CONFIRMED, subject_kind="case", subject_id=case.id, facts={"paper": paper.id.hex}
    )
    note = str(acting.open(paper.note_id)["text"]) if paper.note_id else ""
    signer = replace(
        acting,
        actor=actor_for(acting.session, paper.signed_by),
        paper=paper.id,
        confirmed_by=acting.staff_id,
    )
    PAPER_FORMS[Action(paper.action)].carry_out(signer, case, note)
    return paper


def refuse_paper(acting: Acting, *, paper_id: uuid.UUID) -> None:
    """Scan and record do not agree: the record goes, the trail keeps that it was there."""
    paper = _open_paper(acting, paper_id)
    acting.trace(
        Event.PAPER_REFUSED, subject_kind="case", subject_id=paper.case_id, facts={"paper": paper.id.hex}
    )
    acting.session.delete(paper)


def _open_paper(acting: Acting, paper_id: uuid.UUID) -> PaperAct:
    paper = acting.session.get(PaperAct, paper_id, with_for_update=True, populate_existing=True)
    if paper is None or paper.confirmed_at is not None:
        raise NotHere
    if paper.recorded_by == acting.staff_id:
        raise Refused(
            (Refusal("paper-second", _l("You recorded this paper, so somebody else must confirm it.")),)
        )
    return paper
