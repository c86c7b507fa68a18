"""Walking a coordination item through its departments with the real verbs.

``Coordinating(office)`` is a journey whose case is under rectification; ``walk.agreed()`` has an item with
three departments: transport leads, housing waits for it, the water bureau stands alone. Who acts for them:
lian, other, shui.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from tests.support.journey import Journey
from verification.domain import coordinating, coordination_parts
from verification.domain.coordination_texts import NewItem, NewPart
from verification.domain.founding import NewStaff, NewUnit, add_staff, add_unit
from verification.models import Coordination, CoordinationPart, Deadline, Role, UnitKind
from verification.policy.workdays import civil

LIAISONS = {"transport": "lian", "housing": "other", "water": "shui"}
TITLE, GOAL = "清溪镇卫生院路段管线迁改", "管线迁改与路面修复同步完成，不重复开挖。"
OBSTACLE = "路面下供水管线权属不清，单修路面仍会反复破损。"
WORK = {
    "transport": "修复路面并验收。", "housing": "完成雨污管网改造。", "water": "迁改供水管线。",
}  # fmt: skip


class Coordinating(Journey):
    """A journey with one coordination item."""

    help_id = uuid.UUID(int=0)
    has_water = False

    def with_water(self) -> Coordinating:
        """A third department, with its liaison."""
        if self.has_water:
            return self
        self.has_water = True
        with self.office.database.write() as session:
            unit = add_unit(
                session,
                NewUnit("water", "水利局", "Water Bureau", UnitKind.DEPARTMENT),
                keys=self.office.keys,
            )
            self.office.units["water"] = unit
            self.office.staff["shui"] = add_staff(
                session,
                NewStaff(login="shui", name="shui", roles=(Role.LIAISON,), unit_id=unit.id),
                keys=self.office.keys, own=self.office.secrets_of("shui"), clock=self.office.clock,
            )  # fmt: skip
        return self

    def new_item(self, **changes: Any) -> NewItem:
        """Three departments by three dates; housing waits for transport."""
        self.with_water()
        rows = (("transport", 10, None), ("housing", 20, 1), ("water", 15, None))
        parts = [
            NewPart(number, self.office.unit_id(code), WORK[code], self.in_days(days), after)
            for number, (code, days, after) in enumerate(rows, start=1)
        ]
        return replace(NewItem(TITLE, OBSTACLE, GOAL, parts), **changes)

    def in_days(self, days: int) -> date:
        """A day from today."""
        return self.today + timedelta(days=days)

    def helped(self, login: str = "fan", **changes: Any) -> Coordinating:
        """An item is proposed in a case that is there."""
        row = self.on_case(login, coordinating.propose_coordination, new=self.new_item(**changes))
        self.help_id = row.id
        return self

    def agreed(self) -> Coordinating:
        """From the beginning to an item that the director agreed to."""
        self.ordered()
        self.helped()
        self.on_help("director", coordinating.agree_coordination)
        return self

    @property
    def help(self) -> Coordination:
        """The item as it stands."""
        with self.office.database.read() as session:
            return session.get_one(Coordination, self.help_id)

    def part(self, code: str) -> CoordinationPart:
        """A department's part as it stands."""
        with self.office.database.read() as session:
            query = select(CoordinationPart).where(
                CoordinationPart.coordination_id == self.help_id,
                CoordinationPart.unit_id == self.office.unit_id(code),
            )
            return session.scalars(query).one()

    def on_help(self, login: str, verb: Callable[..., Any], **given: Any) -> Any:
        """A verb on the item at its present version."""
        with self.acting(login) as acting:
            return verb(acting, coordination_id=self.help_id, version=self.help.version, **given)

    def on_part(self, login: str, code: str, verb: Callable[..., Any], **given: Any) -> Any:
        """A verb on a department's part at its present version."""
        part = self.part(code)
        with self.acting(login) as acting:
            return verb(acting, part_id=part.id, version=part.version, **given)

    def taken_on(self, *codes: str) -> Coordinating:
        """These departments take their parts on."""
        for code in codes:
            self.on_part(LIAISONS[code], code, coordination_parts.take_on_part)
        return self

    def part_reported(self, *codes: str) -> Coordinating:
        """These departments report with a photograph."""
        for code in codes:
            self.on_part(
                LIAISONS[code], code, coordination_parts.report_part, done="已完成。",
                proofs=[self.photo(f"after {code}".encode())],
            )  # fmt: skip
        return self

    def confirmed(self, *codes: str, login: str = "du") -> Coordinating:
        """The team confirms these parts."""
        for code in codes:
            self.on_part(login, code, coordination_parts.confirm_part)
        return self

    def declined(self, code: str = "water") -> Coordinating:
        """A department declines."""
        self.on_part(LIAISONS[code], code, coordination_parts.decline_part, note="管线不归我局管理。")
        return self

    def all_done(self) -> Coordinating:
        """From an agreed item to every part confirmed."""
        return self.taken_on(*WORK).part_reported(*WORK).confirmed(*WORK)

    def clocks_of(self, code: str) -> dict[str, date]:
        """Running clocks of a part, and the last day of each."""
        with self.office.database.read() as session:
            query = select(Deadline).where(
                Deadline.subject_id == self.part(code).id, Deadline.met_on.is_(None)
            )
            return {row.rule_id: civil(row.due_at) for row in session.scalars(query)}
