"""From an accepted tip to a docketed case on its pages: brief, proposal, approval; and its end."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from portal.models import SealedObject, Tip, TipState
from tests.support.desk import Desk
from tests.support.journey import Journey
from tests.verification.web.cases import ACCOUNT, brief_of, case_of, opened_case, proposed_case, tip_ready
from tests.verification.web.test_kept import fields_of
from tests.verification.web.test_tips import events_of, state_of, text_of
from tests.verification.web.tips import send, version_of
from verification.models import CaseState

# --- the brief ---------------------------------------------------------------------------------------------


def test_brief_opens_a_case_that_holds_no_word_of_the_statement(desk: Desk) -> None:
    case_id = opened_case(desk)
    page = text_of(desk.person("fan").get(f"/cases/{case_id}"))
    assert "清溪镇道路养护责任落实" in page
    assert "路面长期破损" in page
    assert "积水没过脚踝" not in page
    case = case_of(desk, case_id)
    assert (case.state, case.category) == (CaseState.DRAFT, "405")


def test_brief_page_shows_the_statement_and_traces_the_look(desk: Desk) -> None:
    tip_id = tip_ready(desk)
    page = text_of(desk.person("fan").get(f"/tips/{tip_id}/case"))
    assert "积水没过脚踝" in page
    assert events_of(desk, tip_id)[-1] == "tip.viewed"


def test_one_more_line_keeps_everything_and_opens_nothing(desk: Desk) -> None:
    tip_id = tip_ready(desk)
    fields = brief_of(desk, tip_id, allegation=["一", "二", "三"], more="1")
    page = text_of(desk.person("fan").post(f"/tips/{tip_id}/case", fields))
    values = re.findall(r'name="allegation" value="([^"]*)"', page)
    assert values == ["一", "二", "三", ""]
    assert "核查该路段破损情况" in page
    assert state_of(desk, tip_id) is TipState.ACCEPTED


def test_copied_wording_warns_and_goes_on_only_when_it_was_meant(desk: Desk) -> None:
    tip_id = tip_ready(desk)
    fan = desk.person("fan")
    fields = brief_of(desk, tip_id, brief=f"核查:{ACCOUNT}")
    page = text_of(fan.post(f"/tips/{tip_id}/case?lang=en", fields), 422)
    assert "These words stand in the tip as well" in page
    assert 'name="copied"' in page
    assert fan.post(f"/tips/{tip_id}/case", fields | {"copied": "yes"}).status_code == 303


@pytest.mark.parametrize("place", ["title", "brief", "allegation"])
def test_identifier_in_the_brief_is_refused_beside_its_field(desk: Desk, place: str) -> None:
    tip_id = tip_ready(desk)
    fields = brief_of(desk, tip_id)
    fields[place] = "联系 13812345678 核查道路养护情况"
    page = text_of(desk.person("fan").post(f"/tips/{tip_id}/case?lang=en", fields), 422)
    assert "This holds a phone, identity or account number." in page
    assert "13812345678" in page, "what was typed is kept"
    assert state_of(desk, tip_id) is TipState.ACCEPTED


def test_brief_with_errors_comes_back_with_everything_typed(desk: Desk) -> None:
    tip_id = tip_ready(desk)
    unit = str(desk.office.unit_id("housing"))
    fields = brief_of(desk, tip_id, title="", units=[unit], priority="P9")
    page = text_of(desk.person("fan").post(f"/tips/{tip_id}/case?lang=en", fields), 422)
    assert f'value="{unit}" checked' in page
    assert re.findall(r'name="allegation" value="([^"]+)"', page) == ["路面长期破损", "接报后未处理"]


def test_brief_of_a_tip_decided_on_meanwhile_keeps_the_text(desk: Desk) -> None:
    tip_id = tip_ready(desk)
    fields = brief_of(desk, tip_id)
    assert desk.person("shen").post(f"/tips/{tip_id}/case", fields).status_code == 303
    page = text_of(desk.person("fan").post(f"/tips/{tip_id}/case?lang=en", fields), 409)
    assert "It changed while you were writing" in page
    assert "核查该路段破损情况" in page


def test_draft_is_rewritten_and_an_old_page_of_it_is_told_so(desk: Desk) -> None:
    case_id = opened_case(desk)
    fan = desk.person("fan")
    page = text_of(fan.get(f"/cases/{case_id}/brief"))
    assert re.findall(r'name="allegation" value="([^"]+)"', page) == ["路面长期破损", "接报后未处理"]
    fields = brief_of(desk, tip_ready(desk), version=fields_of(page)["version"], title="新的标题")
    assert fan.post(f"/cases/{case_id}/brief", fields).status_code == 303
    assert "新的标题" in text_of(fan.get(f"/cases/{case_id}"))
    again = text_of(fan.post(f"/cases/{case_id}/brief?lang=en", fields | {"title": "再改"}), 409)
    assert "It changed while you were writing" in again
    assert 'value="再改"' in again


def test_material_of_another_tip_is_not_passed_on(desk: Desk) -> None:
    other = send(desk, [("other.jpg", b"another tip's photograph")])
    with desk.office.database.read() as session:
        attached = session.scalars(select(SealedObject.id).where(SealedObject.blob_name.is_not(None))).one()
    case_id = opened_case(desk, material=[str(attached)])
    page = text_of(desk.person("fan").get(f"/cases/{case_id}"))
    assert "Selected material" not in page
    assert state_of(desk, other) is TipState.RECEIVED


# --- docketing ---------------------------------------------------------------------------------------------


def test_proposal_without_basis_and_unit_lists_every_rule_of_law(desk: Desk) -> None:
    case_id = opened_case(desk, content_basis="", units=[])
    page = text_of(desk.person("fan").post(f"/cases/{case_id}/propose?lang=en", {"version": 1}), 409)
    basis = "Say which of the four contents of inspection this is."
    for expected in ("Art. 5", "Name at least one body", basis):
        assert expected in page
    assert case_of(desk, case_id).state is CaseState.DRAFT


def test_case_is_for_its_desk_alone_until_it_is_proposed(desk: Desk) -> None:
    case_id = opened_case(desk)
    readers = ("head", "deputy", "director", "du", "reviewer", "alternate")
    before = {login: desk.person(login).get(f"/cases/{case_id}").status_code for login in readers}
    assert set(before.values()) == {404}
    assert desk.person("fan").post(f"/cases/{case_id}/propose", {"version": 1}).status_code == 303
    after = {login: desk.person(login).get(f"/cases/{case_id}").status_code for login in readers}
    assert after == {
        "head": 200, "deputy": 200, "director": 200, "du": 404, "reviewer": 404, "alternate": 404,
    }  # fmt: skip


def test_head_finds_the_proposal_and_dockets_it(desk: Desk) -> None:
    case_id = proposed_case(desk)
    head = desk.person("head")
    assert f"/cases/{case_id}" in text_of(head.get("/"))
    assert f"/cases/{case_id}" in text_of(head.get("/approvals"))
    assert head.post(f"/cases/{case_id}/approve", {"version": 2}).status_code == 303
    case = case_of(desk, case_id)
    assert (case.state, case.number) == (CaseState.DOCKETED, "2026-0001")
    assert "Nothing waits for your decision" in text_of(head.get("/approvals"))
    assert "Propose the plan" in text_of(desk.person("fan").get(f"/cases/{case_id}"))


def test_deputy_endorses_and_cannot_approve(desk: Desk) -> None:
    case_id = proposed_case(desk)
    deputy = desk.person("deputy")
    refused = text_of(deputy.post(f"/cases/{case_id}/approve?lang=en", {"version": 2}), 409)
    assert "Your role may not do this." in refused
    fields = {"version": 2, "note": "同意,请县长批示。"}
    assert deputy.post(f"/cases/{case_id}/endorse", fields).status_code == 303
    assert "同意,请县长批示。" in text_of(desk.person("head").get(f"/cases/{case_id}"))
    assert f"/cases/{case_id}" not in text_of(deputy.get("/approvals"))


def test_return_needs_its_reason_and_keeps_what_was_typed(desk: Desk) -> None:
    case_id = proposed_case(desk)
    head = desk.person("head")
    page = text_of(head.post(f"/cases/{case_id}/return?lang=en", {"version": 2, "note": ""}), 409)
    assert "Write why it is returned." in page
    fields = {"version": 2, "note": "请先查明养护责任单位。"}
    assert head.post(f"/cases/{case_id}/return", fields).status_code == 303
    assert case_of(desk, case_id).state is CaseState.DRAFT
    assert "请先查明养护责任单位。" in text_of(desk.person("fan").get(f"/cases/{case_id}"))


def test_overlap_is_shown_and_needs_its_reason(desk: Desk) -> None:
    first = proposed_case(desk)
    assert desk.person("head").post(f"/cases/{first}/approve", {"version": 2}).status_code == 303
    second = opened_case(desk, title="另一件同类事项")
    fan = desk.person("fan")
    page = text_of(fan.get(f"/cases/{second}"))
    assert f"/cases/{first}" in page
    refused = text_of(fan.post(f"/cases/{second}/propose?lang=en", {"version": 1}), 409)
    assert "Another inspection of this unit is running or recent." in refused
    fields = {"version": 1, "overlap_reason": "前次未涉及此路段。"}
    assert fan.post(f"/cases/{second}/propose", fields).status_code == 303
    assert "前次未涉及此路段。" in text_of(desk.person("head").get(f"/cases/{second}"))


# --- the end -----------------------------------------------------------------------------------------------


def test_tip_of_a_case_offers_no_answer_before_the_conclusion_is_delivered(desk: Desk) -> None:
    walk = Journey(desk.office).docketed()
    with desk.office.database.read() as session:
        tip_id = session.scalars(select(Tip.id).where(Tip.case_id == walk.case_id)).one()
    fan = desk.person("fan")
    assert f"/tips/{tip_id}/answer" not in text_of(fan.get(f"/tips/{tip_id}"))
    fields = {"version": version_of(desk, tip_id), "closing": "x"}
    refused = text_of(fan.post(f"/tips/{tip_id}/answer?lang=en", fields), 409)
    assert "The conclusion has not been delivered to the unit yet." in refused


def test_looks_at_a_case_are_traced_and_do_not_bury_what_was_done(desk: Desk) -> None:
    walk = Journey(desk.office).docketed()
    fan = desk.person("fan")
    page = ""
    for _look in range(3):
        page = text_of(fan.get(f"/cases/{walk.case_id}"))
    assert events_of(desk, walk.case_id).count("case.viewed") == 3
    assert "Case docketed" in page
    assert "Case viewed" not in page


def test_informant_is_answered_point_by_point_and_the_case_closed(desk: Desk) -> None:
    walk = Journey(desk.office).delivered()
    fan = desk.person("fan")
    page = text_of(fan.get(f"/cases/{walk.case_id}"))
    found = re.search(r'href="(/tips/[0-9a-f-]+/answer)"', page)
    assert found is not None
    refused = text_of(fan.post(f"/cases/{walk.case_id}/close?lang=en", {"version": walk.case.version}), 409)
    assert "An informant of this case has not been answered yet." in refused
    form = text_of(fan.get(found[1]))
    points = re.findall(r'name="(point-[0-9a-f-]+)"', form)
    assert len(points) == 2
    fields = {"version": fields_of(form)["version"], points[0]: "查实,已修复。", "closing": ""}
    again = text_of(fan.post(f"{found[1]}?lang=en", fields), 422)
    assert "Answer this point." in again
    assert "查实,已修复。" in again
    fields |= {points[1]: "已责成养护站建立台账。", "closing": "三个月后回头看。"}
    assert fan.post(found[1], fields).status_code == 303
    mailbox = text_of(fan.get(found[1].removesuffix("/answer")))
    assert "三个月后回头看。" in mailbox
    assert fan.post(f"/cases/{walk.case_id}/close", {"version": walk.case.version}).status_code == 303
    assert walk.case.state is CaseState.CLOSED
