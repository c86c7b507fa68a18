"""What happens to a designation: the government makes, returns and revokes it (Reg. art. 7)."""

from __future__ import annotations

from verification.audit.events import Event
from verification.models import DesignationState as D
from verification.policy.permissions import Permission as May
from verification.workflow import guards as g
from verification.workflow import guards_designation as d
from verification.workflow.states import Action as Do
from verification.workflow.states import SubjectKind
from verification.workflow.transition import Audience, Transition

DESIGNATION = SubjectKind.DESIGNATION

DESIGNATIONS = (
    Transition(
        DESIGNATION, D.PROPOSED, Do.MAKE_DESIGNATION, D.RUNNING, May.DESIGNATION_MAKE,
        Event.DESIGNATION_MADE, ("reg-7", "designation-separate", "field-after-docket"),
        guards=(
            g.case_is_docketed, d.designee_is_department, d.designee_is_no_object, d.term_is_not_over,
            d.maker_is_not_writer,
        ),
        tells=(Audience.PROPOSER, Audience.DIRECTORS),
    ),
    Transition(
        DESIGNATION, D.PROPOSED, Do.RETURN_DESIGNATION, D.RETURNED, May.DESIGNATION_MAKE,
        Event.DESIGNATION_RETURNED, ("reg-7", "return-reason"), guards=(g.return_has_reason,),
        tells=(Audience.PROPOSER,),
    ),
    Transition(
        DESIGNATION, D.RUNNING, Do.REVOKE_DESIGNATION, D.REVOKED, May.DESIGNATION_MAKE,
        Event.DESIGNATION_REVOKED, ("reg-7", "return-reason"), guards=(g.return_has_reason,),
        tells=(Audience.PROPOSER, Audience.DIRECTORS, Audience.TEAM),
    ),
)
