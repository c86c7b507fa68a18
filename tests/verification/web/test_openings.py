"""Opening a case without a tip on its page, and what the brief says of firms and agencies from above."""

from __future__ import annotations

import uuid
from typing import Any

from tests.support.desk import Desk
from tests.verification.web.cases import brief_of, case_of, tip_ready
from tests.verification.web.test_tips import text_of
from tests.verification.web.tips import accepted, send
from verification.models import CaseSource, CaseState, CaseType


def opening_of(desk: Desk, **changes: Any) -> dict[str, Any]:
    """The form as it is sent."""
    return {
        "source": "superior-referral",
        "from_whom": "澜江市政府督查室",
        "number": "澜政督〔2026〕3号",
        "day": desk.office.intake.today.isoformat(),
        "title": "惠民补贴发放情况",
        "brief": "核查本年度惠民补贴资金是否足额及时到位。",
        "allegation": ["补贴未按时到位", ""],
        "units": [str(desk.office.unit_id("transport"))],
        "case_type": "comprehensive",
        "content_basis": "deployments",
        "category": "405",
        "priority": "P3",
        "town": "",
    } | changes


def test_supervisor_opens_a_case_and_finds_its_source_in_list_and_on_its_page(desk: Desk) -> None:
    fan = desk.person("fan")
    assert "Open a case without a tip" in text_of(fan.get("/cases"))
    form = text_of(fan.get("/cases/new?source=hotline-batch"))
    assert 'value="hotline-batch" selected' in form
    answer = fan.post("/cases/new", opening_of(desk))
    text_of(answer, 303)
    case_id = str(answer.location).rpartition("/")[2]
    page = text_of(fan.get(f"/cases/{case_id}"))
    for shown in (
        "Referred by a superior",
        "澜江市政府督查室",
        "澜政督〔2026〕3号",
        "Comprehensive inspection",
    ):
        assert shown in page
    assert "Referred by a superior" in text_of(fan.get("/cases"))
    text_of(desk.person("director").get(f"/cases/{case_id}"), 404)


def test_form_keeps_what_was_typed_beside_what_is_wrong(desk: Desk) -> None:
    fan = desk.person("fan")
    page = text_of(fan.post("/cases/new?lang=en", opening_of(desk, day="", source="")), 422)
    for kept in ("澜江市政府督查室", "澜政督〔2026〕3号", "核查本年度惠民补贴资金", "补贴未按时到位"):
        assert kept in page
    assert "Please give a date." in page
    assert "Please choose one from the list." in page
    more = text_of(fan.post("/cases/new", opening_of(desk, more="1")))
    assert "澜江市政府督查室" in more


def test_draft_is_rewritten_with_its_paper(desk: Desk) -> None:
    fan = desk.person("fan")
    answer = fan.post("/cases/new", opening_of(desk))
    case_id = str(answer.location).rpartition("/")[2]
    assert "澜江市政府督查室" in text_of(fan.get(f"/cases/{case_id}/brief"))
    changed = opening_of(desk, source="leader-instruction", from_whom="顾县长", case_type="event", version=1)
    text_of(fan.post(f"/cases/{case_id}/brief", changed), 303)
    page = text_of(fan.get(f"/cases/{case_id}"))
    assert "顾县长" in page
    assert "dockets at once" in page
    case = case_of(desk, uuid.UUID(case_id))
    assert (case.source, case.case_type, case.state) == (
        CaseSource.INSTRUCTION,
        CaseType.EVENT,
        CaseState.DRAFT,
    )


def test_brief_on_a_firm_offers_the_responsible_body(desk: Desk) -> None:
    tip_id = send(desk, about="恒达建筑公司")
    accepted(desk, tip_id)
    page = text_of(desk.person("fan").get(f"/tips/{tip_id}/case"))
    assert "seems to be about a firm" in page
    assert "Responsible for this category: Transport Bureau" in " ".join(page.split())


def test_brief_on_an_agency_from_above_says_where_to_hand_it(desk: Desk) -> None:
    tip_id = send(desk, about="税务局")
    accepted(desk, tip_id)
    fan = desk.person("fan")
    page = text_of(fan.get(f"/tips/{tip_id}/case"))
    assert "Not an object of the county" in page
    assert "12366" in page
    assert str(desk.office.unit_id("tax")) not in page
    plain = tip_ready(desk)
    quiet = text_of(fan.get(f"/tips/{plain}/case"))
    assert "Not an object of the county" not in quiet
    assert "seems to be about a firm" not in quiet
    fields = brief_of(desk, plain, units=[str(desk.office.unit_id("tax"))])
    answer = fan.post(f"/tips/{plain}/case", fields)
    case_id = str(answer.location).rpartition("/")[2]
    refused = text_of(fan.post(f"/cases/{case_id}/propose?lang=en", {"version": 1}), 409)
    assert "For a firm or a private person, choose the body whose duty it was." in refused
