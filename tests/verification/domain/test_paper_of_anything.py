"""What heads, liaisons, reviewers and signers do on screen, they do on paper: typed off, confirmed, done."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.support.asking import heard
from tests.support.journey import Journey
from tests.support.looking_back import FOR_UNIT, RELAPSED, LookingBack
from tests.support.office import TestOffice
from tests.support.sealed_files import seal_upload
from tests.verification.domain.test_assigning import GOOD, LightPath
from tests.verification.domain.test_reviewing import UPHOLD, Reviewing
from verification.domain import items, looking_back, paper, rectification
from verification.domain.exhibits import NewExhibit
from verification.domain.paper import More
from verification.domain.paper_forms import PAPER_FORMS, Fields
from verification.errors import InvalidInput, KeyLocked, Refused
from verification.models import (
    AssignmentState,
    AuditEntry,
    Case,
    Exhibit,
    ExhibitSource,
    Extension,
    ItemState,
    RectificationItem,
    Review,
    ReviewOutcome,
    ReviewState,
    Role,
)
from verification.policy.permissions import ROLE_PERMISSIONS
from verification.workflow.states import Action
from verification.workflow.table import TRANSITIONS


def record(
    walk: Journey,
    action: Action,
    signed_by: str,
    *,
    subject: uuid.UUID | None = None,
    note: str = "",
    fields: Fields | None = None,
    enclosures: Sequence[NewExhibit] = (),
) -> uuid.UUID:
    """The desk types a paper off."""
    with walk.acting("fan") as acting:
        row = paper.record_paper(
            acting,
            case=acting.session.get_one(Case, walk.case_id),
            action=action,
            signed_by=walk.office.staff_id(signed_by),
            signed_on=walk.today,
            scan=seal_upload(walk.office, b"a scan of " + action.value.encode()),
            note=note,
            more=More(subject, fields or {}, enclosures),
        )
        return row.id


def confirm(walk: Journey, paper_id: uuid.UUID) -> None:
    """A colleague confirms."""
    with walk.acting("shen") as acting:
        paper.confirm_paper(acting, paper_id=paper_id)


def on_paper(walk: Journey, action: Action, signed_by: str, **given: Any) -> None:
    """Recorded and confirmed."""
    confirm(walk, record(walk, action, signed_by, **given))


def entries(walk: Journey, event: str) -> list[AuditEntry]:
    with walk.office.database.read() as session:
        return list(session.scalars(select(AuditEntry).where(AuditEntry.event == event)))


def test_unit_reports_on_paper_and_its_enclosures_are_its_proof(office: TestOffice) -> None:
    walk = Journey(office)
    walk.ordered()
    proof = [walk.photo(b"the road, repaired")]
    paper_id = record(
        walk, Action.REPORT_ITEM, "lian", subject=walk.item_id, note="已填平。", enclosures=proof
    )
    assert walk.read(RectificationItem, walk.item_id).state is ItemState.ORDERED
    kept = walk.exhibits()[-1]
    assert (kept.source, kept.item_report_id) == (ExhibitSource.PAPER, None)
    with walk.acting("lian") as acting, pytest.raises(KeyLocked):
        acting.open(kept.meta_id)
    confirm(walk, paper_id)
    assert walk.read(RectificationItem, walk.item_id).state is ItemState.REPORTED
    with walk.acting("lian") as acting:
        exhibit = acting.session.get_one(Exhibit, kept.object_id)
        assert exhibit.item_report_id is not None
        assert acting.open(exhibit.meta_id)["place"] == "卫生院门前"
        assert acting.keyring.file_key(acting.session, exhibit.object_id)
    (entry,) = entries(walk, "item.reported")
    assert entry.actor_id == office.staff_id("shen")
    assert entry.facts["signed_by"] == office.staff_id("lian").hex


def test_uninvolved_signer_signs_off_on_paper(office: TestOffice) -> None:
    walk = Journey(office)
    walk.ordered().reported()
    signer = office.staff_id("reviewer")
    walk.on_item("du", rectification.verify_item, note="现场平整。", signer=signer)
    heard(walk)
    with pytest.raises(Refused):
        on_paper(walk, Action.SIGN_OFF_ITEM, "wei", subject=walk.item_id)
    on_paper(walk, Action.SIGN_OFF_ITEM, "reviewer", subject=walk.item_id)
    assert walk.read(RectificationItem, walk.item_id).state is ItemState.CLOSED_OFF


def test_unit_asks_for_more_time_on_paper_and_the_director_grants_it_on_paper(office: TestOffice) -> None:
    walk = Journey(office)
    walk.ordered()
    until = walk.today + timedelta(days=50)
    asked: dict[str, Any] = {"subject": walk.item_id, "note": "沥青停产。"}
    with pytest.raises(InvalidInput) as refused:
        record(walk, Action.ASK_EXTENSION, "lian", **asked, fields={"until": "bald"})
    assert set(refused.value.errors) == {"until"}
    on_paper(walk, Action.ASK_EXTENSION, "lian", **asked, fields={"until": until.isoformat()})
    with office.database.read() as session:
        extension_id = session.scalars(select(Extension.id)).one()
    on_paper(walk, Action.GRANT_EXTENSION, "director", subject=extension_id, note="情况属实，同意。")
    assert walk.read(RectificationItem, walk.item_id).due_on == until


def test_whole_review_on_paper(office: TestOffice) -> None:
    walk = Reviewing(office)
    walk.delivered()
    office.clock.advance(timedelta(days=3))
    came = walk.today - timedelta(days=2)
    on_paper(
        walk, Action.APPLY_REVIEW, "lian", note="第二处不归我局。", fields={"received_on": came.isoformat()}
    )
    with office.database.read() as session:
        review = session.scalars(select(Review)).one()
        walk.review_id = review.id
        assert (review.applied_on, review.applied_by) == (came, office.staff_id("lian"))
    reviewers: Fields = {"reviewers": [str(office.staff_id("reviewer"))]}
    on_paper(walk, Action.NAME_REVIEWERS, "head", subject=walk.review_id, fields=reviewers)
    on_paper(walk, Action.ADMIT_REVIEW, "reviewer", subject=walk.review_id)
    change = walk.changing()
    second = walk.allegations()[1]
    written: Fields = {
        "outcome": "change",
        "decision": change.decision,
        "file_text": change.file_text,
        "unit_text": change.unit_text,
        f"finding-{second.id}": "untrue",
        "withdrawn": [],
    }
    on_paper(walk, Action.PROPOSE_DECISION, "reviewer", subject=walk.review_id, fields=written)
    on_paper(walk, Action.RETURN_DECISION, "head", subject=walk.review_id, note="请补充路段权属。")
    on_paper(walk, Action.PROPOSE_DECISION, "reviewer", subject=walk.review_id, fields=written)
    on_paper(walk, Action.DECIDE_REVIEW, "head", subject=walk.review_id)
    decided = walk.review
    assert (decided.state, decided.outcome) == (ReviewState.DECIDED, ReviewOutcome.CHANGE)
    assert decided.decided_by == office.staff_id("head")
    assert walk.allegations()[1].finding == "untrue"


def test_light_path_on_paper(office: TestOffice) -> None:
    walk = LightPath(office)
    walk.programme().lead().assigned()
    on_paper(walk, Action.HAND_BACK_ASSIGNMENT, "lian", subject=walk.assignment_id, note="属镇里职责。")
    assert walk.assignment.state is AssignmentState.HANDED_BACK
    other = LightPath(office)
    other.programme_id = walk.programme_id
    other.lead().assigned()
    on_paper(other, Action.SIGN_ASSIGNMENT, "lian", subject=other.assignment_id)
    ids = [row.id for row in other.allegations()]
    answers: Fields = {f"answer-{one}": text for one, text in zip(ids, GOOD, strict=True)}
    proof = [other.photo(b"after")]
    on_paper(
        other, Action.REPLY_ASSIGNMENT, "lian", subject=other.assignment_id, fields=answers, enclosures=proof
    )
    replied = other.assignment
    assert (replied.state, replied.signed_by) == (AssignmentState.REPLIED, office.staff_id("lian"))


def test_paper_is_signed_by_whoever_may_and_for_their_own_unit(office: TestOffice) -> None:
    walk = Journey(office)
    walk.ordered()
    given: dict[str, Any] = {"subject": walk.item_id, "note": "已填平。", "enclosures": [walk.photo(b"p")]}
    for stranger in ("other", "head", "du"):
        with pytest.raises(InvalidInput) as refused:
            record(walk, Action.REPORT_ITEM, stranger, **given)
        assert set(refused.value.errors) == {"signed_by"}


@pytest.mark.parametrize(
    ("action", "given", "wrong"),
    [
        (Action.REPORT_ITEM, {"note": ""}, {"note", "files"}),
        (Action.APPLY_REVIEW, {"note": "不服。", "fields": {"received_on": "gestern"}}, {"received_on"}),
        (Action.APPLY_REVIEW, {"note": "不服。", "fields": {"received_on": "2199-01-01"}}, {"received_on"}),
    ],
)
def test_paper_says_beside_each_field_what_is_missing(
    office: TestOffice, action: Action, given: dict[str, Any], wrong: set[str]
) -> None:
    walk = Journey(office)
    walk.ordered()
    subject = walk.item_id if action is Action.REPORT_ITEM else None
    with pytest.raises(InvalidInput) as refused:
        record(walk, action, "lian", subject=subject, **given)
    assert set(refused.value.errors) == wrong


def test_review_that_moved_on_since_the_paper_was_typed_off_is_not_changed(office: TestOffice) -> None:
    walk = Reviewing(office)
    walk.delivered()
    walk.admitted()
    written: Fields = {"outcome": "uphold", "decision": UPHOLD.decision}
    paper_id = record(walk, Action.PROPOSE_DECISION, "reviewer", subject=walk.review_id, fields=written)
    walk.named("shen")
    with pytest.raises(Refused) as refused:
        confirm(walk, paper_id)
    assert [one.rule_id for one in refused.value.refusals] == ["paper-second"]
    assert walk.review.state is ReviewState.REVIEWING


def test_director_names_returns_and_settles_a_look_back_on_paper(office: TestOffice) -> None:
    walk = LookingBack(office).closed()
    people = [str(office.staff_id(login)) for login in ("wei", "chen")]
    row = walk.look_back.id
    on_paper(walk, Action.NAME_LOOKERS, "director", subject=row, fields={"team": people})
    walk.noted(RELAPSED)
    walk.on_look_back("wei", looking_back.report_look_back)
    on_paper(walk, Action.RETURN_LOOK_BACK, "director", subject=row, note="请雨后再看。")
    walk.on_look_back("wei", looking_back.report_look_back)
    reason = f"reason-{walk.item_id}"
    with pytest.raises(InvalidInput) as empty:
        record(walk, Action.SETTLE_LOOK_BACK, "director", subject=row)
    assert set(empty.value.errors) == {"note", "due_on", reason}
    fields = {"due_on": (walk.today + timedelta(days=20)).isoformat(), reason: FOR_UNIT}
    told = fields | {reason: "联系13812345678。"}
    with pytest.raises(InvalidInput) as number:  # told when it is typed off, not when it is carried out
        record(walk, Action.SETTLE_LOOK_BACK, "director", subject=row, note="属实。", fields=told)
    assert set(number.value.errors) == {reason}
    on_paper(walk, Action.SETTLE_LOOK_BACK, "director", subject=row, note="属实。", fields=fields)
    assert (walk.item.state, walk.look_back.settled_by) == (ItemState.ORDERED, office.staff_id("director"))
    (entry,) = entries(walk, "look-back.settled")
    assert (entry.actor_id, entry.facts["signed_by"]) == (
        office.staff_id("shen"), office.staff_id("director").hex,
    )  # fmt: skip
    with walk.acting("lian") as acting:
        assert items.relapses_of(acting, walk.item)[0].reason == FOR_UNIT


#: Carried out by a decision and not signed by themselves; the second reading, done in the draft itself; what
#: chance does and nobody chooses; or the office's own record of what came back.
NOT_SIGNED = frozenset(
    {
        Action.ANSWER_AGAIN,
        Action.ANSWER_RELAPSE,
        Action.ASK_PART,
        Action.DELIVER_DECISION,
        Action.DRAW_LOOK_BACK,
        Action.DROP_LOOK_BACK,
        Action.PROPOSE_USE,
        Action.READ_CONCLUSION,
        Action.RECORD_OUTCOME,
        Action.RECORD_RECEIPT,
        Action.RECORD_USE_OUTCOME,
        Action.RECORD_USE_RECEIPT,
        Action.RELAPSE_CASE,
        Action.REMARK_CONCLUSION,
        Action.REOPEN_CASE,
        Action.REOPEN_FALSE_ITEM,
        Action.REOPEN_ITEM,
        Action.RESUME_TASK,
        Action.SEND_REFERRAL,
        Action.SEND_USE,
        Action.WITHDRAW_ITEM,
        Action.WITHDRAW_USE,
    }
)
SIGNERS = (Role.HEAD, Role.DEPUTY, Role.DIRECTOR, Role.LIAISON, Role.REVIEWER)


def test_every_act_of_heads_liaisons_reviewers_and_signers_has_its_paper() -> None:
    granted = frozenset().union(*(ROLE_PERMISSIONS[role] for role in SIGNERS))
    signed = {row.action for row in TRANSITIONS if row.permission in granted}
    assert signed - NOT_SIGNED == set(PAPER_FORMS)
