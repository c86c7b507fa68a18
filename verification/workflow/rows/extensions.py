"""More time for an item: the unit asks once, the desk or the director decides."""

from __future__ import annotations

from verification.audit.events import Event
from verification.models import ExtensionState as E
from verification.models import ItemState as I
from verification.policy.permissions import Permission as May
from verification.workflow import guards as g
from verification.workflow import guards_extension as e
from verification.workflow import guards_fieldwork as f
from verification.workflow.states import Action as Do
from verification.workflow.states import SubjectKind
from verification.workflow.transition import Audience, Transition

ITEM, EXTENSION = SubjectKind.ITEM, SubjectKind.EXTENSION

EXTENSIONS = (
    *(
        Transition(
            ITEM, state, Do.ASK_EXTENSION, None, May.ITEM_REPORT, Event.EXTENSION_ASKED,
            ("extension-once", "reg-18"),
            guards=(
                f.reporter_is_of_unit, e.extension_is_first, e.extension_has_reason, e.extension_is_later,
            ),
            tells=(Audience.PROPOSER, Audience.DIRECTORS),
        )
        for state in (I.ORDERED, I.RETURNED, I.FALSE)
    ),
    Transition(
        EXTENSION, E.ASKED, Do.GRANT_EXTENSION, E.GRANTED, May.EXTENSION_DECIDE, Event.EXTENSION_GRANTED,
        ("extension-once", "return-reason"), guards=(g.return_has_reason,),
        tells=(Audience.LIAISONS, Audience.TEAM),
    ),
    Transition(
        EXTENSION, E.ASKED, Do.REFUSE_EXTENSION, E.REFUSED, May.EXTENSION_DECIDE, Event.EXTENSION_REFUSED,
        ("extension-once", "return-reason"), guards=(g.return_has_reason,),
        tells=(Audience.LIAISONS, Audience.TEAM),
    ),
)
