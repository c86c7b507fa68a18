"""The light path of the demo: the standing programme and the leads that units answer for, from light.toml.

Owns: the shape of that file, and the days of its steps. Must not know: the full path's stories.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

from portal.crypto.header import ObjectKind
from portal.models import Priority, Tip
from portal.models.records import Fixed
from verification.demo import asking_steps
from verification.demo.county import HERE, read_toml
from verification.demo.diary import Diary
from verification.demo.pictures import Album
from verification.demo.stage import Stage
from verification.demo.tip_steps import PlayedTip
from verification.domain import answering, asking, assigning, casework, planning, programmes
from verification.domain.assigning import Checked
from verification.domain.casework import Brief, CaseFrame
from verification.domain.exhibits import NewExhibit
from verification.domain.planning import PlanFrame, PlanText
from verification.domain.programmes import Term
from verification.models import (
    Allegation,
    Assignment,
    Case,
    CaseType,
    ContentBasis,
    Finding,
    Method,
    Role,
)

#: After the desk's work on tips, so that a tip accepted today can be assigned today.
LEADS = 110

#: Days after the opening on which each step of a lead comes; a lead ends with the step of its name.
_DAYS = {
    "issued": 0, "signed": 1, "handed-back": 1, "replied": 4, "returned": 5, "escalated": 5, "accepted": 6,
    "answered": 7, "asked": 8, "rated": 9, "heard": 10, "closed": 11,
}  # fmt: skip
#: What does not come before these ends.
_LEFT_OUT = {"handed-back": "signed", "escalated": "replied"}
_ALWAYS = ("issued", "signed", "replied", "accepted", "answered", "asked", "rated", "heard", "closed")


@dataclass(slots=True, repr=False)
class Light:
    """What the leads share while the demo is played."""

    stage: Stage
    album: Album
    tips: Mapping[str, PlayedTip]
    opener: str
    programme_id: uuid.UUID | None = None


@dataclass(slots=True, repr=False)
class Lead:
    """One lead on its way. photo: the picture that its unit will send, if it replies."""

    light: Light
    story: dict[str, Any]
    photo: int | None = None
    case_id: uuid.UUID | None = None
    assignment_id: uuid.UUID | None = None
    steps: list[str] = field(default_factory=list)


def lead_tips() -> frozenset[str]:
    """Keys of the tips that become leads of the light path."""
    return frozenset(str(story["tip"]) for story in read_toml(HERE / "light.toml")["lead"])


def enter_light(stage: Stage, album: Album, tips: Mapping[str, PlayedTip], diary: Diary) -> None:
    """Enter the programme and every lead into the diary."""
    data = read_toml(HERE / "light.toml")
    light = Light(stage, album, tips, stage.with_role(Role.SUPERVISOR)[0])
    programme, acts = data["programme"], (_open, _propose, _approve, _plan, _approve_plan)
    day = diary.ago(int(programme["opened"]))
    for after, act in zip((0, 1, 3, 4, 5), acts, strict=True):
        day = max(day, diary.working_day(diary.ago(int(programme["opened"])) + timedelta(days=after)))
        diary.enter(day, partial(act, light, programme), order=LEADS)
    for story in data["lead"]:
        _enter_lead(Lead(light, story), diary)


def _enter_lead(lead: Lead, diary: Diary) -> None:
    opened = diary.ago(int(lead.story["opened"]))
    day = opened
    if any(claim["reply"] for claim in lead.story["claim"]):
        lead.photo = lead.light.album.ask("newroad", day=opened, town="chengguan", comment="办理佐证")
    for name in _steps_to(str(lead.story["end"])):
        day = max(day, diary.working_day(opened + timedelta(days=_DAYS[name])))
        diary.enter(day, partial(_STEPS[name], lead), order=LEADS)


def _steps_to(end: str) -> Iterator[str]:
    last = _DAYS[end]
    for name in _ALWAYS:
        if _DAYS[name] < last and _LEFT_OUT.get(end) != name:
            yield name
    yield end


# --- the programme -----------------------------------------------------------------------------------------


def _open(light: Light, story: dict[str, Any]) -> None:
    with light.stage.acting(light.opener) as acting:
        today = acting.sealing.day
        case = programmes.open_programme(
            acting,
            brief=Brief(story["title"], story["brief"], tuple(story["claims"])),
            frame=CaseFrame(
                case_type=CaseType.ROUTINE,
                content_basis=ContentBasis.DUTIES,
                category=story["category"],
                priority=Priority.P3,
                town_id=None,
                unit_ids=tuple(light.stage.units[code] for code in story["units"]),
            ),
            term=Term(today, today + timedelta(days=int(story["days"])), (story["category"],)),
        )
        light.programme_id = case.id


def _propose(light: Light, _story: dict[str, Any]) -> None:
    with light.stage.acting(light.opener) as acting:
        case = acting.session.get_one(Case, light.programme_id)
        casework.propose_docketing(
            acting, case_id=case.id, version=case.version, overlap_reason="常态化督办，不另行实地督查。"
        )


def _approve(light: Light, _story: dict[str, Any]) -> None:
    with light.stage.acting(light.stage.first(Role.HEAD)) as acting:
        case = acting.session.get_one(Case, light.programme_id)
        casework.approve_docketing(acting, case_id=case.id, version=case.version)


def _plan(light: Light, story: dict[str, Any]) -> None:
    with light.stage.acting(light.opener) as acting:
        case = acting.session.get_one(Case, light.programme_id)
        planning.write_and_propose_plan(
            acting,
            case_id=case.id,
            version=case.version,
            text=PlanText(story["content"], story["title"], story["scope"], ""),
            frame=PlanFrame(
                units=tuple(light.stage.units[code] for code in story["units"]),
                methods=(Method.SELF_CHECK,),
                unannounced=False,
                starts_on=acting.sealing.day,
                ends_on=acting.sealing.day + timedelta(days=int(story["days"])),
                people=2,
                hours=40,
            ),
        )


def _approve_plan(light: Light, _story: dict[str, Any]) -> None:
    with light.stage.acting(light.stage.first(Role.DIRECTOR)) as acting:
        case = acting.session.get_one(Case, light.programme_id)
        planning.approve_plan(acting, case_id=case.id, version=case.version)


# --- a lead ------------------------------------------------------------------------------------------------


def _issue(lead: Lead) -> None:
    story, light = lead.story, lead.light
    with light.stage.acting(light.opener) as acting:
        tip = acting.session.get_one(Tip, light.tips[story["tip"]].tip_id)
        case = casework.open_case(
            acting,
            tips=[(tip.id, tip.version)],
            brief=Brief(story["title"], story["brief"], tuple(claim["text"] for claim in story["claim"])),
            frame=CaseFrame(
                case_type=CaseType.ROUTINE,
                content_basis=ContentBasis.DUTIES,
                category=tip.category or "405",
                priority=tip.priority or Priority.P3,
                town_id=tip.town_id,
                unit_ids=(light.stage.units[story["unit"]],),
            ),
        )
        lead.case_id = case.id
    with light.stage.acting(light.opener) as acting:
        case = acting.session.get_one(Case, lead.case_id)
        row = assigning.assign_case(
            acting,
            case_id=case.id,
            version=case.version,
            programme_id=light.programme_id,
            unit_id=light.stage.units[story["unit"]],
            due_on=assigning.due_on_for(acting),
        )
        lead.assignment_id = row.id


def _sign(lead: Lead) -> None:
    _of_unit(lead, assigning.sign_assignment)


def _hand_back(lead: Lead) -> None:
    _of_unit(lead, assigning.hand_back_assignment, note=lead.story["note"])


def _reply(lead: Lead) -> None:
    stage = lead.light.stage
    assert lead.photo is not None
    shot, content = lead.light.album[lead.photo]
    with stage.acting(lead.story["unit"]) as acting:
        row = acting.session.get_one(Assignment, lead.assignment_id)
        texts = [claim["reply"] for claim in lead.story["claim"]]
        answers = dict(zip(assigning.questions_of(acting, row), texts, strict=True))
        sealed = stage.seal_file(
            content, name=shot.file_name, media_type=shot.media_type, kind=ObjectKind.EXHIBIT
        )
        assigning.reply_assignment(
            acting,
            assignment_id=row.id,
            version=row.version,
            answers=answers,
            proofs=[NewExhibit(file=sealed, note="办理佐证", taken_at=stage.clock.now())],
        )


def _return(lead: Lead) -> None:
    _of_desk(lead, assigning.return_reply, note=lead.story["note"])


def _escalate(lead: Lead) -> None:
    with lead.light.stage.acting(lead.light.opener) as acting:
        case = acting.session.get_one(Case, lead.case_id)
        assigning.escalate_case(acting, case_id=case.id, version=case.version, note=lead.story["note"])


def _accept(lead: Lead) -> None:
    with lead.light.stage.acting(lead.light.opener) as acting:
        row = acting.session.get_one(Assignment, lead.assignment_id)
        checked = {
            one: Checked(Finding(claim["finding"]), claim["reasons"])
            for one, claim in zip(assigning.questions_of(acting, row), lead.story["claim"], strict=True)
        }
        reason = "答复与照片、记录相互印证。"
        assigning.accept_reply(
            acting, assignment_id=row.id, version=row.version, checked=checked, reason=reason
        )


def _answer(lead: Lead) -> None:
    with lead.light.stage.acting(lead.light.opener) as acting:
        tip = acting.session.get_one(Tip, lead.light.tips[lead.story["tip"]].tip_id)
        rows = acting.session.query(Allegation).filter(Allegation.case_id == lead.case_id)
        ordered = rows.order_by(Allegation.ordinal).all()
        points = {row.id: claim["answer"] for row, claim in zip(ordered, lead.story["claim"], strict=True)}
        answering.answer_informant(
            acting, tip_id=tip.id, version=tip.version, points=points, closing=lead.story["closing"]
        )


def _ask(lead: Lead) -> None:
    with lead.light.stage.acting(lead.light.opener) as acting:
        case = acting.session.get_one(Case, lead.case_id)
        asking.ask_informants(acting, case_id=case.id, version=case.version, text=asking_steps.QUESTION)


def _rate(lead: Lead) -> None:
    asking_steps.rate(lead.light.stage, [lead.light.tips[lead.story["tip"]]], Fixed.YES)


def _hear(lead: Lead) -> None:
    with lead.light.stage.acting(lead.light.opener) as acting:
        assert lead.case_id is not None
        asking.read_ratings(acting, case_id=lead.case_id)


def _close(lead: Lead) -> None:
    with lead.light.stage.acting(lead.light.opener) as acting:
        case = acting.session.get_one(Case, lead.case_id)
        answering.close_case(acting, case_id=case.id, version=case.version)


def _of_unit(lead: Lead, verb: Callable[..., object], **given: Any) -> None:
    _on(lead, lead.story["unit"], verb, **given)


def _of_desk(lead: Lead, verb: Callable[..., object], **given: Any) -> None:
    _on(lead, lead.light.opener, verb, **given)


def _on(lead: Lead, login: str, verb: Callable[..., object], **given: Any) -> None:
    with lead.light.stage.acting(login) as acting:
        row = acting.session.get_one(Assignment, lead.assignment_id)
        verb(acting, assignment_id=row.id, version=row.version, **given)


_STEPS: dict[str, Callable[[Lead], None]] = {
    "issued": _issue,
    "signed": _sign,
    "handed-back": _hand_back,
    "replied": _reply,
    "returned": _return,
    "escalated": _escalate,
    "accepted": _accept,
    "answered": _answer,
    "asked": _ask,
    "rated": _rate,
    "heard": _hear,
    "closed": _close,
}
