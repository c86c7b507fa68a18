"""The conclusion of a case: beginning, drafting, proposing, approving or returning, delivering."""

from __future__ import annotations

import uuid

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.crypto.header import ObjectKind
from portal.texts import gettext
from verification.audit.events import Event
from verification.domain import conclusions, second_reading
from verification.domain.acting import Acting
from verification.domain.conclusions import (
    ConclusionText,
    Receipt,
    latest_conclusion,
    read_conclusion,
    read_receipt,
)
from verification.domain.drafting import DraftMaterial, material_for_draft
from verification.domain.exhibits import NewExhibit
from verification.evidence_words import DELIVERY_MEANS
from verification.models import Case, CaseState, DeliveryMeans, NoteKind
from verification.policy.permissions import Permission
from verification.queries.reviews import reviews_of
from verification.queries.tasks import notes_of
from verification.web.decisions import Decisions, carry_out, permissions_of
from verification.web.forms import Typed
from verification.web.loaders import load_case, names_of
from verification.web.office import acting_in
from verification.web.problems import NO_PROBLEM, Problem
from verification.web.routing import route
from verification.web.submit import attempt
from verification.web.uploads import first_file
from verification.workflow.apply import possible_actions
from verification.workflow.states import Action, SubjectKind

blueprint = Blueprint("conclusions", __name__)

_DRAFTING = (CaseState.CONCLUDING,)


@route(blueprint, "/cases/<uuid:case_id>/conclusion", permission=Permission.CASE_READ)
def show(case_id: uuid.UUID) -> ResponseReturnValue:
    """The matrix of allegations, both versions, and what may be done now. Looking is traced."""
    with acting_in(write=True) as acting:
        case = load_case(acting, case_id)
        acting.trace(Event.CASE_VIEWED, subject_kind="case", subject_id=case.id)
        return _page(acting, case, typed=None, problem=NO_PROBLEM)


@route(
    blueprint,
    "/cases/<uuid:case_id>/conclusion/draft",
    permission=Permission.CONCLUSION_DRAFT,
    methods=["POST"],
)
def draft(case_id: uuid.UUID) -> ResponseReturnValue:
    """Save the draft; somebody else reads it over before it is proposed."""
    typed = Typed.sent()

    def act(acting: Acting) -> str:
        load_case(acting, case_id)
        conclusions.draft_conclusion(
            acting,
            case_id=case_id,
            version=typed.version(),
            file_text=typed.text("file_text"),
            unit_text=typed.text("unit_text"),
            wording_accepted=typed.ticked("wording"),
        )
        return url_for("conclusions.show", case_id=case_id)

    def again(problem: Problem) -> ResponseReturnValue:
        with acting_in() as acting:
            return _page(acting, load_case(acting, case_id), typed=typed, problem=problem)

    return attempt(act, again=again)


def _page(acting: Acting, case: Case, *, typed: Typed | None, problem: Problem, open_form: str = "") -> str:
    row = latest_conclusion(acting, case.id)
    text = read_conclusion(acting, row) if row else None
    material = material_for_draft(acting, case)
    actions = possible_actions(kind=SubjectKind.CASE, subject=case, actor=acting.actor)
    people = (row.drafted_by, row.read_by, row.approved_by, row.delivered_by) if row else ()
    drafting = case.state in _DRAFTING and acting.actor.may(Permission.CONCLUSION_DRAFT)
    return render_template(
        "verification/conclusions/show.html",
        case=case,
        material=material,
        row=row,
        text=text,
        drafting=drafting,
        fields=_fields(typed, text, material) if drafting else {},
        is_own=row is not None and row.drafted_by == acting.staff_id,
        has_read=row is not None and row.read_by == acting.staff_id,
        receipt=read_receipt(acting, row) if row else {},
        means=list(DELIVERY_MEANS.items()),
        reviews=reviews_of(acting, case.id),
        notes=notes_of(acting, case.id, kinds=(NoteKind.RETURN, NoteKind.REMARK)),
        names=names_of(acting, people),
        today=acting.sealing.day,
        actions=actions,
        A=Action,
        typed=typed or Typed.empty(),
        problem=problem,
        open_form=open_form,
    )


def _fields(typed: Typed | None, text: ConclusionText | None, material: DraftMaterial) -> dict[str, str]:
    """What stands in the draft's form: what was typed, what was saved, or a first draft of the findings."""
    if typed is not None and "file_text" in typed.fields:
        return {"file_text": typed.raw("file_text"), "unit_text": typed.raw("unit_text")}
    if text is not None:
        return {"file_text": text.file_text, "unit_text": text.unit_text}
    return {
        name: render_template(f"verification/conclusions/{name}.txt", material=material).strip()
        for name in ("file_text", "unit_text")
    }


# --- decisions ---------------------------------------------------------------------------------------------


def _begin(acting: Acting, case_id: uuid.UUID, typed: Typed) -> None:
    conclusions.begin_conclusion(acting, case_id=case_id, version=typed.version())


def _resume(acting: Acting, case_id: uuid.UUID, typed: Typed) -> None:
    conclusions.resume_verification(acting, case_id=case_id, version=typed.version())


def _read(acting: Acting, case_id: uuid.UUID, typed: Typed) -> None:
    second_reading.read_over(
        acting, case_id=case_id, version=typed.version(), wording_accepted=typed.ticked("wording")
    )


def _remark(acting: Acting, case_id: uuid.UUID, typed: Typed) -> None:
    second_reading.send_back(acting, case_id=case_id, version=typed.version(), note=typed.text("note"))


def _propose(acting: Acting, case_id: uuid.UUID, typed: Typed) -> None:
    conclusions.propose_conclusion(
        acting, case_id=case_id, version=typed.version(), wording_accepted=typed.ticked("wording")
    )


def _approve(acting: Acting, case_id: uuid.UUID, typed: Typed) -> None:
    conclusions.approve_conclusion(acting, case_id=case_id, version=typed.version())


def _return(acting: Acting, case_id: uuid.UUID, typed: Typed) -> None:
    conclusions.return_conclusion(acting, case_id=case_id, version=typed.version(), note=typed.text("note"))


def _deliver(acting: Acting, case_id: uuid.UUID, typed: Typed) -> None:
    delivered_on, means = typed.day("delivered_on"), typed.member("means", DeliveryMeans)
    typed.check()
    scan = first_file("scan")
    conclusions.deliver_conclusion(
        acting,
        case_id=case_id,
        version=typed.version(),
        delivered_on=delivered_on,
        receipt=Receipt(
            means=means,
            received_by=typed.text("received_by"),
            note=typed.text("note"),
            scan=NewExhibit(scan, note=gettext("Receipt of delivery")) if scan else None,
        ),
    )


_DECISIONS: Decisions = {
    "begin": (Permission.CONCLUSION_DRAFT, _begin),
    "resume": (Permission.TASK_DISPATCH, _resume),
    "read": (Permission.CONCLUSION_READ, _read),
    "remark": (Permission.CONCLUSION_READ, _remark),
    "propose": (Permission.CONCLUSION_DRAFT, _propose),
    "approve": (Permission.CONCLUSION_APPROVE, _approve),
    "return": (Permission.CONCLUSION_APPROVE, _return),
    "deliver": (Permission.CONCLUSION_DELIVER, _deliver),
}


@route(
    blueprint,
    "/cases/<uuid:case_id>/conclusion/"
    '<any(begin, resume, read, remark, propose, approve, "return", deliver):decision>',
    permission=permissions_of(_DECISIONS),
    methods=["POST"],
    files={"scan": ObjectKind.EXHIBIT},
)
def decide(case_id: uuid.UUID, decision: str) -> ResponseReturnValue:
    """Carry out one decision. Whose it is, the workflow table says."""
    onward = "rectification.of_case" if decision == "deliver" else "conclusions.show"
    return carry_out(decision, case_id=case_id, among=_DECISIONS, page=_page, onward=onward)
