"""依法督查对照表: one page that shows a superior that the law was followed, or where it was not.

Must not know: what a step is read from (``queries.compliance``).
"""

from __future__ import annotations

import uuid
from typing import Final

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from verification.audit.events import Event
from verification.policy.embargo import SHOWN_STATE, is_hidden
from verification.policy.permissions import Permission
from verification.policy.rulebook import shipped_rules
from verification.queries.cases import titles_of
from verification.queries.compliance import steps_of
from verification.queries.compliance_light import light_steps_of
from verification.queries.compliance_papers import papers_of
from verification.queries.compliance_steps import Met, StepCode, as_docketed
from verification.web.explain import explained_rule
from verification.web.loaders import load_docketed_case
from verification.web.office import acting_in
from verification.web.routing import route

blueprint = Blueprint("compliance", __name__)

STEPS: Final[dict[StepCode, LazyString]] = {
    StepCode.CONTENT: _l("One of the four contents is named"),
    StepCode.OBJECTS: _l("Every unit is one that may be inspected"),
    StepCode.SEARCHED: _l("Running and recent inspections were searched for"),
    StepCode.QUOTA: _l("Beyond the yearly quota by the director's written reason"),
    StepCode.TOWN_DUTY: _l("A department's duty given to a town has its written basis"),
    StepCode.ENDORSED: _l("A deputy endorsed the proposal"),
    StepCode.DOCKETED: _l("Docketed by the head of government"),
    StepCode.DOCKET_APART: _l("Proposed and approved by different people"),
    StepCode.PLANNED: _l("The plan was approved"),
    StepCode.PLAN_APART: _l("Plan written and approved by different people"),
    StepCode.BURDENS: _l("What burdens the unit has its written reason"),
    StepCode.TEAM: _l("At least two to a task, nobody with an interest"),
    StepCode.GUESTS: _l("Outside members are trained and have signed the undertaking"),
    StepCode.DESIGNATED: _l("Departments on the team were designated"),
    StepCode.SIGNED: _l("Each task signed for, with the undertaking"),
    StepCode.RECUSED: _l("Every request that somebody keep away was decided"),
    StepCode.RECHECKED: _l("The work of whoever keeps away was checked by another"),
    StepCode.GIVEN_BACK: _l("Papers and samples given back, or the reason noted"),
    StepCode.AFTER_DOCKET: _l("No work on site before docketing"),
    StepCode.TWO_ON_SITE: _l("Visits and interviews by at least two"),
    StepCode.WITHIN_PLAN: _l("Records within the plan"),
    StepCode.SITE_LOAD: _l("People and hours on site within the plan"),
    StepCode.FINDINGS: _l("A finding for each allegation"),
    StepCode.EXHIBITS: _l("Findings rest on exhibits"),
    StepCode.STATEMENTS: _l("The unit was heard on each allegation"),
    StepCode.WEIGHED: _l("What goes against the unit or the evidence has its reasons"),
    StepCode.CONCLUDED: _l("The conclusion was approved"),
    StepCode.SECOND_READ: _l("Read over by a second reader, its wording checked"),
    StepCode.CONCLUSION_APART: _l("Conclusion drafted and approved by different people"),
    StepCode.DELIVERED: _l("Delivered to the unit, with its right to object"),
    StepCode.REVIEWED: _l("Reviews decided by people without a part in it"),
    StepCode.VERIFIED: _l("Rectification verified by the team"),
    StepCode.FALSE_REPORTS: _l("False rectification found, and put right since"),
    StepCode.RELAPSED: _l("Relapses found when looking back, and put right since"),
    StepCode.CLOSED_OFF: _l("Closed off by somebody uninvolved"),
    StepCode.ASKED: _l("Informants asked whether it is fixed, and heard"),
    StepCode.COORDINATED: _l("Coordination items agreed to by the director, and done or carried on"),
    StepCode.REFERRED: _l("Duty violations and crimes handed over, with a receipt"),
    StepCode.USES_APPROVED: _l("What was made of the conclusion was approved before it was sent"),
    StepCode.ANSWERED: _l("Every informant was answered"),
    StepCode.CLOSED: _l("Closed"),
    StepCode.LOOKED_BACK: _l("Looked back at, and settled by somebody else"),
    StepCode.COVERED: _l("A docketed programme and its approved plan cover it"),
    StepCode.ASSIGNED: _l("Assigned to a unit that is not in conflict"),
    StepCode.SIGNED_FOR: _l("The unit signed for it"),
    StepCode.REPLIED: _l("The unit answered each question, with proof"),
    StepCode.CHECKED: _l("The reply was checked question by question"),
}
MET: Final[dict[Met, tuple[LazyString, str]]] = {
    Met.DONE: (_l("shown"), "green"),
    Met.MISSING: (_l("missing"), "red"),
    Met.NOT_YET: (_l("not yet"), ""),
    Met.NOT_NEEDED: (_l("nothing to show"), ""),
}


@route(blueprint, "/cases/<uuid:case_id>/compliance", permission=Permission.CASE_READ)
def show(case_id: uuid.UUID) -> ResponseReturnValue:
    """The sheet of one case. Looking at it is traced like looking at the case."""
    rules = shipped_rules()
    with acting_in(write=True) as acting:
        case = load_docketed_case(acting, case_id)
        is_secret = is_hidden(acting.session, staff_id=acting.staff_id, case_id=case_id)
        acting.trace(Event.CASE_VIEWED, subject_kind="case", subject_id=case.id)
        steps = steps_of(acting, case) if case.programme_id is None else light_steps_of(acting, case)
        if is_secret:
            steps = [as_docketed(step) for step in steps]
        return render_template(
            "verification/compliance.html",
            case=case,
            title=titles_of(acting, [case])[case.id],
            steps=[
                (step, STEPS[step.code], [explained_rule(rules[rule_id]) for rule_id in step.rule_ids])
                for step in steps
            ],
            papers={} if is_secret else papers_of(acting.session, case.id, steps),
            met=MET,
            shown_state=SHOWN_STATE if is_secret else case.state,
            missing=sum(step.met is Met.MISSING for step in steps),
        )
