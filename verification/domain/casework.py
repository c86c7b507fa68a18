"""Cases: opening one from tips with a brief, and docketing it. Source: Reg. art. 4, 5, 11, 15; 1-mission 2–3.

The brief is the office's own wording, sealed under the case's own key; no statement goes along. A case is
readable to its desk from the start and to directors, deputies and the head once it is proposed.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from portal.crypto.header import ObjectKind
from portal.models import KeyPurpose, Priority, Tip, new_id
from portal.trust import KeyOf
from verification.audit.events import Event
from verification.domain.acting import Acting
from verification.domain.evidence import share_clean_copy
from verification.domain.locking import locked_case
from verification.domain.messages import checked_text, read_sendings
from verification.domain.readers import give_to_approvers
from verification.domain.restraint import keep_search, set_aside, tell_directors_of_quota
from verification.errors import InvalidInput, NotHere, Refusal, Refused
from verification.keys.addressees import case_key, of_case, of_desk, office_desk
from verification.keys.records import make_key
from verification.models import (
    Allegation,
    Case,
    CaseKeptAway,
    CaseMaterial,
    CaseNote,
    CaseSource,
    CaseState,
    CaseType,
    CaseUnit,
    ContentBasis,
    DocketBasis,
    NoteKind,
    Programme,
    Staff,
    Unit,
)
from verification.policy import deadlines
from verification.policy.codes import CATEGORIES
from verification.policy.overlap import overlapping_cases
from verification.policy.recusal import named_in
from verification.policy.redaction import find_copied, find_identifiers
from verification.policy.restraint import is_daily_check
from verification.workflow.facts import Facts
from verification.workflow.guards import head_is_free, not_recused
from verification.workflow.guards_restraint import TOWN_DUTY
from verification.workflow.states import Action, SubjectKind

_VERIFY_CLOCKS = ("clock-verify-p1", "clock-verify-p2", "clock-verify")
TITLE_CHARACTERS, BRIEF_CHARACTERS, ALLEGATION_CHARACTERS, MAX_ALLEGATIONS = 60, 5000, 500, 20


@dataclass(frozen=True, slots=True, repr=False)
class Brief:
    """What the office wrote: title, what to verify, and the single claims."""

    title: str
    text: str
    allegations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CaseFrame:
    """The coarse fields of a case. kept_away: staff whom an informant wants to know nothing of it."""

    case_type: CaseType
    content_basis: ContentBasis | None
    category: str
    priority: Priority
    town_id: uuid.UUID | None
    unit_ids: tuple[uuid.UUID, ...]
    kept_away: tuple[uuid.UUID, ...] = ()


def open_case(
    acting: Acting,
    *,
    tips: Sequence[tuple[uuid.UUID, int]],
    brief: Brief,
    frame: CaseFrame,
    material: Sequence[uuid.UUID] = (),
    copied_accepted: bool = False,
    source: CaseSource = CaseSource.TIP,
) -> Case:
    """Open a case from accepted tips, (tip id, version) each, with a brief that was checked for leaks.

    material: uploads of these tips whose clean copies the team shall see. copied_accepted: the writer has
    seen what was copied and means it. source: where it comes from; only a tip's case needs tips. Raises
    InvalidInput beside title, brief, allegations, units, category.
    """
    if not tips and source is CaseSource.TIP:
        raise NotHere
    rows = [_locked_tip(acting, tip_id) for tip_id, _version in tips]
    said = [sending for tip in rows for sending in read_sendings(acting, tip)]
    accounts, wishes = [one.account for one in said], [one.keep_away for one in said]
    checked = _checked_brief(brief, statements=accounts, copied_accepted=copied_accepted)
    _check_frame(acting.session, frame)
    case_id = new_id(acting.rng)
    key_id = make_key(
        acting.session, purpose=KeyPurpose.CASE, holder=case_id.hex, keyring=acting.keyring,
        sealing=acting.sealing,
        holders=_desks(acting, rows),
    )  # fmt: skip
    case = Case(
        id=case_id, source=source, case_type=frame.case_type, content_basis=frame.content_basis,
        docket_basis=DocketBasis.PROPOSAL, priority=frame.priority, category=frame.category,
        town_id=frame.town_id, key_id=key_id, opened_on=acting.sealing.day, opened_by=acting.staff_id,
        brief_id=_seal_brief(acting, checked, case_key(key_id, case_id=case_id)),
    )  # fmt: skip
    acting.session.add(case)
    acting.session.flush()
    acting.session.add_all(CaseUnit(case_id=case_id, unit_id=unit) for unit in frame.unit_ids)
    _keep_away(acting, case, frame, wishes=wishes)
    _write_allegations(acting, case, checked.allegations)
    for tip_id, version in tips:
        tip = acting.apply(
            SubjectKind.TIP, tip_id, Action.JOIN_CASE, version=version, noted={"case": case_id.hex}
        )
        tip.case_id = case_id
    select_material(acting, case, material)
    acting.trace(Event.CASE_OPENED, subject_kind="case", subject_id=case_id)
    return case


def _desks(acting: Acting, tips: Sequence[Tip]) -> list[KeyOf]:
    day = acting.sealing.day
    return [of_desk(acting.session, tip, day=day) for tip in tips] or [office_desk(acting.session, day=day)]


def revise_case(
    acting: Acting, *, case: Case, version: int, brief: Brief, frame: CaseFrame, copied_accepted: bool = False
) -> Case:
    """Rewrite the brief and frame of a case that is still a draft.

    Raises InvalidInput as ``open_case`` does, Refused, StaleSubject, NotHere.
    """
    case = locked_case(acting, case.id, version=version)
    if case.state is not CaseState.DRAFT:
        raise Refused((Refusal("state", _l("This is not possible in the present state.")),))
    tips = acting.session.scalars(select(Tip).where(Tip.case_id == case.id)).all()
    said = [sending for tip in tips for sending in read_sendings(acting, tip)]
    accounts, wishes = [one.account for one in said], [one.keep_away for one in said]
    checked = _checked_brief(brief, statements=accounts, copied_accepted=copied_accepted)
    _check_frame(acting.session, frame)
    case.brief_id = _seal_brief(acting, checked, of_case(case))
    case.case_type, case.content_basis = frame.case_type, frame.content_basis
    case.category, case.priority, case.town_id = frame.category, frame.priority, frame.town_id
    case.version += 1
    for old in acting.session.scalars(select(Allegation).where(Allegation.case_id == case.id)):
        acting.session.delete(old)
    for model in (CaseUnit, CaseKeptAway):
        acting.session.execute(delete(model).where(model.case_id == case.id))
    acting.session.flush()
    acting.session.add_all(CaseUnit(case_id=case.id, unit_id=unit) for unit in frame.unit_ids)
    _keep_away(acting, case, frame, wishes=wishes)
    _write_allegations(acting, case, checked.allegations)
    acting.trace(Event.BRIEF_REVISED, subject_kind="case", subject_id=case.id)
    return case


def read_brief(acting: Acting, case: Case) -> Brief:
    """Open a case's brief and allegations. Raises KeyLocked for those without the case key."""
    record = acting.open(case.brief_id)
    allegations = acting.session.scalars(
        select(Allegation).where(Allegation.case_id == case.id).order_by(Allegation.ordinal)
    )
    texts = tuple(str(acting.open(row.text_id)["text"]) for row in allegations)
    return Brief(title=str(record["title"]), text=str(record["text"]), allegations=texts)


def select_material(acting: Acting, case: Case, uploads: Sequence[uuid.UUID]) -> None:
    """Let the case's readers see the clean copies of these uploads of its tips."""
    for ordinal, object_id in enumerate(uploads):
        clean_id = share_clean_copy(acting, object_id, to=of_case(case))
        if acting.session.get(CaseMaterial, (case.id, clean_id)) is None:
            acting.session.add(
                CaseMaterial(
                    case_id=case.id, object_id=clean_id, ordinal=ordinal, selected_by=acting.staff_id
                )
            )
            acting.trace(
                Event.MATERIAL_SELECTED, subject_kind="case", subject_id=case.id,
                facts={"object": clean_id.hex},
            )  # fmt: skip


def propose_docketing(
    acting: Acting, *, case_id: uuid.UUID, version: int, overlap_reason: str = "", duty_basis: str = ""
) -> Case:
    """Propose a case to the head of government; directors, deputies and heads can read it from now on.

    duty_basis: on what a town has a duty that the list gives to departments (rule town-duty).
    """
    case = locked_case(acting, case_id)
    window = acting.rules.number("overlap-window")
    overlaps = overlapping_cases(acting.session, case, today=acting.sealing.day, window_days=window)
    if overlaps and overlap_reason.strip():
        checked = checked_text(overlap_reason, field="overlap_reason")
        case.overlap_reason_id = acting.seal({"text": checked}, kind=ObjectKind.RECORD, to=[of_case(case)])
    if duty_basis.strip():
        set_aside(acting, case, rule_id=TOWN_DUTY, reason=checked_text(duty_basis, field="duty_basis"))
    keep_search(acting, case, found=overlaps)
    acting.apply(
        SubjectKind.CASE, case_id, Action.PROPOSE_DOCKETING, version=version,
        given={
            "overlaps": [other.id for other in overlaps],
            "daily_check": _is_titled_daily_check(acting, case_id),
        },
        noted={"overlaps": [other.id.hex for other in overlaps]},
    )  # fmt: skip
    case.proposed_by = acting.staff_id
    give_to_approvers(acting, case)
    tell_directors_of_quota(acting, case)
    return case


def docket_by_instruction(acting: Acting, *, case_id: uuid.UUID, version: int) -> Case:
    """A decision or instruction of the head dockets a case at once; its paper must be confirmed (Art. 11)."""
    case: Case = acting.apply(
        SubjectKind.CASE, case_id, Action.DOCKET_BY_INSTRUCTION, version=version,
        given={
            "paper": acting.paper is not None,
            "daily_check": acting.paper is not None and _is_titled_daily_check(acting, case_id),
        },
    )  # fmt: skip
    case.docket_basis = DocketBasis.INSTRUCTION
    _docketed(acting, case)
    give_to_approvers(acting, case)
    return case


def _is_titled_daily_check(acting: Acting, case_id: uuid.UUID) -> bool:
    return is_daily_check(read_brief(acting, locked_case(acting, case_id)).title)


def _docketed(acting: Acting, case: Case) -> None:
    case.docketed_by, case.docketed_at = acting.staff_id, acting.clock.now()
    number_case(acting, case)
    if acting.session.get(Programme, case.id) is not None:
        # A standing programme has its term; what must be verified in time are the leads under it.
        deadlines.meet(acting.session, subject_id=case.id, rule_ids=_VERIFY_CLOCKS, clock=acting.clock)


def number_case(acting: Acting, case: Case) -> None:
    """Give a case its number of the year, once."""
    if case.number is None:
        case.number = _next_number(acting.session, year=acting.sealing.day.year)


def endorse_docketing(acting: Acting, *, case_id: uuid.UUID, version: int, note: str) -> Case:
    """A deputy's opinion; it approves nothing (Art. 11)."""
    case: Case = acting.apply(
        SubjectKind.CASE, case_id, Action.ENDORSE_DOCKETING, version=version,
        given={"has_note": bool(note.strip())},
    )  # fmt: skip
    case.endorsed_by = acting.staff_id
    write_note(acting, case, kind=NoteKind.ENDORSEMENT, text=note)
    return case


def approve_docketing(acting: Acting, *, case_id: uuid.UUID, version: int) -> Case:
    """The head of government dockets the case; it gets its number of the year."""
    case: Case = acting.apply(SubjectKind.CASE, case_id, Action.APPROVE_DOCKETING, version=version)
    _docketed(acting, case)
    return case


def return_docketing(acting: Acting, *, case_id: uuid.UUID, version: int, note: str) -> Case:
    """The head returns the proposal with the reason."""
    case: Case = acting.apply(
        SubjectKind.CASE, case_id, Action.RETURN_DOCKETING, version=version,
        given={"has_note": bool(note.strip())},
    )  # fmt: skip
    write_note(acting, case, kind=NoteKind.RETURN, text=note)
    return case


def write_note(acting: Acting, case: Case, *, kind: NoteKind, text: str, field: str = "note") -> CaseNote:
    """Keep the words that go with an act, sealed to the case."""
    checked = checked_text(text, field=field)
    note = CaseNote(
        id=new_id(acting.rng),
        case_id=case.id,
        kind=kind,
        object_id=acting.seal({"text": checked}, kind=ObjectKind.RECORD, to=[of_case(case)]),
        written_by=acting.staff_id,
        written_at=acting.clock.now(),
    )
    acting.session.add(note)
    return note


def _locked_tip(acting: Acting, tip_id: uuid.UUID) -> Tip:
    tip = acting.session.get(Tip, tip_id, with_for_update=True, populate_existing=True)
    if tip is None:
        raise NotHere
    return tip


def _checked_brief(brief: Brief, *, statements: Sequence[str], copied_accepted: bool) -> Brief:
    errors: dict[str, Any] = {}
    claims = tuple(claim.strip() for claim in brief.allegations if claim.strip())
    cleaned = replace(brief, title=brief.title.strip(), text=brief.text.strip(), allegations=claims)
    if not 2 <= len(cleaned.title) <= TITLE_CHARACTERS:
        errors["title"] = _l("Write a title of 2 to %(count)s characters.", count=TITLE_CHARACTERS)
    if not 10 <= len(cleaned.text) <= BRIEF_CHARACTERS:
        errors["brief"] = _l("Write what to verify, in 10 to %(count)s characters.", count=BRIEF_CHARACTERS)
    if not claims:
        errors["allegations"] = _l("List the allegations to be checked.")
    elif len(claims) > MAX_ALLEGATIONS or any(len(claim) > ALLEGATION_CHARACTERS for claim in claims):
        errors["allegations"] = _l("At most 20 allegations of at most 500 characters each.")
    for name, text in (("title", cleaned.title), ("brief", cleaned.text), ("allegations", "\n".join(claims))):
        if name not in errors and find_identifiers(text):
            errors[name] = _l("This holds a phone, identity or account number. Take it out.")
    copied = find_copied(cleaned.text, statements=statements)
    if copied and not copied_accepted and "brief" not in errors:
        errors["brief"] = _l(
            "These words stand in the tip as well: “%(words)s”. Write it in your own words.",
            words=cleaned.text[copied[0].start : copied[0].end][:60],
        )
        errors["copied"] = _l("Tick this only if the wording cannot point at the informant.")
    if errors:
        raise InvalidInput(errors)
    return cleaned


def _check_frame(session: Session, frame: CaseFrame) -> None:
    errors: dict[str, Any] = {}
    people = session.scalar(select(func.count()).select_from(Staff).where(Staff.id.in_(frame.kept_away)))
    if people != len(set(frame.kept_away)):
        errors["kept_away"] = _l("Please choose from the list.")
    if frame.category not in CATEGORIES:
        errors["category"] = _l("Choose one of the categories.")
    known = session.scalar(select(func.count()).select_from(Unit).where(Unit.id.in_(frame.unit_ids)))
    if known != len(set(frame.unit_ids)):
        errors["units"] = _l("Choose units from the list.")
    if errors:
        raise InvalidInput(errors)


def _keep_away(acting: Acting, case: Case, frame: CaseFrame, *, wishes: Sequence[str]) -> None:
    """Note whom the informants named, and refuse what would leave nobody free to do it or to approve it."""
    named = named_in(acting.session, wishes) | set(frame.kept_away)
    acting.session.add_all(CaseKeptAway(case_id=case.id, staff_id=person) for person in named)
    acting.session.flush()
    facts = Facts(acting.session, case, acting.actor, acting.clock, acting.rules, {})
    refusals = [refusal for guard in (not_recused, head_is_free) if (refusal := guard(facts)) is not None]
    if refusals:
        raise Refused(tuple(refusals))


def _seal_brief(acting: Acting, brief: Brief, key: KeyOf) -> uuid.UUID:
    return acting.seal({"title": brief.title, "text": brief.text}, kind=ObjectKind.BRIEF, to=[key])


def _write_allegations(acting: Acting, case: Case, claims: Sequence[str]) -> None:
    for ordinal, claim in enumerate(claims, start=1):
        text_id = acting.seal({"text": claim}, kind=ObjectKind.RECORD, to=[of_case(case)])
        acting.session.add(
            Allegation(id=new_id(acting.rng), case_id=case.id, ordinal=ordinal, text_id=text_id)
        )
    acting.session.flush()


def _next_number(session: Session, *, year: int) -> str:
    # Written under the lock of the docketed row's transaction; the unique column refuses a rare double.
    numbers = session.scalars(select(Case.number).where(Case.number.like(f"{year}-%"))).all()
    last = max((int(number.split("-")[1]) for number in numbers if number), default=0)
    return f"{year}-{last + 1:04d}"
