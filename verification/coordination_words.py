"""Words for coordination items: states, acts, and what the trail says of them.

Chinese is in translations/zh_Hans/coordination.po.
"""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from verification.audit.events import Event
from verification.models import CoordinationState, PartState
from verification.workflow.states import Action

#: States of a coordination item.
COORDINATION_STATES: dict[CoordinationState, LazyString] = {
    CoordinationState.PROPOSED: _l("Proposed to the director"),
    CoordinationState.RETURNED: _l("Returned by the director"),
    CoordinationState.AGREED: _l("Agreed, with the departments"),
    CoordinationState.DONE: _l("Goal reached"),
    CoordinationState.WITHDRAWN: _l("Taken back"),
    CoordinationState.CARRIED_ON: _l("Carried on in a standing mechanism"),
}

#: States of a department's part.
PART_STATES: dict[PartState, LazyString] = {
    PartState.PLANNED: _l("Not asked yet"),
    PartState.ASKED: _l("Asked, not answered yet"),
    PartState.TAKEN_ON: _l("Taken on by the department"),
    PartState.DECLINED: _l("Declined, to be ruled on"),
    PartState.RULED: _l("Must, says the director; the head endorses"),
    PartState.REPORTED: _l("Reported, to be checked"),
    PartState.RETURNED: _l("Report sent back"),
    PartState.DONE: _l("Part done"),
    PartState.RELEASED: _l("Released from it"),
    PartState.WITHDRAWN: _l("Part taken back"),
}

#: What is done to either.
COORDINATION_ACTIONS: dict[Action, LazyString] = {
    Action.PROPOSE_COORDINATION: _l("Propose a coordination item"),
    Action.REVISE_COORDINATION: _l("Write the coordination item anew"),
    Action.CHECK_COORDINATION: _l("Compare the wording with the tips"),
    Action.AGREE_COORDINATION: _l("Agree to the coordination item"),
    Action.RETURN_COORDINATION: _l("Return the coordination item"),
    Action.WITHDRAW_COORDINATION: _l("Take the coordination item back"),
    Action.FINISH_COORDINATION: _l("Note that the goal was reached"),
    Action.CARRY_ON_COORDINATION: _l("Carry it on in a standing mechanism"),
    Action.RECORD_MEETING: _l("Record a meeting of the departments"),
    Action.ASK_PART: _l("Ask the department for its part"),
    Action.TAKE_ON_PART: _l("Take the part on"),
    Action.DECLINE_PART: _l("Decline the part"),
    Action.RULE_PART: _l("Rule that the department must"),
    Action.RELEASE_PART: _l("Release the department"),
    Action.ENDORSE_RULING: _l("Endorse the ruling"),
    Action.RETURN_RULING: _l("Return the ruling"),
    Action.REPORT_PART: _l("Report on the part"),
    Action.CONFIRM_PART: _l("Confirm the part"),
    Action.RETURN_PART: _l("Send the report on the part back"),
    Action.WITHDRAW_PART: _l("Take the part back"),
}

#: What the audit trail says.
COORDINATION_EVENTS: dict[Event, LazyString] = {
    Event.COORDINATION_PROPOSED: _l("Coordination item was proposed"),
    Event.COORDINATION_REVISED: _l("Coordination item written anew"),
    Event.COORDINATION_CHECKED: _l("Wording of the coordination item compared"),
    Event.COORDINATION_AGREED: _l("Coordination item agreed to"),
    Event.COORDINATION_RETURNED: _l("Coordination item returned"),
    Event.COORDINATION_WITHDRAWN: _l("Coordination item taken back"),
    Event.COORDINATION_DONE: _l("Goal of the coordination item reached"),
    Event.COORDINATION_CARRIED_ON: _l("Coordination item carried on in a standing mechanism"),
    Event.COORDINATION_MET: _l("Departments met"),
    Event.PART_ASKED: _l("Department asked for its part"),
    Event.PART_TAKEN_ON: _l("Department took its part on"),
    Event.PART_DECLINED: _l("Department declined its part"),
    Event.PART_RULED: _l("Ruled that the department must"),
    Event.PART_RELEASED: _l("Department released from its part"),
    Event.RULING_ENDORSED: _l("Ruling endorsed by the head"),
    Event.RULING_RETURNED: _l("Ruling returned by the head"),
    Event.PART_REPORTED: _l("Department reported on its part"),
    Event.PART_CONFIRMED: _l("Department's part confirmed"),
    Event.PART_RETURNED: _l("Report on a part sent back"),
    Event.PART_WITHDRAWN: _l("Department's part taken back"),
}
