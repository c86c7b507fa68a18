"""Asking the informants whether it was really fixed, and what their answers do."""

from __future__ import annotations

from portal.models import TipState as T
from verification.audit.events import Event
from verification.models import AskingState as A
from verification.models import CaseState as C
from verification.models import ItemState as I
from verification.policy.permissions import Permission as May
from verification.workflow import guards as g
from verification.workflow import guards_asking as q
from verification.workflow.states import Action as Do
from verification.workflow.states import SubjectKind
from verification.workflow.transition import Audience, Transition

TIP, CASE, ITEM, ASKING = SubjectKind.TIP, SubjectKind.CASE, SubjectKind.ITEM, SubjectKind.ASKING

ASKINGS = (
    Transition(
        ASKING, A.OPEN, Do.TAKE_RATING, A.ANSWERED, May.SYSTEM, Event.FIX_ANSWERED, ("close-asked",),
        meets=("close-asked",), tells=(Audience.PROPOSER,),
    ),
    Transition(
        ASKING, A.ANSWERED, Do.CONFIRM_FIXED, A.CONFIRMED, May.FIX_ASK, Event.FIX_CONFIRMED,
        ("close-asked",), guards=(q.rating_says_fixed,),
    ),
    Transition(
        ASKING, A.ANSWERED, Do.NOTE_UNFIXED, A.DISPUTED, May.FIX_ASK, Event.FIX_DISPUTED,
        ("asked-unfixed",), guards=(q.rating_says_otherwise,), tells=(Audience.PROPOSER, Audience.TEAM),
    ),
    Transition(
        ASKING, A.DISPUTED, Do.DECIDE_DISPUTE, A.DECIDED, May.FIX_ASK, Event.DISPUTE_DECIDED,
        ("asked-unfixed", "return-reason"), guards=(g.return_has_reason, q.again_names_items),
        tells=(Audience.TEAM,),
    ),
    *(
        Transition(
            ASKING, state, Do.TAKE_PRESSURE, A.DISPUTED, May.SYSTEM, Event.RATING_PRESSED,
            ("asked-unfixed",), meets=("close-asked",), tells=(Audience.PROPOSER, Audience.DIRECTORS),
        )
        for state in A
    ),
)

#: What asking does to the case, and an informant's “not fixed” to its items.
ASKED = (
    *(
        Transition(
            CASE, state, Do.ASK_FIXED, None, May.FIX_ASK, Event.FIX_ASKED, ("close-asked", "close-answered"),
            guards=(q.something_is_fixed, q.somebody_is_unasked, q.informants_know_the_result),
        )
        for state in (C.RECTIFYING, C.SETTLED)
    ),
    *(
        Transition(
            ITEM, state, Do.VERIFY_AGAIN, I.REPORTED, May.FIX_ASK, Event.ITEM_DOUBTED,
            ("asked-unfixed", "item-verified"), guards=(q.informant_disputes_it,),
            starts=("clock-verify-item",), tells=(Audience.TEAM,),
        )
        for state in (I.VERIFIED, I.CLOSED_OFF)
    ),
)

#: A rating with no question, and pressure where nobody was asked, are news to the desk all the same.
ASKED_TIPS = tuple(
    Transition(
        TIP, state, Do.TAKE_PRESSURE, None, May.SYSTEM, Event.TIP_PRESSED, ("asked-unfixed",),
        tells=(Audience.DESK,),
    )
    for state in T
)
