"""What people try, each through the real verb: the right person with the right words, or anybody with any.

An attempt chooses among options of which the first is the right one; whoever is careful takes it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, TypeVar

from sqlalchemy import select

from portal.models import Tip
from tests.support.journey import PLAN_TEXT, RECEIPT
from tests.support.model.world import World
from verification.domain import (
    answering,
    assigning,
    conclusions,
    dispatch,
    fieldwork,
    findings,
    looking_back,
    planning,
    rectification,
    referring,
    reviewing,
    sampling,
    weighing,
)
from verification.domain.acting import Acting
from verification.domain.assigning import Checked
from verification.domain.items import ItemText
from verification.domain.looking_back import Looked
from verification.domain.reviewing import Proposal
from verification.domain.sampling import Draw
from verification.domain.weighing import Mark
from verification.errors import NotHere
from verification.models import (
    Allegation,
    Assignment,
    Finding,
    LookBack,
    LookBackFinding,
    LookBackResult,
    Matter,
    Method,
    Programme,
    RectificationItem,
    Referral,
    Review,
    ReviewOutcome,
    Stance,
    StatementKind,
    Task,
)
from verification.policy.evidence import evidence_of
from verification.workflow.states import Action, SubjectKind

T = TypeVar("T")
NOTE = ("说明理由。", "")
WHY = "前次督查未涉及此路段。"


class Choice:
    """How options are taken."""

    def __init__(self, luck: random.Random, *, careful: bool) -> None:
        self.luck, self.careful = luck, careful

    def of(self, *options: T) -> T:
        """The right one, or any."""
        return options[0] if self.careful else self.luck.choice(options)

    def subset(self, options: Sequence[T]) -> list[T]:
        """All of them, or some, in this order."""
        return list(options) if self.careful else [one for one in options if self.luck.random() < 0.5]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One thing to try. who: whose act it is; on what: the kind of subject and the row of the table."""

    kind: SubjectKind
    action: Action
    who: tuple[str, ...]
    act: Callable[[World, Acting, Choice], Any]


def _stale(choice: Choice) -> int:
    """Now and then somebody acts from an old page."""
    return choice.of(0, 0, 0, 0, 1)


def _case(verb: Callable[..., Any], *, note: bool = False, **given: Any) -> Callable[..., Any]:
    def act(world: World, acting: Acting, choice: Choice) -> Any:
        more = {"note": choice.of(*NOTE)} if note else {}
        return verb(
            acting, case_id=world.case_id, version=world.case.version - _stale(choice), **given, **more
        )

    return act


def _one(
    model: type[Any], verb: Callable[..., Any], *, note: bool = False, **given: Any
) -> Callable[..., Any]:
    name = {
        Task: "task_id", RectificationItem: "item_id", Review: "review_id", Assignment: "assignment_id",
        LookBack: "look_back_id",
    }  # fmt: skip

    def act(world: World, acting: Acting, choice: Choice) -> Any:
        row = world.one(model, choice.luck)
        more = {"note": choice.of(*NOTE)} if note else {}
        return verb(acting, **{name[model]: row.id}, version=row.version - _stale(choice), **given, **more)

    return act


# --- plan and team -----------------------------------------------------------------------------------------


def _propose_plan(world: World, acting: Acting, choice: Choice) -> None:
    today = acting.sealing.day
    frame = replace(
        world.walk.plan_frame(),
        methods=choice.of((Method.INSPECTION, Method.READING), (), (Method.SUMMONS,)),
        starts_on=choice.of(today, today - timedelta(days=2)),
        ends_on=choice.of(today + timedelta(days=14), today - timedelta(days=1)),
    )
    planning.write_and_propose_plan(
        acting, case_id=world.case_id, version=world.case.version, text=PLAN_TEXT, frame=frame
    )


def _dispatch(world: World, acting: Acting, choice: Choice) -> None:
    plan = planning.latest_plan(acting, world.case_id)
    if plan is None:
        raise NotHere
    logins = choice.of(("du", "chen"), ("wei", "du"), ("du",), ("novice", "du"), ("insider", "chen"))
    team = [world.staff_id(login) for login in logins]
    dispatch.dispatch_task(
        acting, case_id=world.case_id, version=world.case.version, plan_id=plan.id, team=team,
        leader=choice.of(team[0], None), due_on=acting.sealing.day + timedelta(days=10),
    )  # fmt: skip


def _log(world: World, acting: Acting, choice: Choice) -> None:
    task = world.one(Task, choice.luck)
    entry = world.walk.entry(
        method=choice.of(Method.INSPECTION, Method.SUMMONS),
        unit_id=world.office.unit_id(choice.of("transport", "housing")),
        people=tuple(world.staff_id(login) for login in choice.of(("du", "chen"), ("du",), ("wei", "chen"))),
    )
    photos = [world.walk.photo() for _ in range(choice.of(1, 0))]
    fieldwork.log_record(acting, task_id=task.id, entry=entry, exhibits=photos)


def _rule(uphold: bool) -> Callable[..., Any]:
    return _one(Task, dispatch.rule_on_hand_back, note=True, uphold=uphold)


# --- findings and the conclusion ---------------------------------------------------------------------------


def state_all(world: World, acting: Acting, choice: Choice) -> None:
    """What the unit says to each allegation, or to some."""
    for row in choice.subset(world.rows(Allegation)):
        findings.record_statement(
            acting, allegation_id=row.id, version=row.version, kind=StatementKind.GIVEN,
            stance=choice.of(Stance.SUPPORTS, Stance.REFUTES), text="情况属实。",
        )  # fmt: skip


def weigh_all(world: World, acting: Acting, choice: Choice) -> None:
    """What lies within the plan is held against each allegation, or anything against some."""
    held = evidence_of(acting.session, world.case_id)
    for row in choice.subset(world.rows(Allegation)):
        sources = [one for one in held[row.id] if one.source.is_exhibit]
        within = [one for one in sources if not one.source.off_plan]
        outside = [one for one in sources if one.source.off_plan]
        stance = choice.of(Stance.SUPPORTS, Stance.REFUTES, Stance.SILENT)
        weighing.weigh_evidence(
            acting, allegation_id=row.id, version=row.version,
            marks={one.source.id: Mark(stance, one.version) for one in choice.of(within, outside, sources)},
        )  # fmt: skip


def find_all(world: World, acting: Acting, choice: Choice) -> None:
    """A finding for each allegation, or for some, whatever the evidence."""
    for row in choice.subset(world.rows(Allegation)):
        findings.record_finding(
            acting, allegation_id=row.id, version=row.version,
            finding=choice.of(Finding.TRUE, Finding.UNVERIFIABLE, Finding.UNTRUE, None),
            reasons=choice.of("现场所见与照片相符。", ""), weighed=choice.of("已核对。", ""),
            against=choice.of("照片拍摄于修复之后。", ""),
        )  # fmt: skip


def draft(world: World, acting: Acting, choice: Choice) -> None:
    """A draft of the conclusion."""
    conclusions.draft_conclusion(
        acting, case_id=world.case_id, version=world.case.version, file_text="经查，两项均属实。",
        unit_text="请于三十日内修复路面。",
    )  # fmt: skip


def add_item(world: World, acting: Acting, choice: Choice) -> None:
    """An item in the draft of the order."""
    rectification.add_item(
        acting, case_id=world.case_id, version=world.case.version,
        text=ItemText(problem="路面坑洼未修", standard="坑洼填平，验收合格"),
        unit_id=world.office.unit_id(choice.of("transport", "housing")),
        due_on=acting.sealing.day + timedelta(days=30),
    )  # fmt: skip


def _deliver(world: World, acting: Acting, choice: Choice) -> None:
    today = acting.sealing.day
    conclusions.deliver_conclusion(
        acting, case_id=world.case_id, version=world.case.version,
        delivered_on=choice.of(today, today + timedelta(days=1), None), receipt=RECEIPT,
    )  # fmt: skip


def _answer(world: World, acting: Acting, choice: Choice) -> None:
    tip = world.one(Tip, choice.luck)
    points = {row.id: f"第{row.ordinal}项已查实。" for row in choice.subset(world.rows(Allegation))}
    answering.answer_informant(
        acting, tip_id=tip.id, version=tip.version, points=points, closing="正在整改。"
    )


def _report(world: World, acting: Acting, choice: Choice) -> None:
    item = world.one(RectificationItem, choice.luck)
    proofs = [world.walk.photo(b"after") for _ in range(choice.of(1, 0))]
    rectification.report_item(
        acting, item_id=item.id, version=item.version, measures="已填平。", proofs=proofs
    )


def _verify(world: World, acting: Acting, choice: Choice) -> None:
    item = world.one(RectificationItem, choice.luck)
    signer = choice.of("reviewer", "wei", "shen", "du", "fan", "director", "insider")
    rectification.verify_item(
        acting, item_id=item.id, version=item.version, note="合格。", signer=world.staff_id(signer)
    )


# --- review, referral, the light path ----------------------------------------------------------------------


def _apply(world: World, acting: Acting, choice: Choice) -> None:
    reviewing.apply_review(acting, case_id=world.case_id, text="第二处不归我局管养。")


def _name(world: World, acting: Acting, choice: Choice) -> None:
    review = world.one(Review, choice.luck)
    logins = choice.of(("reviewer",), ("wei",), ("shen",), ("du",), ("fan",), ("chen", "reviewer"), ())
    reviewing.name_reviewers(
        acting, review_id=review.id, version=review.version,
        reviewers=[world.staff_id(login) for login in logins],
    )  # fmt: skip


def _propose_decision(world: World, acting: Acting, choice: Choice) -> None:
    review = world.one(Review, choice.luck)
    outcome = choice.of(
        ReviewOutcome.UPHOLD, ReviewOutcome.CHANGE, ReviewOutcome.REVOKE, ReviewOutcome.NOT_ADMITTED
    )
    texts = {"file_text": "第二项不属实。", "unit_text": "请修复路面。"}
    proposal = Proposal(outcome=outcome, decision="经复核，意见如下。")
    if outcome is ReviewOutcome.CHANGE:
        second = world.rows(Allegation)[-1].id
        proposal = replace(proposal, findings={second: Finding.UNTRUE}, **texts)  # type: ignore[arg-type]  # both are texts
    reviewing.propose_decision(acting, review_id=review.id, version=review.version, proposal=proposal)


def _deliver_decision(world: World, acting: Acting, choice: Choice) -> None:
    review = world.one(Review, choice.luck)
    reviewing.deliver_decision(
        acting, review_id=review.id, version=review.version, delivered_on=acting.sealing.day
    )


def note_matter(world: World, acting: Acting, choice: Choice) -> None:
    """Something for the supervision commission has come to light."""
    matter = choice.of(Matter.DUTY_VIOLATION, Matter.OTHER_CRIME)
    referring.note_matter(acting, case_id=world.case_id, matter=matter, facts="账册不符，见证据1。")


def _send(world: World, acting: Acting, choice: Choice) -> None:
    row = world.one(Referral, choice.luck)
    organ = choice.of("supervision-commission", "judicial-organs")
    referring.send_referral(
        acting, referral_id=row.id, version=row.version, organ=organ, number="安督移〔2026〕3号",
        sent_on=acting.sealing.day,
    )  # fmt: skip


def _receive(world: World, acting: Acting, choice: Choice) -> None:
    row = world.one(Referral, choice.luck)
    day = acting.sealing.day
    referring.record_receipt(
        acting, referral_id=row.id, version=row.version, note="收文 88 号。",
        received_on=choice.of(day, day - timedelta(days=9)),
    )  # fmt: skip


def _assign(world: World, acting: Acting, choice: Choice) -> None:
    programme = acting.session.scalars(select(Programme.case_id).order_by(Programme.case_id)).first()
    assigning.assign_case(
        acting, case_id=world.case_id, version=world.case.version,
        programme_id=choice.of(programme, None),
        unit_id=world.office.unit_id(choice.of("transport", "qingxi")),
        due_on=assigning.due_on_for(acting),
    )  # fmt: skip


def _reply(world: World, acting: Acting, choice: Choice) -> None:
    row = world.one(Assignment, choice.luck)
    words = ("三处坑洼已于三月一日填平，路面平整。", "二月接报后未登记，已补录并约谈养护班组。")
    answers = dict(zip((one.id for one in world.rows(Allegation)), words, strict=False))
    proofs = [world.walk.photo(b"after") for _ in range(choice.of(1, 0))]
    assigning.reply_assignment(
        acting, assignment_id=row.id, version=row.version, answers=answers, proofs=proofs
    )


def _accept(world: World, acting: Acting, choice: Choice) -> None:
    row = world.one(Assignment, choice.luck)
    checked = {
        one.id: Checked(choice.of(Finding.TRUE, None), "照片显示已修复。") for one in world.rows(Allegation)
    }
    assigning.accept_reply(
        acting, assignment_id=row.id, version=row.version, checked=checked, reason=choice.of("逐项核对。", "")
    )


def _return_reply(world: World, acting: Acting, choice: Choice) -> None:
    row = world.one(Assignment, choice.luck)
    assigning.return_reply(acting, assignment_id=row.id, version=row.version, note=choice.of(*NOTE))


# --- looking back ------------------------------------------------------------------------------------------


def _name_lookers(world: World, acting: Acting, choice: Choice) -> None:
    row = world.one(LookBack, choice.luck)
    logins = choice.of(("wei", "chen"), ("du",), ("du", "novice"), ("insider", "wei"), ("shen", "wei"), ())
    looking_back.name_lookers(
        acting, look_back_id=row.id, version=row.version - _stale(choice),
        people=[world.staff_id(login) for login in logins],
    )  # fmt: skip


def _note_result(world: World, acting: Acting, choice: Choice) -> None:
    row, item = world.one(LookBack, choice.luck), world.one(RectificationItem, choice.luck)
    query = select(LookBackResult.version).where(
        LookBackResult.look_back_id == row.id, LookBackResult.item_id == item.id
    )
    looked = Looked(
        choice.of(LookBackFinding.RELAPSED, *LookBackFinding, None), choice.of("坑洼又出现。", ""),
        acting.sealing.day, acting.session.scalar(query) or 0,
    )  # fmt: skip
    proofs = [world.walk.photo(b"looked back") for _ in range(choice.of(1, 0))]
    looking_back.note_result(acting, look_back_id=row.id, item_id=item.id, looked=looked, proofs=proofs)


def _settle_look_back(world: World, acting: Acting, choice: Choice) -> None:
    row = world.one(LookBack, choice.luck)
    looking_back.settle_look_back(
        acting, look_back_id=row.id, version=row.version - _stale(choice), note=choice.of(*NOTE),
        due_on=choice.of(acting.sealing.day + timedelta(days=20), None),
        reasons={item.id: choice.of("请重新修复。", "") for item in world.rows(RectificationItem)},
    )  # fmt: skip


def draw(world: World, acting: Acting, choice: Choice) -> None:
    """Chance draws among what was closed."""
    today = acting.sealing.day
    sampling.draw_sample(
        acting,
        Draw(
            first=today - timedelta(days=400), last=today, number=choice.of(50, None, 0), share=None,
            due_on=choice.of(today + timedelta(days=7), today - timedelta(days=1)),
        ),
    )  # fmt: skip
