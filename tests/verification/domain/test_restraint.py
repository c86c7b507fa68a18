"""No duplicate, multi-headed or ultra-vires inspection: the search, the quota, duties, daily checks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portal.models import Priority
from tests.support.journey import Journey
from tests.support.office import TestOffice
from tests.verification.domain.test_openings import Opening
from verification.domain import casework
from verification.domain.casework import Brief
from verification.domain.openings import open_from_paper
from verification.domain.restraint import override_rule, read_exceptions
from verification.errors import InvalidInput, Refused
from verification.models import (
    AuditEntry,
    CaseSource,
    CaseState,
    CaseType,
    OverlapSearch,
    RuleException,
    StaffNotice,
    UnitDuty,
)
from verification.policy.restraint import is_daily_check, units_over_quota
from verification.queries.restraint import overlap_search, site_load

QUOTA, WHY = "quota-unit", "重大安全隐患，县长办公会要求复查。"


class Planned(Opening):
    """Planned inspections of one unit, one after the other."""

    title = "惠民补贴发放情况"

    def docketed_now(self, **changes: Any) -> Planned:
        """Opened, proposed and approved."""
        self.proposed_now(**changes)
        self.on_case("head", casework.approve_docketing)
        return self

    def proposed_now(self, **changes: Any) -> Planned:
        """Opened and proposed."""
        with self.acting("fan") as acting:
            brief = Brief(self.title, "核查本年度工作落实情况。", ("工作未落实",))
            frame = self.frame(**changes)
            case = open_from_paper(
                acting, source=CaseSource.PLAN, origin=self.origin(), brief=brief, frame=frame
            )
            self.case_id = case.id
        self.on_case("fan", casework.propose_docketing, overlap_reason="内容不同。")
        return self

    def override(self, login: str = "director", reason: str = WHY, rule_id: str = QUOTA) -> None:
        """Somebody sets a rule aside."""
        with self.acting(login) as acting:
            override_rule(
                acting, case_id=self.case_id, version=self.case.version, rule_id=rule_id, reason=reason
            )


def _rules(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [refusal.rule_id for refusal in refused.value.refusals]


@pytest.fixture
def used_up(office: TestOffice) -> Planned:
    """A third planned inspection of the transport bureau, proposed; the quota is two."""
    for category in ("405", "404"):
        Planned(office).docketed_now(category=category)
    return Planned(office).proposed_now(category="501")


# --- quota -------------------------------------------------------------------------------------------------


@pytest.mark.rule("quota-unit")
def test_unit_over_its_quota_is_not_docketed_until_the_director_says_why(used_up: Planned) -> None:
    with pytest.raises(Refused) as refused:
        used_up.on_case("head", casework.approve_docketing)
    assert _rules(refused) == [QUOTA]
    used_up.override()
    used_up.on_case("head", casework.approve_docketing)
    assert used_up.case.state is CaseState.DOCKETED
    with used_up.acting("head") as acting:
        (kept,) = read_exceptions(acting, used_up.case_id)
    assert (kept.reason, kept.row.made_by) == (WHY, used_up.office.staff_id("director"))
    with used_up.office.database.read() as session:
        events = session.scalars(select(AuditEntry.facts).where(AuditEntry.event == "case.rule-set-aside"))
        assert list(events) == [{"rule": QUOTA}]


@pytest.mark.databases("sqlite")
def test_nobody_but_the_director_sets_the_quota_aside_and_never_in_silence(used_up: Planned) -> None:
    for login in ("fan", "head", "deputy", "du"):
        with pytest.raises(Refused) as refused:
            used_up.override(login)
        assert _rules(refused) == ["permission"]
    with pytest.raises(InvalidInput) as silent:
        used_up.override(reason="  ")
    assert set(silent.value.errors) == {"reason"}
    with pytest.raises(Refused) as other:
        used_up.override(rule_id="reg-5")
    assert _rules(other) == ["state"]
    used_up.override()
    with pytest.raises(Refused) as twice:
        used_up.override()
    assert _rules(twice) == ["state"]


@pytest.mark.databases("sqlite")
def test_quota_that_is_not_reached_is_not_set_aside(office: TestOffice) -> None:
    walk = Planned(office).proposed_now()
    with pytest.raises(Refused) as refused:
        walk.override()
    assert _rules(refused) == ["state"]
    walk.on_case("head", casework.approve_docketing)


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("case_type", [CaseType.EVENT, CaseType.VERIFICATION])
def test_events_and_leads_are_never_held_up_by_the_quota(office: TestOffice, case_type: CaseType) -> None:
    for category in ("405", "404"):
        Planned(office).docketed_now(category=category)
    Planned(office).docketed_now(category="501", case_type=case_type)


@pytest.mark.databases("sqlite")
def test_events_and_leads_do_not_use_the_quota_up_and_a_year_gives_it_back(used_up: Planned) -> None:
    office = used_up.office

    def full() -> bool:
        with office.database.read() as session:
            today = office.intake.today
            return bool(units_over_quota(session, case=used_up.case, today=today, quota=2))

    assert full()
    office.clock.advance(timedelta(days=364))
    assert full()
    office.clock.advance(timedelta(days=2))
    assert not full()
    for case_type in (CaseType.EVENT, CaseType.VERIFICATION):
        Planned(office).docketed_now(category="405", case_type=case_type, priority=Priority.P1)
    assert not full()


@pytest.mark.databases("sqlite")
def test_directors_are_told_that_a_proposal_needs_them(office: TestOffice) -> None:
    def told() -> int:
        with office.database.read() as session:
            director = StaffNotice.staff_id == office.staff_id("director")
            return len(session.scalars(select(StaffNotice.id).where(director)).all())

    Planned(office).docketed_now(category="405")
    Planned(office).docketed_now(category="404")
    before = told()
    Planned(office).proposed_now(category="501")
    assert told() == before + 1


# --- the search --------------------------------------------------------------------------------------------


@pytest.mark.rule("overlap-window")
def test_search_goes_with_the_proposal_and_the_head_sees_what_it_found(office: TestOffice) -> None:
    first = Planned(office).docketed_now()
    second = Planned(office).proposed_now()
    with office.acting("head") as acting:
        case = acting.session.get_one(type(second.case), second.case_id)
        search = overlap_search(acting, case)
    assert search is not None
    assert [other.id for other in search.found] == [first.case_id]
    assert search.found[0].title == Planned.title
    assert (search.searched_by, search.window_days) == (office.staff_id("fan"), 180)


@pytest.mark.databases("sqlite")
def test_search_that_found_nothing_is_kept_as_well(office: TestOffice) -> None:
    walk = Planned(office).proposed_now()
    with office.database.read() as session:
        rows = session.scalars(select(OverlapSearch).where(OverlapSearch.case_id == walk.case_id)).all()
    assert [(row.number, row.found) for row in rows] == [(1, [])]


@pytest.mark.databases("sqlite")
def test_other_case_that_the_reader_cannot_open_shows_its_number_alone(office: TestOffice) -> None:
    Planned(office).docketed_now()
    walk = Planned(office).proposed_now()
    with office.database.write() as session:
        for row in session.scalars(select(OverlapSearch).where(OverlapSearch.case_id == walk.case_id)):
            assert row.found
    team = Journey(office).signed()
    with office.acting("du") as acting:
        assert acting.keyring.holds(acting.session, team.case.key_id)
        search = overlap_search(acting, walk.case)
    assert search is not None
    (other,) = search.found
    assert other.title == ""
    assert other.number


# --- whose duty --------------------------------------------------------------------------------------------


@pytest.mark.rule("town-duty")
def test_departments_duty_given_to_a_town_needs_its_written_basis(office: TestOffice) -> None:
    walk = Planned(office)
    walk.opened(CaseSource.PLAN, unit_ids=(office.unit_id("qingxi"),))
    with pytest.raises(Refused) as refused:
        walk.on_case("fan", casework.propose_docketing)
    assert [(one.rule_id, one.field) for one in refused.value.refusals] == [("town-duty", "duty_basis")]
    basis = "《农村公路管理办法》第八条，村道养护由乡镇承担。"
    walk.on_case("fan", casework.propose_docketing, duty_basis=basis)
    with office.acting("head") as acting:
        assert [one.reason for one in read_exceptions(acting, walk.case_id)] == [basis]


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(
    ("units", "category"),
    [(("qingxi", "transport"), "405"), (("qingxi",), "603"), (("qingxi",), "402"), (("transport",), "405")],
)
def test_town_beside_its_department_or_in_its_own_matter_is_nothing_to_warn_of(
    office: TestOffice, units: tuple[str, ...], category: str
) -> None:
    walk = Planned(office)
    ids = tuple(office.unit_id(code) for code in units)
    walk.opened(CaseSource.PLAN, unit_ids=ids, category=category)
    walk.on_case("fan", casework.propose_docketing)


@pytest.mark.databases("sqlite")
def test_duty_list_says_that_a_town_has_the_duty_itself(office: TestOffice) -> None:
    with office.database.write() as session:
        session.add(UnitDuty(unit_id=office.unit_id("qingxi"), category="405"))
    walk = Planned(office)
    walk.opened(CaseSource.PLAN, unit_ids=(office.unit_id("qingxi"),))
    walk.on_case("fan", casework.propose_docketing)
    with office.database.read() as session:
        assert session.scalars(select(RuleException)).all() == []


# --- daily checks ------------------------------------------------------------------------------------------


@pytest.mark.rule("daily-check")
def test_departments_daily_check_is_not_docketed_as_an_inspection(office: TestOffice) -> None:
    walk = Planned(office)
    walk.title = "第四季度交通运输日常执法检查"
    with pytest.raises(Refused) as refused:
        walk.proposed_now()
    assert _rules(refused) == ["daily-check"]


@pytest.mark.parametrize(
    ("title", "is_one"),
    [
        ("餐饮单位日常检查", True),
        ("双随机抽查工作", True),
        ("加油站例行安全检查行动", True),
        ("Routine inspection", True),
        ("日常检查流于形式问题", False),
        ("核查日常执法检查走过场", False),
        ("道路养护责任落实", False),
        ("消防安全专项督查", False),
    ],
)
def test_title_of_a_daily_check_is_told_from_an_inspection_of_daily_checks(title: str, is_one: bool) -> None:
    assert is_daily_check(title) is is_one


# --- on site -----------------------------------------------------------------------------------------------


@pytest.mark.databases("sqlite")
def test_people_and_hours_on_site_are_counted_against_the_plan(office: TestOffice) -> None:
    walk = Journey(office).signed()
    with office.database.read() as session:
        assert site_load(session, case_id=walk.case_id) is None
    walk.logged(minutes=470)
    with office.database.read() as session:
        load = site_load(session, case_id=walk.case_id)
    assert load is not None
    assert (load.people, load.people_planned, load.hours, load.hours_planned) == (2, 2, 16, 16)
    assert not load.is_over
    walk.logged(minutes=30)
    with office.database.read() as session:
        over = site_load(session, case_id=walk.case_id)
    assert over is not None
    assert (over.hours, over.is_over) == (17, True)
