"""综合督查 across five units: one instruction, one plan, one team, and a conclusion to each of them."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from portal.models import Priority
from tests.support.desk import Desk
from tests.support.story import Story
from tests.verification.domain.test_paper_of_anything import on_paper
from verification.domain import conclusions, dispatch, fieldwork, planning
from verification.domain.casework import Brief, CaseFrame
from verification.domain.founding import NewUnit, add_unit
from verification.domain.openings import Origin, open_from_paper
from verification.models import (
    CaseSource,
    CaseState,
    CaseType,
    CaseUnit,
    ContentBasis,
    DocketBasis,
    UnitKind,
)
from verification.models import DocumentKind as K
from verification.workflow.states import Action

UNITS = ("transport", "housing", "qingxi", "water", "civil")
BRIEF = Brief(
    "重点民生项目推进情况", "核查五个单位承担的重点民生项目是否按期推进。", ("项目停滞", "资金未到位")
)


def _five(story: Story) -> None:
    """Two more bodies that the county may inspect."""
    more = (
        NewUnit("water", "水利局", "Water Bureau", UnitKind.DEPARTMENT),
        NewUnit("civil", "民政局", "Civil Affairs Bureau", UnitKind.DEPARTMENT),
    )
    with story.office.database.write() as session:
        for unit in more:
            story.office.units[unit.code] = add_unit(session, unit, keys=story.office.keys)
    story.units = UNITS


def _opened(story: Story) -> None:
    """From the head's instruction."""
    units = tuple(story.office.unit_id(code) for code in UNITS)
    frame = CaseFrame(CaseType.COMPREHENSIVE, ContentBasis.DEPLOYMENTS, "104", Priority.P2, None, units)
    origin = Origin("县长批示", "安政批〔2026〕7号", story.today - timedelta(days=1))
    with story.acting("fan") as acting:
        story.case_id = open_from_paper(
            acting, source=CaseSource.INSTRUCTION, origin=origin, brief=BRIEF, frame=frame
        ).id


def test_five_units_are_inspected_under_one_instruction_and_each_gets_its_conclusion(
    story: Story, desk: Desk
) -> None:
    _five(story)
    _opened(story)
    on_paper(story, Action.DOCKET_BY_INSTRUCTION, "head")
    assert (story.case.state, story.case.docket_basis) == (CaseState.DOCKETED, DocketBasis.INSTRUCTION)
    story.plan_proposed(unannounced=False, hours=60)
    story.on_case("director", planning.approve_plan)
    story.dispatched()
    story.on_task("du", dispatch.sign_task)
    for code in UNITS:
        story.logged(unit_id=story.office.unit_id(code))
    assert [record.off_plan for record in story.records()] == [False] * 5
    story.found()
    story.on_task("du", fieldwork.begin_follow)
    story.on_task("du", fieldwork.begin_fix)
    story.concluded()
    with story.office.database.read() as session:
        inspected = session.scalars(select(CaseUnit.unit_id).where(CaseUnit.case_id == story.case_id)).all()
    assert set(inspected) == {story.office.unit_id(code) for code in UNITS}
    for unit_id in inspected:
        story.paper_on(K.CONCLUSION, unit_id)
        story.paper_on(K.DELIVERY, unit_id)
    for login in ("lian", "other"):
        with story.acting(login) as acting:
            newest = conclusions.latest_conclusion(acting, story.case_id)
            assert newest is not None
            assert acting.open(newest.unit_version_id)["text"] == "请于三十日内修复路面。"
    story.closed()
    story.is_lawful(desk)
