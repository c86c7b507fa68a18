"""What pages offer at the alternate desk, and to a supervisor whose informant wants somebody kept away."""

from __future__ import annotations

import re

from sqlalchemy import select

from portal.models import Desk as Where
from portal.models import Tip, TipState
from portal.models.records import Identity
from tests.support.desk import Desk
from tests.verification.web.test_tips import text_of
from tests.verification.web.tips import accepted, opened, send, version_of
from verification.models import Case, CaseKeptAway


def test_page_of_an_alternate_tip_offers_no_acceptance_and_refuses_it_by_rule(desk: Desk) -> None:
    ordinary = send(desk)
    opened(desk, ordinary)
    assert f"/tips/{ordinary}/accept" in text_of(desk.person("fan").get(f"/tips/{ordinary}"))
    tip_id, _receipt = desk.office.send_tip(desk=Where.ALTERNATE)
    person = desk.person("alternate")
    page = text_of(person.get(f"/tips/{tip_id}?lang=en"))
    assert f"/tips/{tip_id}/accept" not in page
    for possible in ("ask", "decline", "refer", "hand-on"):
        assert f"/tips/{tip_id}/{possible}" in page
    assert "never becomes a case of this office" in page
    fields = {"version": version_of(desk, tip_id), "category": "405", "priority": "P3"}
    refused = text_of(person.post(f"/tips/{tip_id}/accept?lang=en", fields), 409)
    assert "Hand it to the higher office" in refused
    assert "handed upward, or referred" in refused
    with desk.office.database.read() as session:
        assert session.get_one(Tip, tip_id).state is TipState.TRIAGE


def test_identity_at_the_alternate_desk_is_agreed_to_by_its_second_person_on_the_pages(desk: Desk) -> None:
    tip_id, _receipt = desk.office.send_tip(desk=Where.ALTERNATE, identity=Identity("王小明", "138"))
    person, second = desk.person("alternate"), desk.person("second")
    text_of(person.get(f"/tips/{tip_id}"))
    person.post(f"/tips/{tip_id}/identity", {"reason": "核实签字单"})
    assert "核实签字单" not in text_of(desk.person("director").get("/approvals"))
    page = text_of(second.get("/approvals"))
    assert "核实签字单" in page
    found = re.search(r"/approvals/identity/([0-9a-f-]{36})", page)
    assert found is not None
    assert desk.person("director").post(found[0], {}).status_code == 404
    assert second.post(found[0], {}).status_code == 303
    assert "王小明" in text_of(person.post(f"/tips/{tip_id}/identity/{found[1]}", {}))
    assert second.get(f"/tips/{tip_id}").status_code == 404


def test_supervisor_ticks_whom_the_informant_means_and_they_find_no_case(desk: Desk) -> None:
    tip_id = send(desk, keep_away="分管的那位副县长")
    accepted(desk, tip_id)
    deputy = str(desk.office.staff_id("deputy"))
    fan = desk.person("fan")
    form = text_of(fan.get(f"/tips/{tip_id}/case"))
    assert f'name="kept_away" value="{deputy}"' in form
    fields = {
        "version": version_of(desk, tip_id), "title": "道路修复情况", "brief": "核查路段破损与处理过程。",
        "allegation": ["道路长期破损"], "units": [str(desk.office.unit_id("transport"))],
        "case_type": "verification", "content_basis": "statutory-duties", "category": "405",
        "priority": "P3", "kept_away": [deputy],
    }  # fmt: skip
    assert fan.post(f"/tips/{tip_id}/case", fields).status_code == 303
    with desk.office.database.read() as session:
        case = session.scalars(select(Case)).one()
        assert session.get(CaseKeptAway, (case.id, desk.office.staff_id("deputy"))) is not None
    again = text_of(fan.get(f"/cases/{case.id}/brief"))
    assert re.search(rf'name="kept_away" value="{deputy}" checked', again)
    assert fan.post(f"/cases/{case.id}/propose", {"version": case.version}).status_code == 303
    assert text_of(desk.person("head").get(f"/cases/{case.id}"))
    assert desk.person("deputy").get(f"/cases/{case.id}").status_code == 404
    assert f"/cases/{case.id}" not in text_of(desk.person("deputy").get("/approvals"))
