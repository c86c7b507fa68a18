"""Words for what happens around a team: who keeps away, what it asked for and holds; shown by ``labels``."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from verification.models import HoldingKind, HoldingState, RecusalOrigin, RecusalState

#: States of a request that somebody keep away.
RECUSAL_STATES: dict[RecusalState, LazyString] = {
    RecusalState.ASKED: _l("Waits for the decision"),
    RecusalState.GRANTED: _l("Keeps away"),
    RecusalState.REFUSED: _l("May stay"),
}

#: Who asks for it. Source: Civil Servant Law 77.
RECUSAL_ORIGINS: dict[RecusalOrigin, LazyString] = {
    RecusalOrigin.OWN: _l("The person themselves"),
    RecusalOrigin.INTERESTED: _l("Somebody with an interest"),
    RecusalOrigin.TOLD: _l("Somebody else told the office"),
    RecusalOrigin.OFFICE: _l("The office itself"),
}

#: What a team asked for or took along, and where it stands.
HOLDING_KINDS: dict[HoldingKind, LazyString] = {
    HoldingKind.DOCUMENT: _l("Papers"),
    HoldingKind.SAMPLE: _l("Sample"),
}
HOLDING_STATES: dict[HoldingState, LazyString] = {
    HoldingState.ASKED: _l("Asked for, not supplied yet"),
    HoldingState.HELD: _l("With us, to be given back"),
    HoldingState.RETURNED: _l("Given back"),
    HoldingState.KEPT: _l("Stays on file"),
    HoldingState.DENIED: _l("Not supplied"),
}
