"""Guards that keep inspections few and within bounds: quota, whose duty it is, and what is no inspection.

Source: Reg. art. 15; rules.toml quota-unit, town-duty, daily-check.
"""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from portal.clock import civil_day
from verification.errors import Refusal
from verification.policy.restraint import duty_pushed_down, units_over_quota
from verification.workflow.facts import Facts

QUOTA, TOWN_DUTY, DAILY_CHECK = "quota-unit", "town-duty", "daily-check"


def quota_is_kept(facts: Facts) -> Refusal | None:
    """Not asked of the head's own instruction, which dockets at once (Art. 11 (1))."""
    full = units_over_quota(
        facts.session, case=facts.subject, today=civil_day(facts.clock), quota=facts.rules.number(QUOTA)
    )
    if not full or facts.is_set_aside(QUOTA):
        return None
    names = "、".join(unit.name for unit in full)
    return Refusal(QUOTA, _l("Already inspected as often as the quota allows: %(units)s.", units=names))


def town_has_the_duty(facts: Facts) -> Refusal | None:
    towns, _departments = duty_pushed_down(facts.session, case=facts.subject)
    if not towns or facts.is_set_aside(TOWN_DUTY):
        return None
    return Refusal(
        TOWN_DUTY,
        _l("The duty list gives this matter to departments, and only a town is inspected."),
        "duty_basis",
    )


def is_no_daily_check(facts: Facts) -> Refusal | None:
    if not facts.given.get("daily_check"):
        return None
    return Refusal(DAILY_CHECK, _l("The title names a department's daily check, which is no inspection."))
