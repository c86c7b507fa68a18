"""A case from its opening to its plan: what the desk, the deputies, the head and the director do.

Each function is one step, by one person, in one transaction, as on a page. Source: 1-mission journey 2–4.
"""

from __future__ import annotations

from datetime import timedelta

from portal.models import Tip
from verification.demo.case_run import CaseRun
from verification.domain import casework, notifying, paper, planning
from verification.domain.casework import Brief, CaseFrame
from verification.domain.openings import Origin, open_from_paper
from verification.domain.planning import PlanFrame, PlanText
from verification.domain.restraint import override_rule
from verification.models import CaseSource
from verification.workflow.guards_restraint import QUOTA
from verification.workflow.states import Action


def open_case(run: CaseRun) -> None:
    """The opener writes the brief and takes the tips up, or notes the paper that it rests on."""
    story = run.story
    brief = Brief(story.title, story.brief, tuple(claim.text for claim in story.claims))
    frame = CaseFrame(
        case_type=story.case_type,
        content_basis=story.basis,
        category=story.category,
        priority=story.priority,
        town_id=run.stage.units[story.town] if story.town else None,
        unit_ids=run.unit_ids,
    )
    with run.stage.acting(run.opener) as acting:
        if story.source is CaseSource.TIP:
            tips = [acting.session.get_one(Tip, run.tips[key].tip_id) for key in story.tips]
            taken = [(tip.id, tip.version) for tip in tips]
            case = casework.open_case(acting, tips=taken, brief=brief, frame=frame)
        else:
            from_whom, number, before = story.paper_of
            origin = Origin(from_whom, number, run.today - timedelta(days=before))
            case = open_from_paper(acting, source=story.source, origin=origin, brief=brief, frame=frame)
        run.case_id = case.id


def propose(run: CaseRun) -> None:
    """The opener proposes docketing."""
    with run.as_(run.opener) as (acting, case):
        casework.propose_docketing(
            acting, case_id=case.id, version=case.version, overlap_reason=run.story.overlap,
            duty_basis=run.story.reasons.get("duty", ""),
        )  # fmt: skip


def endorse(run: CaseRun) -> None:
    """A deputy adds an opinion; a small office has none."""
    if (deputy := run.deputy) is None:
        return
    with run.as_(deputy) as (acting, case):
        casework.endorse_docketing(acting, case_id=case.id, version=case.version, note=run.story.endorse)


def send_back(run: CaseRun) -> None:
    """The head returns the proposal."""
    with run.as_(run.head) as (acting, case):
        casework.return_docketing(
            acting, case_id=case.id, version=case.version, note=run.story.return_docketing
        )


def record_paper(run: CaseRun) -> None:
    """The opener records the head's signature on paper; it waits for a second person."""
    assert run.scan is not None
    with run.as_(run.opener) as (acting, case):
        act = paper.record_paper(
            acting,
            case=case,
            action=Action.APPROVE_DOCKETING,
            signed_by=run.stage.staff[run.head],
            signed_on=run.today,
            scan=run.seal(run.scan),
            note="",
        )
        run.paper_id = act.id


def approve(run: CaseRun) -> None:
    """The head dockets the case, on screen or by a paper that two people record.

    Where the quota stands against it, the director has set it aside before.
    """
    if why := run.story.reasons.get("quota"):
        with run.as_(run.director) as (acting, case):
            override_rule(acting, case_id=case.id, version=case.version, rule_id=QUOTA, reason=why)
    if not run.story.paper:
        with run.as_(run.head) as (acting, case):
            casework.approve_docketing(acting, case_id=case.id, version=case.version)
        return
    record_paper(run)
    assert run.paper_id is not None
    with run.stage.acting(run.colleague) as acting:
        paper.confirm_paper(acting, paper_id=run.paper_id)


def plan(run: CaseRun) -> None:
    """The opener writes a plan, the next version where one was returned, and proposes it."""
    story = run.story.plan
    if story is None:
        raise ValueError(f"{run.story.key} has no plan")
    with run.as_(run.opener) as (acting, case):
        planning.write_and_propose_plan(
            acting,
            case_id=case.id,
            version=case.version,
            text=PlanText(
                story.content,
                run.story.title,
                story.scope,
                story.risks,
                outside=run.guests,
                materials=story.materials,
                meeting_people=story.meeting_people,
                burden_reason=story.burden_reason,
                card_scope=story.card_scope,
            ),
            frame=PlanFrame(
                units=run.unit_ids,
                methods=story.methods,
                unannounced=story.unannounced,
                starts_on=run.today,
                ends_on=run.today + timedelta(days=story.days),
                people=story.people,
                hours=story.hours,
            ),
        )


def return_plan(run: CaseRun) -> None:
    """The director returns the plan."""
    with run.as_(run.director) as (acting, case):
        planning.return_plan(acting, case_id=case.id, version=case.version, note=run.story.return_plan)


def approve_plan(run: CaseRun) -> None:
    """The director approves it."""
    with run.as_(run.director) as (acting, case):
        planning.approve_plan(acting, case_id=case.id, version=case.version)
    story = run.story.plan
    if story is None or not story.notice:
        return
    with run.as_(run.opener) as (acting, case):
        notifying.issue_notice(
            acting, case_id=case.id, version=case.version, words=story.notice, materials=story.materials
        )
