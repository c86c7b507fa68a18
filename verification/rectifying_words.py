"""Words for the codes of rectification: what informants say, what is decided, what the team found.

Chinese is in translations/zh_Hans/asking.po and its neighbours.
"""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from portal.models.records import Fixed, Treated
from verification.models import (
    AskingState,
    DisputeDecision,
    ExtensionState,
    ItemState,
    LookBackFinding,
    LookBackState,
    VerifiedHow,
)

#: States of a question whether it is fixed.
ASKING_STATES: dict[AskingState, LazyString] = {
    AskingState.OPEN: _l("Not answered yet"),
    AskingState.ANSWERED: _l("Answered, not read yet"),
    AskingState.CONFIRMED: _l("Says it is fixed"),
    AskingState.DISPUTED: _l("To be decided on"),
    AskingState.DECIDED: _l("Decided on"),
}

#: What an informant says of the fix, and of how they were treated.
FIXED: dict[Fixed, LazyString] = {
    Fixed.YES: _l("Fixed"),
    Fixed.PARTLY: _l("Partly fixed"),
    Fixed.NO: _l("Not fixed"),
}
TREATED: dict[Treated, LazyString] = {
    Treated.WELL: _l("Treated properly"),
    Treated.BADLY: _l("Not treated properly"),
}

#: What follows from an informant's “not fixed”.
DISPUTE_DECISIONS: dict[DisputeDecision, LazyString] = {
    DisputeDecision.AGAIN: _l("Verify it again"),
    DisputeDecision.STANDS: _l("It stands as it is"),
}

#: States of a request for more time.
EXTENSION_STATES: dict[ExtensionState, LazyString] = {
    ExtensionState.ASKED: _l("Asked for, not decided yet"),
    ExtensionState.GRANTED: _l("Granted"),
    ExtensionState.REFUSED: _l("Refused"),
}

#: States of a look-back.
LOOK_BACK_STATES: dict[LookBackState, LazyString] = {
    LookBackState.DUE: _l("To be looked back at"),
    LookBackState.ASSIGNED: _l("Somebody looks again"),
    LookBackState.REPORTED: _l("Looked at, not settled yet"),
    LookBackState.SETTLED: _l("Settled"),
    LookBackState.DROPPED: _l("Dropped with the review"),
}

#: What a look-back finds of an item.
LOOK_BACK_FINDINGS: dict[LookBackFinding, LazyString] = {
    LookBackFinding.HOLDS: _l("Holds"),
    LookBackFinding.RELAPSED: _l("Has relapsed"),
    LookBackFinding.NEVER_DONE: _l("Was never put right; the report was false"),
    LookBackFinding.UNCHECKED: _l("Could not be checked"),
}

#: How rectification was verified.
VERIFIED_HOW: dict[VerifiedHow, LazyString] = {
    VerifiedHow.ON_SITE: _l("On the spot"),
    VerifiedHow.DOCUMENTS: _l("By documents"),
}

#: States of a rectification item.
ITEM_STATES: dict[ItemState, LazyString] = {
    ItemState.ORDERED: _l("Ordered"),
    ItemState.REPORTED: _l("Reported"),
    ItemState.RETURNED: _l("Returned"),
    ItemState.VERIFIED: _l("Verified"),
    ItemState.CLOSED_OFF: _l("Closed off"),
    ItemState.FALSE: _l("False rectification"),
    ItemState.WITHDRAWN: _l("Fell with the review"),
}
