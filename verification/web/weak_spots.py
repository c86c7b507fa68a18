"""短板弱项: what lags in this office, with the lists behind each number. Must not know: how it is counted."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from portal.texts import either
from verification.models import Unit
from verification.policy.permissions import Permission
from verification.policy.rulebook import shipped_rules
from verification.queries.weak_spots import Waits, weak_spots
from verification.web.explain import explained_rule
from verification.web.office import acting_in
from verification.web.routing import route

blueprint = Blueprint("weak_spots", __name__)

#: Whom an overdue step waits for, in words.
WAITS: Final[dict[Waits, LazyString]] = {
    Waits.DESK: _l("the supervisors"),
    Waits.TEAM: _l("a team"),
    Waits.UNIT: _l("a unit"),
    Waits.HEAD: _l("the government's decision"),
    Waits.INFORMANT: _l("the informant"),
}


@route(blueprint, "/weak-spots", permission=Permission.OFFICE_WEAK_SPOTS)
def show() -> ResponseReturnValue:
    """Only what lags; what is in order is not shown."""
    rules = shipped_rules()
    with acting_in() as acting:
        spots = weak_spots(acting)
        return render_template(
            "verification/weak_spots.html",
            spots=spots,
            people=spots.people,
            by_rule=[
                (explained_rule(rules[rule_id]).text, count, str(count))
                for rule_id, count in spots.by_rule.items()
            ],
            by_waiting=[(WAITS[whom], count, str(count)) for whom, count in spots.by_waiting.items()],
            lagging=[
                (one, explained_rule(rules[one.rule_id]).text, WAITS[one.waits]) for one in spots.lagging
            ],
            overridden=[(one, explained_rule(rules[one.rule_id]).text) for one in spots.overridden],
            units_late=_bars(spots.units_late),
            inspected=_bars(spots.inspected),
            returned=_bars(spots.returned),
        )


def _bars(pairs: list[tuple[Unit, int]]) -> list[tuple[str, int, str]]:
    return [(either(unit.name, unit.name_en), count, str(count)) for unit, count in pairs]
