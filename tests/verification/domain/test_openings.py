"""Cases that no tip began: from every source, of every type, with the paper sealed to the case."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portal.models import Priority
from tests.support.journey import Journey
from tests.support.office import TestOffice
from verification.domain import casework, paper
from verification.domain.casework import Brief, CaseFrame
from verification.domain.openings import SOURCES, Origin, open_from_paper, read_origin, revise_with_paper
from verification.errors import InvalidInput, KeyLocked, Refused
from verification.models import Case, CaseSource, CaseState, CaseType, ContentBasis, Deadline
from verification.workflow.states import Action

BRIEF = Brief("惠民补贴发放情况", "核查本年度惠民补贴资金是否足额及时到位。", ("补贴未按时到位",))
WHOM = "顾县长批示"


class Opening(Journey):
    """A case that rests on a paper."""

    def frame(self, **changes: Any) -> CaseFrame:
        """Coarse fields of the case."""
        values: dict[str, Any] = {
            "case_type": CaseType.SPECIAL,
            "content_basis": ContentBasis.DEPLOYMENTS,
            "category": "405",
            "priority": Priority.P2,
            "town_id": None,
            "unit_ids": (self.office.unit_id("transport"),),
        }
        return CaseFrame(**(values | changes))

    def origin(self, **changes: Any) -> Origin:
        """The paper, of yesterday."""
        values: dict[str, Any] = {
            "from_whom": WHOM,
            "number": "安政批〔2026〕7号",
            "day": self.today - timedelta(days=1),
        }
        return Origin(**(values | changes))

    def opened(self, source: CaseSource | None = CaseSource.INSTRUCTION, **changes: Any) -> Opening:
        """Opened by the desk."""
        origin = changes.pop("origin", self.origin())
        with self.acting("fan") as acting:
            case = open_from_paper(
                acting, source=source, origin=origin, brief=BRIEF, frame=self.frame(**changes)
            )
            self.case_id = case.id
        return self


@pytest.fixture
def walk(office: TestOffice) -> Opening:
    """Nothing opened yet."""
    return Opening(office)


@pytest.mark.parametrize("source", SOURCES)
def test_case_opens_from_each_source_with_its_paper(walk: Opening, source: CaseSource) -> None:
    walk.opened(source)
    with walk.acting("shen") as acting:
        case = acting.session.get_one(Case, walk.case_id)
        assert (case.source, case.state) == (source, CaseState.DRAFT)
        assert read_origin(acting, case) == walk.origin()


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("case_type", CaseType)
def test_each_of_the_five_types_goes_to_the_head(walk: Opening, case_type: CaseType) -> None:
    walk.opened(case_type=case_type)
    walk.on_case("fan", casework.propose_docketing)
    walk.on_case("head", casework.approve_docketing)
    assert (walk.case.state, walk.case.case_type) == (CaseState.DOCKETED, case_type)


def test_paper_is_read_by_the_readers_of_the_case_and_by_nobody_else(walk: Opening) -> None:
    walk.opened()
    with walk.acting("director") as acting, pytest.raises(KeyLocked):
        read_origin(acting, acting.session.get_one(Case, walk.case_id))
    walk.on_case("fan", casework.propose_docketing)
    with walk.acting("director") as acting:
        assert read_origin(acting, acting.session.get_one(Case, walk.case_id)) == walk.origin()


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("from_whom", {"from_whom": "  "}),
        ("from_whom", {"from_whom": "来电 138 1234 5678"}),
        ("number", {"number": "号" * 61}),
        ("number", {"number": "138 1234 5678"}),
        ("day", {"day": None}),
        ("day", {"day": "tomorrow"}),
    ],
)
def test_reference_that_is_wrong_is_refused_beside_its_field(
    walk: Opening, field: str, changes: dict[str, Any]
) -> None:
    if changes.get("day") == "tomorrow":
        changes = {"day": walk.today + timedelta(days=1)}
    with pytest.raises(InvalidInput) as wrong:
        walk.opened(origin=walk.origin(**changes))
    assert set(wrong.value.errors) == {field}


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("source", [None, CaseSource.TIP])
def test_case_without_tips_names_another_source_than_a_tip(walk: Opening, source: CaseSource | None) -> None:
    with pytest.raises(InvalidInput) as wrong:
        walk.opened(source)
    assert set(wrong.value.errors) == {"source"}


def test_reference_is_rewritten_while_the_case_is_a_draft_and_not_after(walk: Opening) -> None:
    walk.opened()
    other = walk.origin(from_whom="市政府督查室", number="")
    given: dict[str, Any] = {
        "source": CaseSource.SUPERIOR,
        "origin": other,
        "brief": BRIEF,
        "frame": walk.frame(),
    }
    with walk.acting("fan") as acting:
        case = acting.session.get_one(Case, walk.case_id)
        revise_with_paper(acting, case=case, version=case.version, **given)
        assert read_origin(acting, case) == other
    assert walk.case.source is CaseSource.SUPERIOR
    walk.on_case("fan", casework.propose_docketing)
    with walk.acting("fan") as acting:
        case = acting.session.get_one(Case, walk.case_id)
        with pytest.raises(Refused) as refused:
            revise_with_paper(acting, case=case, version=case.version, **given)
    assert [refusal.rule_id for refusal in refused.value.refusals] == ["state"]


def test_instruction_dockets_at_once_with_its_paper_and_not_by_being_noted(walk: Opening) -> None:
    walk.opened()
    with walk.acting("head") as acting, pytest.raises(Refused) as refused:
        casework.docket_by_instruction(acting, case_id=walk.case_id, version=1)
    assert "reg-11-1" in {refusal.rule_id for refusal in refused.value.refusals}
    with walk.acting("fan") as acting:
        act = paper.record_paper(
            acting,
            case=acting.session.get_one(Case, walk.case_id),
            action=Action.DOCKET_BY_INSTRUCTION,
            signed_by=walk.office.staff_id("head"),
            signed_on=walk.today,
            scan=walk.photo(b"the instruction").file,
            note="",
        )
        paper_id: uuid.UUID = act.id
    with walk.acting("shen") as acting:
        paper.confirm_paper(acting, paper_id=paper_id)
    assert walk.case.state is CaseState.DOCKETED


def test_case_without_tips_owes_nobody_an_answer_after_delivery(office: TestOffice) -> None:
    class FromPaper(Opening):
        def proposed(self) -> FromPaper:
            self.opened()
            self.on_case("fan", casework.propose_docketing)
            return self

    walk = FromPaper(office)
    walk.delivered()
    with office.database.read() as session:
        clocks = session.scalars(select(Deadline).where(Deadline.rule_id == "clock-answer")).all()
    assert [clock.met_on for clock in clocks] == [walk.today]
