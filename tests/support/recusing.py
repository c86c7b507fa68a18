"""A case in which somebody should keep away: asked, decided, replaced, with the real verbs."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from sqlalchemy import select

from tests.support.journey import Journey
from tests.support.office import TestOffice
from verification.audit.events import Event
from verification.domain import (
    casework,
    dispatch,
    recusing,
)
from verification.domain.recusing import Wish
from verification.errors import KeyLocked, NotHere, Refused
from verification.models import (
    Case,
    InterestKind,
    RecusalOrigin,
    RecusalRequest,
    StaffNotice,
)
from verification.web.loaders import load_case

REASON = "其配偶在该局办公室任职。"


class Recusing(Journey):
    """A case in which somebody should keep away."""

    request_id = uuid.UUID(int=0)

    @property
    def request(self) -> RecusalRequest:
        """The newest request as it stands."""
        with self.office.database.read() as session:
            return session.get_one(RecusalRequest, self.request_id)

    def wish(self, person: str | None, **changes: Any) -> Wish:
        """A third person's request about somebody."""
        values: dict[str, Any] = {
            "person": self.office.staff_id(person) if person else None,
            "origin": RecusalOrigin.INTERESTED,
            "ground": InterestKind.KINSHIP,
            "asked_by": "交通运输局办公室主任",
            "reason": REASON,
        }
        return Wish(**(values | changes))

    def asked(self, person: str, *, by: str = "fan", **changes: Any) -> Recusing:
        """Somebody records a request."""
        with self.acting(by) as acting:
            wish = self.wish(person, **changes)
            self.request_id = recusing.ask_recusal(acting, case_id=self.case_id, wish=wish).id
        return self

    def asked_oneself(self, person: str) -> Recusing:
        """Somebody asks to keep away."""
        return self.asked(person, by=person, origin=RecusalOrigin.OWN, asked_by="")

    def granted(self, by: str = "director", note: str = "") -> Recusing:
        """It is granted."""
        version = self.request.version
        with self.acting(by) as acting:
            recusing.grant_recusal(acting, request_id=self.request_id, version=version, note=note)
        return self

    def refused(self, by: str = "director", note: str = "经核实，无亲属关系。") -> Recusing:
        """It is refused."""
        version = self.request.version
        with self.acting(by) as acting:
            recusing.refuse_recusal(acting, request_id=self.request_id, version=version, note=note)
        return self

    def can_read(self, login: str) -> bool:
        """Whether the key of somebody opens the case."""
        with self.acting(login) as acting:
            try:
                casework.read_brief(acting, acting.session.get_one(Case, self.case_id))
            except KeyLocked:
                return False
            return True

    def is_open_to(self, login: str) -> bool:
        """Whether the software shows somebody the case."""
        with self.acting(login) as acting:
            try:
                load_case(acting, self.case_id)
            except NotHere:
                return False
            return True

    def replaced(self, *newcomers: str, leader: str) -> Recusing:
        """A supervisor names who comes."""
        people = [self.office.staff_id(login) for login in newcomers]
        self.on_task("fan", dispatch.replace_members, newcomers=people, leader=self.office.staff_id(leader))
        return self


def rules_of(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [refusal.rule_id for refusal in refused.value.refusals]


def notices_of(office: TestOffice, login: str, code: Event) -> int:
    with office.database.read() as session:
        query = select(StaffNotice.id).where(
            StaffNotice.staff_id == office.staff_id(login), StaffNotice.code == code.value
        )
        return len(session.scalars(query).all())
