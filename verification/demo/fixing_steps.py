"""A case from its conclusion to its end: drafts, approval, delivery, items, answers, closing.

One step a function. Source: 1-mission journey 6–8.
"""

from __future__ import annotations

from datetime import timedelta

from portal.models import Tip
from verification.demo.case_run import CaseRun
from verification.demo.stories import ReportStory
from verification.domain import answering, conclusions, fieldwork, items, rectification, second_reading
from verification.domain.acting import Acting
from verification.domain.conclusions import Receipt
from verification.domain.items import ItemText
from verification.models import DeliveryMeans, RectificationItem, Role

#: What the receipts of the demo's deliveries say.
RECEIVED_BY, KEPT = "办公室收文人员", "送达回证原件存卷，已盖收文章。"


def conclude(run: CaseRun) -> None:
    """The leader ends verifying."""
    with run.as_(run.team[0]) as (acting, case):
        conclusions.begin_conclusion(acting, case_id=case.id, version=case.version)


def draft(run: CaseRun) -> None:
    """The leader writes both versions."""
    with run.as_(run.team[0]) as (acting, case):
        conclusions.draft_conclusion(
            acting,
            case_id=case.id,
            version=case.version,
            file_text=run.story.file_text,
            unit_text=run.story.unit_text,
        )


def propose(run: CaseRun) -> None:
    """The supervisor reads it over, with the tips at hand, and the leader proposes it to the head."""
    with run.as_(run.opener) as (acting, case):
        second_reading.read_over(acting, case_id=case.id, version=case.version)
    with run.as_(run.team[0]) as (acting, case):
        conclusions.propose_conclusion(acting, case_id=case.id, version=case.version)


def return_conclusion(run: CaseRun) -> None:
    """The head returns it."""
    with run.as_(run.head) as (acting, case):
        conclusions.return_conclusion(
            acting, case_id=case.id, version=case.version, note=run.story.return_conclusion
        )


def approve(run: CaseRun) -> None:
    """The head approves it."""
    with run.as_(run.head) as (acting, case):
        conclusions.approve_conclusion(acting, case_id=case.id, version=case.version)


def deliver(run: CaseRun) -> None:
    """The opener delivers it to the units."""
    with run.as_(run.opener) as (acting, case):
        conclusions.deliver_conclusion(
            acting,
            case_id=case.id,
            version=case.version,
            delivered_on=acting.sealing.day,
            receipt=Receipt(DeliveryMeans.HAND, RECEIVED_BY, note=KEPT),
        )


def order(run: CaseRun) -> None:
    """The opener writes the items and orders them."""
    for story in run.story.items:
        with run.as_(run.opener) as (acting, case):
            item = rectification.add_item(
                acting,
                case_id=case.id,
                version=case.version,
                text=ItemText(story.problem, story.standard),
                unit_id=run.stage.units[story.unit],
                due_on=acting.sealing.day + timedelta(days=story.days),
            )
            run.items.append(item.id)
    with run.as_(run.opener) as (acting, case):
        rectification.order_rectification(acting, case_id=case.id, version=case.version)


def report(run: CaseRun, index: int, story: ReportStory, photos: list[tuple[int, str]]) -> None:
    """The unit's liaison reports with proof."""
    with run.stage.acting(run.story.items[index].unit) as acting:
        item = _item(run, acting, index)
        rectification.report_item(
            acting,
            item_id=item.id,
            version=item.version,
            measures=story.measures,
            proofs=run.exhibits(photos),
        )


def return_report(run: CaseRun, index: int, story: ReportStory) -> None:
    """A member of the team sends the report back."""
    with run.as_(run.team[0]) as (acting, _case):
        item = _item(run, acting, index)
        rectification.return_item(acting, item_id=item.id, version=item.version, note=story.returned)


def verify(run: CaseRun, index: int) -> None:
    """A member finds the standard met and names a signer, a reviewer where one can."""
    with run.as_(run.team[-1]) as (acting, _case):
        item = _item(run, acting, index)
        able = {person.id for person in items.possible_signers(acting, item)}
        reviewers = [run.stage.staff[login] for login in run.stage.with_role(Role.REVIEWER)]
        signer = next((person for person in reviewers if person in able), None) or min(able, key=str)
        rectification.verify_item(
            acting,
            item_id=item.id,
            version=item.version,
            note=run.story.items[index].verify,
            signer=signer,
        )
        run.signers[index] = run.stage.login_of(signer)


def sign_off(run: CaseRun, index: int) -> None:
    """The signer closes the item off."""
    with run.as_(run.signers[index]) as (acting, _case):
        item = _item(run, acting, index)
        rectification.sign_off_item(acting, item_id=item.id, version=item.version)


def refuse(run: CaseRun, index: int) -> None:
    """The signer does not sign."""
    with run.as_(run.signers[index]) as (acting, _case):
        item = _item(run, acting, index)
        rectification.refuse_sign_off(
            acting, item_id=item.id, version=item.version, note=run.story.items[index].refuse
        )


def answer(run: CaseRun) -> None:
    """The opener answers every informant, claim by claim."""
    for key in run.story.tips:
        with run.as_(run.opener) as (acting, _case):
            tip = acting.session.get_one(Tip, run.tips[key].tip_id)
            rows = run.allegations(acting)
            points = {row.id: claim.answer for row, claim in zip(rows, run.story.claims, strict=True)}
            answering.answer_informant(
                acting, tip_id=tip.id, version=tip.version, points=points, closing=run.story.closing
            )


def finish(run: CaseRun) -> None:
    """The team's task is done."""
    with run.as_(run.team[0]) as (acting, _case):
        task = run.task(acting)
        fieldwork.finish_task(acting, task_id=task.id, version=task.version)


def close(run: CaseRun) -> None:
    """The opener closes the case."""
    with run.as_(run.opener) as (acting, case):
        answering.close_case(acting, case_id=case.id, version=case.version)


def _item(run: CaseRun, acting: Acting, index: int) -> RectificationItem:
    return acting.session.get_one(RectificationItem, run.items[index])
