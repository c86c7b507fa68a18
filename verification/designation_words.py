"""Words for designations of departments: how one stands, and what a department is designated for.

Chinese is in translations/zh_Hans/designation.po.
"""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from verification.models import DesignationDuty, DesignationState

#: States of a designation.
DESIGNATION_STATES: dict[DesignationState, LazyString] = {
    DesignationState.PROPOSED: _l("Laid before the head"),
    DesignationState.RUNNING: _l("Designated"),
    DesignationState.RETURNED: _l("Designation not made"),
    DesignationState.REVOKED: _l("Revoked"),
}

#: What a department is designated for.
DESIGNATION_DUTIES: dict[DesignationDuty, LazyString] = {
    DesignationDuty.LEAD: _l("Organise and lead the inspection"),
    DesignationDuty.TAKE_PART: _l("Send people to the team"),
}
