"""Departments inspect only when designated: within matter, scope, duty and term, and not a day longer."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.support.journey import Journey
from tests.support.office import TestOffice
from verification.domain import casework, designating, dispatch, paper, planning
from verification.domain.designating import DesignationFrame, Wording
from verification.domain.offplan import cover_again
from verification.domain.paper import More
from verification.domain.teams import BlockCode, suggest_team
from verification.errors import InvalidInput, NotHere, Refused
from verification.models import (
    Case,
    Designation,
    DesignationDuty,
    DesignationState,
    Role,
    StaffNotice,
    StaffRole,
    Task,
    Unit,
    UnitKind,
)
from verification.policy.coverage import Gap
from verification.policy.designations import strangers_on
from verification.workflow.states import Action

WORDING = Wording("道路养护专项督查", "清溪镇辖区", "派员参加现场核查，负责工程质量核对。")


class Designating(Journey):
    """A docketed case on the town, to which the transport bureau's inspector could go."""

    designation_id = uuid.UUID(int=0)

    @property
    def designation(self) -> Designation:
        """The designation as it stands."""
        with self.office.database.read() as session:
            return session.get_one(Designation, self.designation_id)

    def frame(self, **changes: Any) -> DesignationFrame:
        """The transport bureau for a month."""
        values: dict[str, Any] = {
            "unit_id": self.office.unit_id("transport"),
            "duty": DesignationDuty.TAKE_PART,
            "starts_on": self.today,
            "ends_on": self.today + timedelta(days=30),
        }
        return DesignationFrame(**(values | changes))

    def written(self, login: str = "fan", **changes: Any) -> Designating:
        """Laid before the head."""
        with self.acting(login) as acting:
            row = designating.write_designation(
                acting, case_id=self.case_id, wording=WORDING, frame=self.frame(**changes)
            )
            self.designation_id = row.id
        return self

    def made(self, **changes: Any) -> Designating:
        """Made by the head."""
        self.written(**changes)
        self.on_designation("head", designating.make_designation)
        return self

    def on_designation(self, login: str, verb: Any, **given: Any) -> Any:
        """A verb on the designation at its present version."""
        with self.acting(login) as acting:
            version = self.designation.version
            return verb(acting, designation_id=self.designation_id, version=version, **given)

    def send(self, *team: str, due: int = 10) -> None:
        """A task for ``team``; the first leads."""
        people = [self.office.staff_id(login) for login in team]
        with self.acting("fan") as acting:
            plan = planning.latest_plan(acting, self.case_id)
            assert plan is not None
            dispatch.dispatch_task(
                acting, case_id=self.case_id, version=self.case.version, plan_id=plan.id, team=people,
                leader=people[0], due_on=self.today + timedelta(days=due),
            )  # fmt: skip


def on_the_town(office: TestOffice) -> Designating:
    """A journey whose case is about the town."""
    return Designating(office, units=("qingxi", "housing"))


def _rules(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [refusal.rule_id for refusal in refused.value.refusals]


@pytest.fixture
def walk(office: TestOffice) -> Designating:
    """A docketed case with an approved plan."""
    journey = on_the_town(office)
    journey.planned()
    return journey


@pytest.mark.rule("reg-7")
def test_department_goes_only_when_it_is_designated(walk: Designating) -> None:
    with pytest.raises(Refused) as refused:
        walk.send("du", "insider")
    assert _rules(refused) == ["reg-7"]
    walk.written()
    with pytest.raises(Refused) as proposed:
        walk.send("du", "insider")
    assert _rules(proposed) == ["reg-7"]
    walk.on_designation("head", designating.make_designation)
    walk.send("du", "insider")
    assert walk.designation.state is DesignationState.RUNNING


@pytest.mark.databases("sqlite")
def test_department_that_takes_part_does_not_lead(walk: Designating) -> None:
    walk.made()
    with pytest.raises(Refused) as refused:
        walk.send("insider", "du")
    assert [(one.rule_id, one.field) for one in refused.value.refusals] == [("reg-7", "leader")]
    walk.made(duty=DesignationDuty.LEAD)
    walk.send("insider", "du")


@pytest.mark.databases("sqlite")
def test_designation_covers_its_term_and_no_day_more(walk: Designating) -> None:
    walk.made(ends_on=walk.today + timedelta(days=9))
    with pytest.raises(Refused) as beyond:
        walk.send("du", "insider", due=10)
    assert _rules(beyond) == ["reg-7"]
    walk.send("du", "insider", due=9)
    walk.office.clock.advance(timedelta(days=10))
    with pytest.raises(Refused) as over:
        walk.send("chen", "insider", due=0)
    assert _rules(over) == ["reg-7"]


@pytest.mark.databases("sqlite")
def test_designation_does_not_begin_before_its_term(walk: Designating) -> None:
    walk.made(starts_on=walk.today + timedelta(days=1))
    with pytest.raises(Refused) as refused:
        walk.send("du", "insider")
    assert _rules(refused) == ["reg-7"]


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(
    ("changes", "covers"),
    [
        ({}, False),
        ({"wide": True}, True),
        ({"wide": True, "categories": ("405",)}, True),
        ({"wide": True, "categories": ("404", "502")}, False),
    ],
)
def test_other_matters_are_covered_only_by_a_wide_designation(
    walk: Designating, changes: dict[str, Any], covers: bool
) -> None:
    walk.made(**changes)
    other = on_the_town(walk.office)
    other.planned()
    if covers:
        other.send("du", "insider")
        return
    with pytest.raises(Refused) as refused:
        other.send("du", "insider")
    assert _rules(refused) == ["reg-7"]


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(("scope", "covers"), [(("qingxi", "housing"), True), (("housing",), False)])
def test_scope_must_hold_every_unit_of_the_case(
    walk: Designating, scope: tuple[str, ...], covers: bool
) -> None:
    walk.made(units=tuple(walk.office.unit_id(code) for code in scope))
    if covers:
        walk.send("du", "insider")
        return
    with pytest.raises(Refused) as refused:
        walk.send("du", "insider")
    assert _rules(refused) == ["reg-7"]


@pytest.mark.databases("sqlite")
def test_record_after_the_designation_ended_lies_outside_the_plan(walk: Designating) -> None:
    walk.made()
    walk.send("du", "insider")
    with walk.office.database.read() as session:
        walk.task_id = session.scalars(select(Task.id)).one()
    walk.on_task("du", dispatch.sign_task)
    there = tuple(walk.office.staff_id(login) for login in ("du", "insider"))
    walk.logged(people=there)
    walk.office.clock.advance(timedelta(days=1))
    walk.on_designation("head", designating.revoke_designation, note="督查已移交县督查室承担。")
    walk.office.clock.advance(timedelta(days=1))
    walk.logged(people=there)
    assert [record.gaps for record in walk.records()] == [[], [Gap.DESIGNATION]]
    # Measured again, the day on which it was done still counts.
    with walk.acting("director") as acting:
        cover_again(acting, case_id=walk.case_id)
    assert [record.gaps for record in walk.records()] == [[], [Gap.DESIGNATION]]


@pytest.mark.databases("sqlite")
def test_designation_covers_no_day_before_it_was_made(walk: Designating) -> None:
    walk.made()
    day, office = walk.today, walk.office
    people = [office.staff_id("insider")]
    with office.database.write() as session:
        case, row = session.get_one(Case, walk.case_id), session.get_one(Designation, walk.designation_id)
        row.starts_on = day - timedelta(days=5)
        session.flush()
        on = {count: strangers_on(session, case=case, people=people, on=day - timedelta(days=count))
              for count in (0, 1)}  # fmt: skip
    assert on == {0: frozenset(), 1: frozenset(people)}


def test_revoked_designation_covers_nothing_and_says_why(walk: Designating) -> None:
    walk.made()
    with pytest.raises(Refused) as silent:
        walk.on_designation("head", designating.revoke_designation, note=" ")
    assert _rules(silent) == ["return-reason"]
    walk.on_designation("head", designating.revoke_designation, note="督查已移交县督查室承担。")
    with pytest.raises(Refused) as refused:
        walk.send("du", "insider")
    assert _rules(refused) == ["reg-7"]
    with walk.acting("director") as acting:
        rows = designating.designations_of(acting, [walk.case_id])
        read = designating.read_designations(acting, rows)
    assert [one.ended for one in read] == ["督查已移交县督查室承担。"]
    assert read[0].wording == WORDING


@pytest.mark.databases("sqlite")
def test_returned_designation_is_not_made_any_more(walk: Designating) -> None:
    walk.written()
    walk.on_designation("head", designating.return_designation, note="期限过长。")
    assert walk.designation.state is DesignationState.RETURNED
    with pytest.raises(Refused) as refused:
        walk.on_designation("head", designating.make_designation)
    assert _rules(refused) == ["state"]


@pytest.mark.databases("sqlite")
def test_only_the_government_makes_it_and_only_the_desk_writes_it(walk: Designating) -> None:
    for login in ("director", "deputy", "du"):
        with pytest.raises(Refused) as refused:
            walk.written(login)
        assert _rules(refused) == ["permission"]
    walk.written()
    for login in ("fan", "director", "deputy"):
        with pytest.raises(Refused) as made:
            walk.on_designation(login, designating.make_designation)
        assert "permission" in _rules(made)


@pytest.mark.databases("sqlite")
@pytest.mark.rule("designation-separate")
def test_nobody_makes_a_designation_they_wrote(walk: Designating) -> None:
    with walk.office.database.write() as session:
        session.add(StaffRole(staff_id=walk.office.staff_id("fan"), role=Role.HEAD))
    walk.written()
    with pytest.raises(Refused) as refused:
        walk.on_designation("fan", designating.make_designation)
    assert _rules(refused) == ["designation-separate"]


@pytest.mark.databases("sqlite")
def test_inspected_department_and_other_bodies_are_not_designated(office: TestOffice) -> None:
    walk = Designating(office, units=("housing",))
    walk.docketed()
    with pytest.raises(Refused) as refused:
        walk.written(unit_id=office.unit_id("housing"))
    assert _rules(refused) == ["reg-7"]
    for code in ("qingxi", "tax", "office"):
        with pytest.raises(InvalidInput) as wrong:
            walk.written(unit_id=office.unit_id(code))
        assert set(wrong.value.errors) == {"unit"}
    walk.written()
    with office.database.write() as session:
        session.get_one(Unit, office.unit_id("transport")).kind = UnitKind.ENTRUSTED
    with pytest.raises(Refused) as entrusted:
        walk.on_designation("head", designating.make_designation)
    assert _rules(entrusted) == ["reg-7"]


@pytest.mark.databases("sqlite")
def test_nothing_is_designated_before_docketing_or_after_the_term(office: TestOffice) -> None:
    walk = on_the_town(office)
    walk.proposed()
    with pytest.raises(Refused) as early:
        walk.written()
    assert _rules(early) == ["field-after-docket"]
    walk.on_case("head", casework.approve_docketing)
    walk.written(ends_on=walk.today)
    office.clock.advance(timedelta(days=1))
    with pytest.raises(Refused) as late:
        walk.on_designation("head", designating.make_designation)
    assert _rules(late) == ["reg-7"]


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("duty", {"duty": None}),
        ("unit", {"unit_id": None}),
        ("starts_on", {"starts_on": None}),
        ("ends_on", {"ends_on": None}),
        ("number", {"number": "号" * 61}),
        ("categories", {"wide": True, "categories": ("999",)}),
        ("units", {"units": (uuid.UUID(int=5),)}),
    ],
)
def test_field_that_is_missing_or_wrong_is_named(
    walk: Designating, field: str, changes: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInput) as wrong:
        walk.written(**changes)
    assert set(wrong.value.errors) == {field}


@pytest.mark.databases("sqlite")
def test_three_fields_are_needed_in_words(walk: Designating) -> None:
    with walk.acting("fan") as acting, pytest.raises(InvalidInput) as wrong:
        designating.write_designation(
            acting, case_id=walk.case_id, wording=Wording("", " ", ""), frame=walk.frame()
        )
    assert set(wrong.value.errors) == {"matter", "scope", "duty_words"}
    with walk.acting("fan") as acting, pytest.raises(NotHere):
        designating.write_designation(acting, case_id=uuid.UUID(int=1), wording=WORDING, frame=walk.frame())


@pytest.mark.databases("sqlite")
def test_suggestion_leaves_out_who_is_not_designated(walk: Designating) -> None:
    insider = walk.office.staff_id("insider")

    def blocks() -> list[BlockCode]:
        with walk.acting("fan") as acting:
            found = suggest_team(acting.session, case_id=walk.case_id, clock=acting.clock, count=2)
        return [b.code for one in found.candidates if one.staff_id == insider for b in one.blocks]

    assert blocks() == [BlockCode.NOT_DESIGNATED]
    walk.made()
    assert blocks() == []


def test_designation_is_made_on_paper_by_two_people(walk: Designating) -> None:
    walk.written()
    with walk.acting("fan") as acting:
        act = paper.record_paper(
            acting,
            case=acting.session.get_one(Case, walk.case_id),
            action=Action.MAKE_DESIGNATION,
            signed_by=walk.office.staff_id("head"),
            signed_on=walk.today,
            scan=walk.photo(b"designation").file,
            note="",
            more=More(subject_id=walk.designation_id),
        )
        paper_id: uuid.UUID = act.id
    assert walk.designation.made_at is None
    with walk.acting("shen") as acting:
        paper.confirm_paper(acting, paper_id=paper_id)
    assert walk.designation.state is DesignationState.RUNNING
    assert walk.designation.made_by == walk.office.staff_id("head")


@pytest.mark.databases("sqlite")
def test_desk_and_directors_are_told_that_it_was_made(walk: Designating) -> None:
    walk.made()
    with walk.office.database.read() as session:
        told = {
            row.staff_id for row in session.query(StaffNotice).filter(StaffNotice.code == "designation.made")
        }
    assert told == {walk.office.staff_id("fan"), walk.office.staff_id("director")}
