"""A case on site: who is sent, what they hand back, record and find. One step a function.

Teams are those that the office's own suggestion proposes, so that nobody goes where they must not.
Source: 1-mission journey 4–5.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta

from portal.clock import CIVIL_ZONE
from verification.demo.case_run import CaseRun
from verification.demo.stories import RecordStory
from verification.domain import dispatch as dispatching
from verification.domain import fieldwork, findings, weighing
from verification.domain.fieldwork import RecordEntry
from verification.domain.planning import latest_plan
from verification.domain.record_forms import RECORD_FORMS
from verification.domain.teams import suggest_team
from verification.domain.weighing import Mark
from verification.models import Finding, RecordKind, Stance, StatementKind, TaskState
from verification.policy.evidence import WITHOUT_EXHIBITS, sources_of

#: When a visit by night begins; it is written down the next morning.
NIGHT = time(22, 40)
#: There and back, for a visit.
_ON_THE_WAY = 40
#: How long after coming back a record is written.
WRITTEN_AFTER = timedelta(minutes=15)


def dispatch(run: CaseRun) -> None:
    """The opener sends the suggested team, leaving out whoever has handed the task back."""
    people = run.story.plan.people if run.story.plan else 2
    with run.as_(run.opener) as (acting, case):
        plan = latest_plan(acting, case.id)
        assert plan is not None
        suggestion = suggest_team(acting.session, case_id=case.id, clock=acting.clock, count=people)
        free = [one for one in suggestion.candidates if one.is_free]
        rested = [one for one in free if one.staff_id not in run.left_out]
        sent = (rested if len(rested) >= people else free)[:people]
        if not any(one.may_lead for one in sent):
            sent[-1] = next(one for one in free if one.may_lead)
        team = [one.staff_id for one in sent]
        first = next(one.staff_id for one in sent if one.may_lead)
        leader = suggestion.leader if suggestion.leader in team else first
        task = dispatching.dispatch_task(
            acting,
            case_id=case.id,
            version=case.version,
            plan_id=plan.id,
            team=team,
            leader=leader,
            due_on=dispatching.due_on_for(acting, case),
            outside=run.guests,
        )
        run.task_id = task.id
        members = sorted(team, key=lambda person: person != leader)
        run.team = [run.stage.login_of(person) for person in members]


def hand_back(run: CaseRun) -> None:
    """The leader hands the task back."""
    with run.as_(run.team[0]) as (acting, _case):
        task = run.task(acting)
        dispatching.hand_back_task(acting, task_id=task.id, version=task.version, note=run.story.hand_back)


def rule(run: CaseRun) -> None:
    """The opener rules on it."""
    with run.as_(run.opener) as (acting, _case):
        task = dispatching.rule_on_hand_back(
            acting,
            task_id=run.task(acting).id,
            version=run.task(acting).version,
            uphold=run.story.ruling_uphold,
            note=run.story.ruling,
        )
        if task.state is TaskState.WITHDRAWN:
            run.left_out.update(run.stage.staff[login] for login in run.team)


def sign(run: CaseRun) -> None:
    """The leader signs for the task."""
    with run.as_(run.team[0]) as (acting, _case):
        task = run.task(acting)
        dispatching.sign_task(acting, task_id=task.id, version=task.version)


def record(run: CaseRun, story: RecordStory, photos: list[tuple[int, str]]) -> None:
    """A member writes down what the team did, with its pictures."""
    writer = run.team[story.on % len(run.team)]
    there = [writer] if story.alone else run.team
    entry = RecordEntry(
        kind=story.kind,
        method=story.method or RECORD_FORMS[story.kind].method,
        began_at=_began_at(run, story),
        minutes=story.minutes,
        unit_id=run.stage.units[story.unit] if story.unit else None,
        people=tuple(run.stage.staff[login] for login in there),
        place=story.place,
        words=story.words,
        travel_minutes=_ON_THE_WAY if story.kind is RecordKind.VISIT else 0,
    )
    with run.as_(writer) as (acting, _case):
        exhibits = run.exhibits(photos, place=story.place)
        fieldwork.log_record(acting, task_id=run.task(acting).id, entry=entry, exhibits=exhibits)


def begin_follow(run: CaseRun) -> None:
    """The lead was carried there; now the problem is followed."""
    with run.as_(run.team[0]) as (acting, _case):
        task = run.task(acting)
        fieldwork.begin_follow(acting, task_id=task.id, version=task.version)


def find(run: CaseRun) -> None:
    """Members weigh the evidence, record the unit's statement and find what the story says of every claim."""
    for index, claim in enumerate(run.story.claims):
        _weigh(run, index)
        if claim.finding is None:
            continue
        with run.as_(run.team[index % len(run.team)]) as (acting, _case):
            row = run.allegations(acting)[index]
            kind = StatementKind.GIVEN if claim.statement else StatementKind.DECLINED
            row = findings.record_statement(
                acting,
                allegation_id=row.id,
                version=row.version,
                kind=kind,
                stance=claim.stance,
                text=claim.statement,
            )
            findings.record_finding(
                acting,
                allegation_id=row.id,
                version=row.version,
                finding=claim.finding,
                reasons=claim.reasons,
                weighed=claim.weighed,
            )


def _weigh(run: CaseRun, index: int) -> None:
    """What exhibits and records say to a claim: those that are its own bear on it, the others do not.

    A finding that something is wholly or partly true has them for it, one that it is untrue against it; where
    nothing could be verified, they say nothing. A claim without a finding is not judged to the end yet.
    """
    claim, count = run.story.claims[index], len(run.story.claims)
    agrees = Stance.REFUTES if claim.finding is Finding.UNTRUE else Stance.SUPPORTS
    with run.as_(run.team[index % len(run.team)]) as (acting, case):
        row = run.allegations(acting)[index]
        sources = sources_of(acting.session, case.id)
        usable = [one.id for one in sources if one.is_exhibit and not one.off_plan]
        own = set(usable[index::count] or usable[:1])
        records = [one.id for one in sources if not one.is_exhibit]
        own |= set(records[index::count])
        outside = {one.id for one in sources if one.off_plan}
        marks = {}
        for source in sources:
            if claim.finding is None and source.id not in own:
                continue
            bears = source.id in own | outside and claim.finding not in WITHOUT_EXHIBITS
            marks[source.id] = Mark(agrees if bears else Stance.SILENT, 0)
        weighing.weigh_evidence(
            acting, allegation_id=row.id, version=row.version, marks=marks, needed=claim.needed
        )


def begin_fix(run: CaseRun) -> None:
    """Everything is found; now the team watches until it is fixed."""
    with run.as_(run.team[0]) as (acting, _case):
        task = run.task(acting)
        fieldwork.begin_fix(acting, task_id=task.id, version=task.version)


def _began_at(run: CaseRun, story: RecordStory) -> datetime:
    now = run.stage.clock.now()
    if not story.night:
        return now - timedelta(minutes=story.minutes) - WRITTEN_AFTER
    evening = now.astimezone(CIVIL_ZONE).date() - timedelta(days=1)
    return datetime.combine(evening, NIGHT, tzinfo=CIVIL_ZONE)
