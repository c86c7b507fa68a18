"""Who works here, for administrators: names, roles, units, training; never a key or what anybody can read."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from verification.models import Role, Staff, StaffRole, Unit
from verification.policy.permissions import Permission
from verification.web.office import acting_in
from verification.web.routing import route

blueprint = Blueprint("staff", __name__)


@route(blueprint, "/staff", permission=Permission.STAFF_ADMIN)
def show() -> ResponseReturnValue:
    """Everybody, by unit and name."""
    with acting_in() as acting:
        people = acting.session.execute(
            select(Staff, Unit)
            .join(Unit, Unit.id == Staff.unit_id)
            .order_by(Staff.active.desc(), Unit.code, Staff.name, Staff.id)
        )
        roles: dict[object, list[Role]] = {}
        for row in acting.session.scalars(select(StaffRole)):
            roles.setdefault(row.staff_id, []).append(row.role)
        return render_template(
            "verification/staff.html",
            people=[(person, unit, sorted(roles.get(person.id, []))) for person, unit in people],
        )
