"""One office with a case at every stage, in one transaction that is never committed.

``World`` is what a run of the machine acts on. Nothing is kept: the next run begins from the same rows.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import delete, inspect, select, update
from sqlalchemy.orm import Session

from portal.errors import Tampered, XiansuoError
from portal.models import Tip
from tests.support.coordinating import Coordinating
from tests.support.journey import Journey
from tests.support.looking_back import RELAPSED, LookingBack
from tests.support.office import PEOPLE, TestOffice
from tests.verification.domain.test_assigning import LightPath
from tests.verification.domain.test_referring import Referring
from tests.verification.domain.test_reviewing import Reviewing
from verification.domain import answering, conclusions, coordinating, rectification
from verification.domain.acting import Acting
from verification.errors import NotHere
from verification.keys.keyring import Keyring
from verification.models import (
    Allegation,
    Case,
    CaseState,
    EvidenceCell,
    Exhibit,
    Method,
)
from verification.policy.actors import Actor, actor_for
from verification.policy.rulebook import shipped_rules
from verification.web.loaders import load_case

T = TypeVar("T")

LOGINS = tuple(PEOPLE)
LIAISONS = ("lian", "other")


# --- a case at every stage ---------------------------------------------------------------------------------


def _visited(office: TestOffice) -> Journey:
    """Two records, of which the second lies outside the plan."""
    walk = Journey(office).signed().logged()
    return walk.logged(method=Method.SUMMONS)


def _proposed_conclusion(office: TestOffice) -> Journey:
    walk = Journey(office).concluding()
    walk.on_case("fan", conclusions.propose_conclusion)
    return walk


def _answered(walk: Journey) -> Journey:
    with walk.acting("fan") as acting:
        tip = acting.session.scalars(select(Tip).where(Tip.case_id == walk.case_id)).one()
        points = {row.id: f"第{row.ordinal}项已查实。" for row in walk.allegations()}
        answering.answer_informant(
            acting, tip_id=tip.id, version=tip.version, points=points, closing="正在整改。"
        )
    return walk


def _verified(office: TestOffice) -> Journey:
    walk = Journey(office).ordered().reported()
    walk.on_item("du", rectification.verify_item, note="合格。", signer=office.staff_id("reviewer"))
    return walk


def _applied(office: TestOffice) -> Journey:
    walk = Reviewing(office)
    walk.delivered()
    return walk.applied()


def _admitted(office: TestOffice) -> Journey:
    walk = Reviewing(office)
    walk.ordered()
    return walk.admitted()


def _referred(office: TestOffice) -> Journey:
    walk = Referring(office)
    walk.delivered()
    return _answered(walk.noted("fan"))


def _light(office: TestOffice, *, until: str = "") -> Journey:
    walk = LightPath(office).programme().lead()
    if until:
        walk.assigned()
    return walk.replied() if until == "replied" else walk


def _team_without_docketing(office: TestOffice) -> Journey:
    """What no verb makes: a team at work on a case that nobody docketed."""
    walk = Journey(office).signed()
    values = {"docketed_at": None, "docketed_by": None, "state": CaseState.DRAFT}
    with office.database.write() as session:
        session.execute(update(Case).where(Case.id == walk.case_id).values(values))
    return walk


def _without_findings(office: TestOffice) -> Journey:
    """What no verb makes: a delivered conclusion on an allegation that nobody decided."""
    walk = _answered(Journey(office).delivered())
    first = walk.allegations()[0].id
    with office.database.write() as session:
        session.execute(update(Allegation).where(Allegation.id == first).values(finding=None))
    return walk


def _without_exhibits(office: TestOffice) -> Journey:
    """What no verb makes: findings at the end of which hangs nothing."""
    walk = Journey(office).concluding()
    ids = [row.id for row in walk.allegations()]
    with office.database.write() as session:
        session.execute(delete(EvidenceCell).where(EvidenceCell.allegation_id.in_(ids)))
    return walk


def _outside_the_plan(office: TestOffice) -> Journey:
    """What no verb makes: findings on what was taken outside the plan alone."""
    walk = Journey(office).concluding()
    with office.database.write() as session:
        session.execute(update(Exhibit).where(Exhibit.case_id == walk.case_id).values(off_plan=True))
    return walk


def _reported_under_review(office: TestOffice) -> Journey:
    """An inspector who is of no team of the case reads it, as a reviewer."""
    walk = Reviewing(office)
    walk.ordered().reported()
    return walk.applied().named("wei")


def _helped(office: TestOffice) -> Journey:
    walk = Coordinating(office)
    _answered(walk.ordered())
    parts = walk.new_item().parts[:2]
    walk.helped(parts=parts).on_help("director", coordinating.agree_coordination)
    return walk


STAGES: dict[str, Callable[[TestOffice], Journey]] = {
    "proposed": lambda office: Journey(office).proposed(),
    "docketed": lambda office: Journey(office).docketed(),
    "planned": lambda office: Journey(office).planned(),
    "dispatched": lambda office: Journey(office).planned().dispatched(),
    "visited": _visited,
    "fixing": lambda office: Journey(office).fixing(),
    "concluding": lambda office: Journey(office).concluding(),
    "conclusion proposed": _proposed_conclusion,
    "approved": lambda office: Journey(office).approved(),
    "delivered": lambda office: _answered(Journey(office).delivered()),
    "ordered": lambda office: _answered(Journey(office).ordered()),
    "reported": lambda office: _answered(Journey(office).ordered().reported()),
    "verified": _verified,
    "helped": _helped,
    "applied for review": _applied,
    "under review": _admitted,
    "referred": _referred,
    "a lead": _light,
    "assigned": lambda office: _light(office, until="assigned"),
    "replied": lambda office: _light(office, until="replied"),
    "a team without docketing": _team_without_docketing,
    "without findings": _without_findings,
    "without exhibits": _without_exhibits,
    "outside the plan": _outside_the_plan,
    "reported under review": _reported_under_review,
    "closed": lambda office: LookingBack(office).closed(),
    "looked back at": lambda office: LookingBack(office).closed().reported_back(RELAPSED),
    "relapsed": lambda office: LookingBack(office).closed().settled(RELAPSED),
}


@dataclass(frozen=True, slots=True)
class Stages:
    """The office, and where the case of each stage is."""

    office: TestOffice
    walks: dict[str, Journey]
    began: datetime


def build(office: TestOffice, names: Iterable[str] = STAGES) -> Stages:
    """Walk a case to each stage, with the verbs."""
    walks = {}
    for name in names:
        walks[name] = STAGES[name](office)
    return Stages(office, walks, office.clock.now())


# --- one run -----------------------------------------------------------------------------------------------


class World:
    """One case, and everybody, in a transaction that ends with ``close``."""

    def __init__(self, stages: Stages, stage: str) -> None:
        self.stages, self.office = stages, stages.office
        self.walk = stages.walks[stage]
        self.case_id = self.walk.case_id
        self.office.clock.set(stages.began)
        self._opened: dict[str, bool] = {}
        self._actors: dict[str, Actor] = {}
        self._rows: dict[type[Any], Sequence[Any]] = {}
        self._seen: dict[Any, int] = {}
        self._open = ExitStack()
        self.session: Session = self._open.enter_context(self.office.database.write())

    def close(self) -> None:
        """Undo everything."""
        self.session.rollback()
        with self._open:
            pass

    def acting(self, login: str) -> Acting:
        """Somebody, unlocked, in this transaction."""
        own = self.office.secrets_of(login)
        return Acting(
            session=self.session, actor=self._actor(login),
            keyring=Keyring(key_id=own.key_id, keys=own.keys), trust=self.office.trust,
            clock=self.office.clock, rng=self.office.rng, rules=shipped_rules(),
        )  # fmt: skip

    def _actor(self, login: str) -> Actor:
        # Nobody's roles change in a run.
        if login not in self._actors:
            self._actors[login] = actor_for(self.session, self.office.staff_id(login))
        return self._actors[login]

    def _opens(self, login: str) -> bool:
        """Whether this person can open the case; asked once between any two things that were done."""
        if login not in self._opened:
            try:
                load_case(self.acting(login), self.case_id)
                self._opened[login] = True
            except NotHere:
                self._opened[login] = False
        return self._opened[login]

    def attempt(self, login: str, act: Callable[[Acting], Any]) -> Exception | None:
        """Let somebody try something; returns the refusal, after which nothing is left of it.

        A person of the office has to be able to open the case, as each of its pages asks; a liaison's do not.
        """
        savepoint = self.session.begin_nested()
        try:
            may_open = login in LIAISONS or self._opens(login)
            act(self.acting(login))
            self.session.flush()
            if not may_open:
                raise NotHere
            savepoint.commit()
        except Tampered:
            raise
        except XiansuoError as refused:
            savepoint.rollback()
            return refused
        self._opened.clear()
        self._rows.clear()
        return None

    @property
    def case(self) -> Case:
        """The case as it stands in this transaction."""
        return self.session.get_one(Case, self.case_id)

    def rows(self, model: type[T]) -> Sequence[T]:
        """The case's rows of one kind, in the order in which they came about."""
        column: Any = model.id if model is Case else model.case_id  # type: ignore[attr-defined]  # each has one
        found: Any = self.session.scalars(select(model).where(column == self.case_id)).all()
        # As they came about: ids are chance, and a run has to be the same again.
        keys = {inspect(row).identity: row for row in found}
        for key in sorted(keys.keys() - self._seen.keys(), key=str):
            self._seen[key] = len(self._seen)
        return [keys[key] for key in sorted(keys, key=self._seen.__getitem__)]

    def standing(self, model: type[T]) -> Sequence[T]:
        """The case's rows of one kind between two steps, asked for once."""
        if model not in self._rows:
            self._rows[model] = self.rows(model)
        return self._rows[model]

    def exhibits(self) -> Sequence[Exhibit]:
        """The case's exhibits, in order."""
        query = select(Exhibit).where(Exhibit.case_id == self.case_id).order_by(Exhibit.ordinal)
        return self.session.scalars(query).all()

    def forget(self) -> None:
        """What was asked for may have changed: a step was taken back."""
        self._rows.clear()
        self._opened.clear()

    def one(self, model: type[T], luck: random.Random) -> T:
        """One of the case's rows of this kind. Raises NotHere where there is none."""
        found = self.rows(model)
        if not found:
            raise NotHere
        return luck.choice(found)

    def staff_id(self, login: str) -> uuid.UUID:
        """A person by login."""
        return self.office.staff_id(login)

    def wait(self, days: int) -> None:
        """Let days pass."""
        self.office.clock.set(self.office.clock.now() + timedelta(days=days))
