"""What was signed on paper: recorded with its scan by one person, in force when a second confirms it.

The act is then carried out in the name of the person who signed, through the same verb as on screen, and
marked in the audit trail with the paper it rests on. Source: 2-domain §2a "Paper counts".
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from portal.crypto.compartments import JsonValue
from portal.crypto.header import ObjectKind
from portal.models import new_id
from portal.storage.received import SealedFile
from verification.audit.events import Event
from verification.domain.acting import Acting
from verification.domain.coordination_texts import check_outward
from verification.domain.evidence import keep_upload
from verification.domain.exhibits import Belongs, NewExhibit, check_exhibits, file_exhibit
from verification.domain.inputs import LONG, SHORT, Inputs
from verification.domain.locking import locked_case
from verification.domain.looking_back import checked_relapses
from verification.domain.paper_forms import PAPER_FORMS, Fields, PaperForm, Part, Said
from verification.domain.reviewing import check_proposal
from verification.errors import NotHere, Refusal, Refused
from verification.keys.addressees import of_case
from verification.models import Case, CaseState, CaseUnit, Exhibit, ExhibitSource, PaperAct, StaffNotice
from verification.policy.actors import Actor, actor_for
from verification.policy.uses import APPROVER, USES
from verification.workflow.facts import Facts
from verification.workflow.guards import not_recused
from verification.workflow.states import SUBJECT_MODELS, Action, SubjectKind
from verification.workflow.table import BY_STATE_AND_ACTION


@dataclass(frozen=True, slots=True)
class OfList:
    """A paper that dockets several cases: its id, and the scan that is kept already."""

    list_id: uuid.UUID
    scan_id: uuid.UUID


@dataclass(frozen=True, slots=True, repr=False)
class _Signature:
    by: uuid.UUID
    on: date
    scan: SealedFile
    of_list: OfList | None = None


#: What of a case can be signed for, beside the case itself.
_OF_CASE = (
    SubjectKind.ITEM,
    SubjectKind.REVIEW,
    SubjectKind.ASSIGNMENT,
    SubjectKind.MEASURE,
    SubjectKind.DESIGNATION,
    SubjectKind.RECUSAL,
    SubjectKind.EXTENSION,
    SubjectKind.LOOK_BACK,
    SubjectKind.COORDINATION,
    SubjectKind.PART,
)


@dataclass(frozen=True, slots=True)
class Signable:
    """An act that the table allows now, and the row it would change."""

    action: Action
    subject: Any

    @property
    def form(self) -> PaperForm:
        """Who signs it and what the paper says."""
        return PAPER_FORMS[self.action]


@dataclass(frozen=True, slots=True, repr=False)
class More:
    """What some papers say besides: about what of the case (None: the case itself), fields, enclosures.

    ``fields``: by the names of the same act's form on screen.
    """

    subject_id: uuid.UUID | None = None
    fields: Fields = field(default_factory=dict)
    enclosures: Sequence[NewExhibit] = ()


NOTHING_MORE: Final = More()


def signable(acting: Acting, case: Case) -> list[Signable]:
    """Everything of a case that may be signed on paper now, in the order of the forms."""
    rows: dict[SubjectKind, Sequence[Any]] = {SubjectKind.CASE: [case]}
    for kind in _OF_CASE:
        model: Any = SUBJECT_MODELS[kind]
        rows[kind] = acting.session.scalars(select(model).where(model.case_id == case.id)).all()
    if case.state is not CaseState.RECTIFYING:
        rows[SubjectKind.ITEM] = []
    return [
        Signable(action, row)
        for action, form in PAPER_FORMS.items()
        for row in rows[form.kind]
        if (form.kind, row.state, action) in BY_STATE_AND_ACTION
        # A paper that went to an organ has no liaison who could sign for it here.
        if not (form.kind is SubjectKind.MEASURE and form.of_unit and row.unit_id is None)
    ]


def may_sign(acting: Acting, one: Signable, actor: Actor) -> bool:
    """Whether ``actor`` is somebody who signs this: by role, and for a unit's act of that very unit."""
    if not actor.may(one.form.permission):
        return False
    if one.form.kind is SubjectKind.MEASURE and not one.form.of_unit:
        return APPROVER[USES[one.subject.kind].approval] in actor.roles
    if not one.form.of_unit:
        return True
    if one.form.kind is not SubjectKind.CASE:
        return bool(actor.unit_id == one.subject.unit_id)
    return acting.session.get(CaseUnit, (one.subject.id, actor.unit_id)) is not None


def record_paper(
    acting: Acting,
    *,
    case: Case,
    action: Action | None,
    signed_by: uuid.UUID | None,
    signed_on: date | None,
    scan: SealedFile | None,
    note: str,
    more: More = NOTHING_MORE,
    of_list: OfList | None = None,
) -> PaperAct:
    """Record a signed paper with its scan. Nothing changes yet; a second person confirms.

    of_list: where this case is a further one on a paper that was recorded with the first.

    Raises InvalidInput beside action, signed_by, signed_on, scan, note, files and the fields of the form.
    """
    case = locked_case(acting, case.id)
    # A paper that the table could not carry out now would lie about until it could.
    about = (action, more.subject_id or case.id)
    one = next((one for one in signable(acting, case) if (one.action, one.subject.id) == about), None)
    inputs = Inputs()
    if one is None:
        inputs.wrong("action", _l("Choose what was signed."))
    else:
        _check_signer(acting, one, signed_by, inputs)
    if inputs.day("signed_on", signed_on, today=acting.sealing.day) > acting.sealing.day:
        inputs.wrong("signed_on", _l("The day of signing lies in the future."))
    if scan is None:
        inputs.wrong("scan", _l("Attach a scan or photo of the signed paper."))
    words = {} if one is None else _checked_words(acting, case, one, Said(note, more.fields), more, inputs)
    inputs.done()
    assert one is not None
    assert signed_by is not None
    assert signed_on is not None
    assert scan is not None
    signature = _Signature(signed_by, signed_on, scan, of_list)
    return _recorded(acting, case, one, signature, words, more.enclosures)


def _recorded(
    acting: Acting,
    case: Case,
    one: Signable,
    signature: _Signature,
    words: dict[str, JsonValue],
    enclosures: Sequence[NewExhibit],
) -> PaperAct:
    _refuse_recused(acting, case, one.form, signed_by=signature.by)
    of_list = signature.of_list
    scan_id = of_list.scan_id if of_list else _keep_scan(acting, case, signature.scan)
    belongs = Belongs(ExhibitSource.PAPER, off_plan=False)
    enclosed = [file_exhibit(acting, case=case, new=new, belongs=belongs) for new in enclosures]
    sealed = words | {"enclosures": [exhibit.object_id.hex for exhibit in enclosed]}
    row = PaperAct(
        id=new_id(acting.rng), subject_kind=one.form.kind.value, subject_id=one.subject.id, case_id=case.id,
        subject_version=one.subject.version, action=one.action.value, signed_by=signature.by,
        signed_on=signature.on, scan_id=scan_id, list_id=of_list.list_id if of_list else None,
        note_id=acting.seal(sealed, kind=ObjectKind.RECORD, to=[of_case(case)]),
        recorded_by=acting.staff_id, recorded_at=acting.clock.now(),
    )  # fmt: skip
    acting.session.add(row)
    acting.session.flush()
    acting.trace(
        Event.PAPER_RECORDED, subject_kind="case", subject_id=case.id,
        facts={"paper": row.id.hex, "action": one.action.value},
    )  # fmt: skip
    _tell_signer(acting, row, Event.PAPER_RECORDED)
    return row


def _keep_scan(acting: Acting, case: Case, scan: SealedFile) -> uuid.UUID:
    return keep_upload(acting, scan, clean_for=of_case(case)).object_id


def _check_signer(acting: Acting, one: Signable, signed_by: uuid.UUID | None, inputs: Inputs) -> None:
    if signed_by is None or not may_sign(acting, one, actor_for(acting.session, signed_by)):
        inputs.wrong("signed_by", _l("This person may not sign this."))


def _checked_words(
    acting: Acting, case: Case, one: Signable, said: Said, more: More, inputs: Inputs
) -> dict[str, JsonValue]:
    """What the paper says, as it is sealed; the verb checks once more when it is carried out."""
    parts = one.form.parts
    note = inputs.text("note", said.note, most=LONG, needed=False)
    if Part.NOTE in parts and not note:
        inputs.wrong("note", _l("Copy the words written on the paper."))
    if Part.ENCLOSURES in parts:
        check_exhibits(more.enclosures, inputs=inputs)
        if one.action is not Action.APPLY_REVIEW and not more.enclosures:
            inputs.wrong("files", _l("Attach the proof that came with the paper."))
    if Part.ANSWERS in parts:
        for question in said.answers():
            inputs.text(f"answer-{question}", said.one(f"answer-{question}"), most=LONG)
    _check_days(acting, parts, said, inputs)
    if Part.RELAPSES in parts:
        given = said.reasons()
        checked_relapses(acting, one.subject, due_on=said.day("due_on"), reasons=given, inputs=inputs)
    if Part.MECHANISM in parts:
        name = inputs.text("mechanism", said.one("mechanism"), most=SHORT)
        check_outward(acting, case, {"mechanism": name}, inputs=inputs, accepted=True)
    if Part.PROPOSAL in parts:
        check_proposal(acting, case, said.proposal(), inputs=inputs)
    fields: dict[str, JsonValue] = {
        name: value if isinstance(value, str) else list(value) for name, value in said.fields.items()
    }
    return {"text": note, "fields": fields}


def _check_days(acting: Acting, parts: Collection[Part], said: Said, inputs: Inputs) -> None:
    """The day a paper came in, and the new day that it asks for."""
    today = acting.sealing.day
    if Part.RECEIVED in parts and inputs.day("received_on", said.day("received_on"), today=today) > today:
        inputs.wrong("received_on", _l("This lies in the future."))
    if Part.UNTIL in parts:
        inputs.day("until", said.day("until"), today=today, least=today)


def _refuse_recused(acting: Acting, case: Case, form: PaperForm, *, signed_by: uuid.UUID) -> None:
    """Neither who signed nor who records or confirms it may be one who must keep away from the case.

    A unit's liaison signs its own papers, and is no reader of the case.
    """
    for actor in (acting.actor, *(() if form.of_unit else (actor_for(acting.session, signed_by),))):
        facts = Facts(acting.session, case, actor, acting.clock, acting.rules, {})
        if refusal := not_recused(facts):
            raise Refused((refusal,))


def read_paper(acting: Acting, paper: PaperAct) -> Said:
    """A paper's words and enclosures, opened. Raises KeyLocked."""
    if paper.note_id is None:
        return Said("", {})
    record = acting.open(paper.note_id)
    ids = [uuid.UUID(one) for one in record.get("enclosures", [])]
    enclosed = acting.session.scalars(
        select(Exhibit)
        .where(Exhibit.object_id.in_(ids), Exhibit.case_id == paper.case_id)
        .order_by(Exhibit.ordinal)
    ).all()
    return Said(str(record["text"]), record.get("fields", {}), enclosed)


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


def confirm_paper(acting: Acting, *, paper_id: uuid.UUID, list_id: uuid.UUID | None = None) -> PaperAct:
    """Confirm that scan and record agree, and carry out what was signed. Raises Refused, NotHere.

    list_id: of a paper with several cases, which is confirmed whole (``paper_lists``).
    """
    paper = _open_paper(acting, paper_id, list_id)
    paper.confirmed_by, paper.confirmed_at = acting.staff_id, acting.clock.now()
    case = locked_case(acting, paper.case_id)
    subject: Any = acting.session.get_one(SUBJECT_MODELS[SubjectKind(paper.subject_kind)], paper.subject_id)
    if subject.version != paper.subject_version:
        changed = _l("The case has changed since this paper was recorded. Refuse it and record it anew.")
        raise Refused((Refusal("paper-second", changed),))
    form = PAPER_FORMS[Action(paper.action)]
    _refuse_recused(acting, case, form, signed_by=paper.signed_by)
    _tell_signer(acting, paper, Event.PAPER_CONFIRMED)
    acting.trace(
        Event.PAPER_CONFIRMED, subject_kind="case", subject_id=case.id, facts={"paper": paper.id.hex}
    )
    said = read_paper(acting, paper)
    signer = replace(
        acting,
        actor=actor_for(acting.session, paper.signed_by),
        paper=paper.id,
        confirmed_by=acting.staff_id,
    )
    form.carry_out(signer, subject, said)
    return paper


def refuse_paper(acting: Acting, *, paper_id: uuid.UUID, list_id: uuid.UUID | None = None) -> None:
    """Scan and record do not agree: the record goes, the trail keeps that it was there."""
    paper = _open_paper(acting, paper_id, list_id)
    acting.trace(
        Event.PAPER_REFUSED, subject_kind="case", subject_id=paper.case_id, facts={"paper": paper.id.hex}
    )
    acting.session.delete(paper)


def _open_paper(acting: Acting, paper_id: uuid.UUID, list_id: uuid.UUID | None) -> PaperAct:
    paper = acting.session.get(PaperAct, paper_id, with_for_update=True, populate_existing=True)
    if paper is None or paper.confirmed_at is not None or paper.list_id != list_id:
        raise NotHere
    if paper.recorded_by == acting.staff_id:
        raise Refused(
            (Refusal("paper-second", _l("You recorded this paper, so somebody else must confirm it.")),)
        )
    return paper
