"""Words for evidence, delivery and derived leads. Used through ``labels.label``.

Must not know: any page.
"""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from verification.models import DeliveryMeans, LeadState, Stance

#: States of a derived lead.
LEAD_STATES: dict[LeadState, LazyString] = {
    LeadState.NOTED: _l("To be decided on"),
    LeadState.TAKEN_UP: _l("Taken up"),
    LeadState.DECLINED: _l("Not taken up"),
}

#: How a conclusion reached the unit.
DELIVERY_MEANS: dict[DeliveryMeans, LazyString] = {
    DeliveryMeans.HAND: _l("Handed over"),
    DeliveryMeans.POST: _l("By post"),
    DeliveryMeans.LEFT: _l("Left there, with a witness"),
    DeliveryMeans.NETWORK: _l("Over the government's network"),
}

#: What a piece of evidence says to an allegation.
STANCES: dict[Stance, LazyString] = {
    Stance.SUPPORTS: _l("Supports"),
    Stance.REFUTES: _l("Refutes"),
    Stance.SILENT: _l("Silent"),
}
