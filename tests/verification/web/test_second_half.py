"""The second half on its pages, as the people who use it; refusals and errors keep what was typed."""

from __future__ import annotations

import io
import re
import uuid
from typing import Any

import pytest
from sqlalchemy import event

from tests.support.asking import heard
from tests.support.desk import Desk, Person
from tests.support.journey import Journey
from verification.domain import dispatch, planning
from verification.models import CaseState, ItemState, TaskState

JPEG = b"\xff\xd8\xff\xe0 not a picture, but sealed all the same"


def _text(answer: Any, status: int = 200) -> str:
    text: str = answer.get_data(as_text=True)
    assert answer.status_code == status, text.partition("<main")[2]
    return text


def _version(page: str) -> str:
    found = re.search(r'name="version" value="(\d+)"', page)
    assert found is not None
    return found[1]


def _moves(person: Person, address: str, fields: dict[str, Any] | None = None, *, on: str = "") -> str:
    """Send a form with the version its page shows; returns where it leads."""
    page = person.get(on or address).get_data(as_text=True)
    answer = person.post(address, {"version": _version(page), **(fields or {})})
    assert answer.status_code == 303, answer.get_data(as_text=True).partition("<main")[2]
    return str(answer.headers["Location"])


@pytest.fixture
def walk(desk: Desk) -> Journey:
    """A case, docketed."""
    return Journey(desk.office).docketed()


def _plan_fields(walk: Journey) -> dict[str, Any]:
    return {
        "content": "核查路面破损。",
        "scope": "卫生院门前",
        "units": str(walk.office.unit_id("transport")),
        "methods": ["inspection", "reading"],
        "unannounced": "yes",
        "starts_on": walk.today.isoformat(),
        "ends_on": walk.today.replace(day=20).isoformat(),
        "people": "2",
        "hours": "16",
    }


def test_plan_is_written_and_approved_on_its_pages(desk: Desk, walk: Journey) -> None:
    fan, director = desk.person("fan"), desk.person("director")
    page = _text(fan.get(f"/cases/{walk.case_id}/plan/new"))
    assert "1. 道路长期破损" in page, "the first plan begins with the allegations"
    plan = f"/cases/{walk.case_id}/plan"
    fields = _plan_fields(walk) | {"version": _version(page)}
    assert fan.post(plan, fields).status_code == 303
    assert "Approve the plan" not in _text(fan.get(plan))
    _moves(director, f"{plan}/approve", on=plan)
    assert walk.case.state is CaseState.PLANNED
    assert "Approved and locked" in _text(fan.get(plan))


def test_plan_with_errors_comes_back_with_everything_typed(desk: Desk, walk: Journey) -> None:
    fields = _plan_fields(walk) | {"content": "", "people": "many", "version": "3", "scope": "写了很久的范围"}
    page = _text(desk.person("fan").post(f"/cases/{walk.case_id}/plan", fields), 422)
    assert "写了很久的范围" in page
    assert "Please give a whole number." in page


def test_plan_on_an_old_page_says_it_changed_and_keeps_the_text(desk: Desk, walk: Journey) -> None:
    fields = _plan_fields(walk) | {"version": str(walk.case.version - 1)}
    page = _text(desk.person("fan").post(f"/cases/{walk.case_id}/plan?lang=en", fields), 409)
    assert "It changed while you were writing" in page
    assert "核查路面破损。" in page
    assert f'name="version" value="{walk.case.version}"' in page


def test_refused_approval_names_rule_and_source(desk: Desk, walk: Journey) -> None:
    walk.plan_proposed()
    fields = {"version": str(walk.case.version), "note": ""}
    page = _text(desk.person("director").post(f"/cases/{walk.case_id}/plan/return?lang=en", fields), 409)
    assert "Returning needs a reason." in page
    assert "Office default" in page


def test_team_is_proposed_with_reasons_and_sent(desk: Desk, walk: Journey) -> None:
    walk.plan_proposed()
    walk.on_case("director", planning.approve_plan)
    fan = desk.person("fan")
    page = _text(fan.get(f"/cases/{walk.case_id}/team"))
    free, blocked = page.split("Cannot be sent")
    assert "Person insider" not in free
    assert "belongs to the inspected unit" in blocked
    assert "Civil Servant Law" in blocked
    chosen = re.findall(r'name="team" value="([^"]+)"[^>]* checked', page)
    leader = re.search(r'name="leader" value="([^"]+)"[^>]* checked', page)
    plan = re.search(r'name="plan" value="([^"]+)"', page)
    due = re.search(r'name="due_on" type="date" value="([^"]+)"', page)
    assert len(chosen) == 2
    assert leader is not None
    assert plan is not None
    assert due is not None
    fields = {
        "version": _version(page), "team": chosen, "leader": leader[1], "plan": plan[1], "due_on": due[1],
    }  # fmt: skip
    alone = _text(fan.post(f"/cases/{walk.case_id}/team?lang=en", fields | {"team": chosen[:1]}), 409)
    assert "Choose at least two inspectors." in alone
    answer = fan.post(f"/cases/{walk.case_id}/team", fields)
    assert answer.status_code == 303
    assert walk.case.state is CaseState.VERIFYING


@pytest.fixture
def sent(walk: Journey) -> Journey:
    """A team is sent."""
    walk.plan_proposed()
    walk.on_case("director", planning.approve_plan)
    return walk.dispatched()


def test_queue_says_what_comes_next_and_the_task_goes_through_its_stages(desk: Desk, sent: Journey) -> None:
    du = desk.person("du")
    task = f"/tasks/{sent.task_id}"
    assert "Read the brief and sign for the task" in _text(du.get("/queue"))
    _moves(du, f"{task}/sign", on=task)
    assert "log the first visit or interview" in _text(du.get("/queue"))
    page = _text(du.get(f"{task}/log/visit"))
    people = re.findall(r'name="people" value="([^"]+)"[^>]* checked', page)
    assert len(people) == 2, "the whole team is ticked at first"
    fields = {
        "seen": "路面有三处坑", "place": "卫生院门前", "people": people, "minutes": "45",
        "began_at": "2026-03-02T09:00", "method": "inspection", "unit": str(sent.office.unit_id("transport")),
        "photo": (io.BytesIO(JPEG), "IMG_1.jpg"),
    }  # fmt: skip
    assert du.post(f"{task}/log/visit", fields).status_code == 303
    shown = _text(du.get(task))
    assert "路面有三处坑" in shown
    assert "IMG_1.jpg" in shown
    assert "Outside the plan" not in shown
    _moves(du, f"{task}/follow", on=task)
    assert sent.task.state is TaskState.FOLLOW


def test_photo_is_not_asked_for_again_when_the_record_has_an_error(desk: Desk, sent: Journey) -> None:
    du, task = desk.person("du"), f"/tasks/{sent.task_id}"
    _moves(du, f"{task}/sign", on=task)
    fields = {
        "seen": "", "place": "卫生院门前", "people": str(sent.office.staff_id("du")), "minutes": "45",
        "began_at": "2026-03-02T09:00", "method": "inspection",
    }  # fmt: skip
    photo = {"photo": (io.BytesIO(JPEG), "IMG_2.jpg")}
    page = _text(du.post(f"{task}/log/visit?lang=en", fields | photo), 422)
    assert "Already received" in page
    assert "Files are not kept" not in page
    token = re.search(r'name="kept_file" value="([^"]+)" checked', page)
    assert token is not None
    assert sent.exhibits() == []
    fields |= {"seen": "路面有三处坑", "kept_file": token[1]}
    assert du.post(f"{task}/log/visit", fields).status_code == 303
    (exhibit,) = sent.exhibits()
    assert "IMG_2.jpg" in _text(du.get(task))
    again = _text(du.post(f"{task}/exhibits?lang=en", {"kept_file": token[1]}), 422)
    assert "This file has been filed already." in again
    assert [row.object_id for row in sent.exhibits()] == [exhibit.object_id]


def test_kept_photo_of_somebody_else_or_forged_is_not_taken(desk: Desk, sent: Journey) -> None:
    du, chen, task = desk.person("du"), desk.person("chen"), f"/tasks/{sent.task_id}"
    _moves(du, f"{task}/sign", on=task)
    photo = {"photo": (io.BytesIO(JPEG), "IMG_3.jpg")}
    page = _text(du.post(f"{task}/log/visit?lang=en", photo), 422)
    token = re.search(r'name="kept_file" value="([^"]+)" checked', page)
    assert token is not None
    for stolen in (token[1], token[1][:-2] + "xx", "nothing"):
        refused = _text(chen.post(f"{task}/exhibits?lang=en", {"kept_file": stolen}), 422)
        assert "A file that was kept is no longer there." in refused
    assert du.post(f"{task}/exhibits", {"kept_file": token[1]}).status_code == 303


def test_record_outside_the_plan_is_saved_and_says_why(desk: Desk, sent: Journey) -> None:
    du, task = desk.person("du"), f"/tasks/{sent.task_id}"
    _moves(du, f"{task}/sign", on=task)
    fields = {
        "seen": "独自到场", "people": str(sent.office.staff_id("du")), "minutes": "45",
        "began_at": "2026-03-01T09:00", "method": "summons",
    }  # fmt: skip
    assert du.post(f"{task}/log/visit", fields).status_code == 303
    page = _text(du.get(task))
    assert "Outside the plan" in page
    assert "outside the plan&#39;s dates, a method that the plan does not name, fewer than two people" in page


@pytest.fixture
def visited(sent: Journey) -> Journey:
    """A visit with a photograph was logged."""
    sent.on_task("du", dispatch.sign_task)
    return sent.logged()


def test_statement_and_finding_lead_from_allegation_to_allegation(desk: Desk, visited: Journey) -> None:
    du, task = desk.person("du"), f"/tasks/{visited.task_id}"
    exhibit = visited.exhibits()[0].object_id.hex
    first, second = visited.allegations()
    for claim, leads_to in ((first, str(second.id)), (second, "#allegations")):
        address = f"{task}/allegations/{claim.id}"
        _moves(du, f"{address}/statement", {"statement": "declined"}, on=address)
        page = _text(du.get(address))
        fields = {"version": _version(page), "finding": "true", "reasons": "现场所见。"}
        refused = _text(du.post(f"{address}/finding?lang=en", fields), 409)
        assert "Every finding links at least one exhibit" in refused
        assert "现场所见。" in refused
        marked = {"version": fields["version"], f"stance-{exhibit}": "supports", f"v-{exhibit}": "0"}
        assert du.post(f"{address}/evidence", marked).headers["Location"].endswith("#statement")
        answer = du.post(f"{address}/finding", fields)
        assert leads_to in answer.headers["Location"]
    assert "2 of 2 findings" in _text(du.get("/queue"))


def test_finding_of_another_case_is_not_reached_through_this_task(desk: Desk, visited: Journey) -> None:
    other = Journey(desk.office).signed()
    foreign = other.allegations()[0].id
    du, address = desk.person("du"), f"/tasks/{visited.task_id}/allegations/{foreign}"
    assert du.get(address).status_code == 404
    fields = {"version": "1", "statement": "declined"}
    assert du.post(f"{address}/statement", fields).status_code == 404
    assert other.allegations()[0].statement is None


def test_strangers_to_a_task_get_404_and_see_nothing(desk: Desk, visited: Journey) -> None:
    for login in ("wei", "head", "lian", "auditor", "admin"):
        assert desk.person(login).get(f"/tasks/{visited.task_id}").status_code == 404
    assert desk.person("fan").get(f"/tasks/{visited.task_id}").status_code == 200
    assert "道路修复情况" not in _text(desk.person("wei").get("/queue"))


def test_hand_back_and_ruling_on_their_pages(desk: Desk, sent: Journey) -> None:
    du, fan, task = desk.person("du"), desk.person("fan"), f"/tasks/{sent.task_id}"
    _moves(du, f"{task}/hand-back", {"note": "时间冲突。"}, on=task)
    page = _text(fan.get(task))
    assert "时间冲突。" in page
    fields = {"version": _version(page), "note": "仍由你组核查。", "ruling": "overrule"}
    assert fan.post(f"{task}/ruling", fields).status_code == 303
    assert sent.task.state is TaskState.DISPATCHED


def test_conclusion_from_first_draft_to_delivery_and_the_unit_reads_its_version(desk: Desk) -> None:
    walk = Journey(desk.office).fixing()
    fan, head, lian, du = (desk.person(login) for login in ("fan", "head", "lian", "du"))
    page_of = f"/cases/{walk.case_id}/conclusion"
    _moves(fan, f"{page_of}/begin", on=page_of)
    page = _text(fan.get(page_of))
    assert "1. Allegation: 道路长期破损" in page
    assert "Facts and reasons: 现场所见与照片相符。" in page
    fields = {
        "version": _version(page), "file_text": "文件版全文", "unit_text": "请修复，联系13812345678",
    }  # fmt: skip
    stopped = _text(fan.post(f"{page_of}/draft?lang=en", fields), 422)
    assert "This holds a phone, identity or account number." in stopped
    assert "文件版全文" in stopped
    fields["unit_text"] = "请于三十日内修复。"
    assert fan.post(f"{page_of}/draft", fields).status_code == 303
    assert "Now somebody else reads it over and signs" in _text(fan.get(f"{page_of}?lang=en"))
    assert "文件版全文" in _text(desk.person("director").get(page_of))
    remark = {"version": str(walk.case.version), "note": ""}
    assert du.post(f"{page_of}/remark", remark).status_code == 409
    _moves(du, f"{page_of}/remark", {"note": "处理要求再具体些。"}, on=page_of)
    assert "处理要求再具体些。" in _text(fan.get(page_of))
    _moves(du, f"{page_of}/read", on=page_of)
    _moves(fan, f"{page_of}/propose", on=page_of)
    _moves(head, f"{page_of}/approve", on=page_of)
    delivery = {"delivered_on": walk.today.isoformat(), "means": "by-hand", "received_by": "收文员王某"}
    refused = _text(fan.post(f"{page_of}/deliver?lang=en", delivery | {"version": walk.case.version}), 409)
    assert "A delivery has its receipt" in refused
    assert "收文员王某" in refused
    scan = {"scan": (io.BytesIO(JPEG), "receipt.jpg")}
    _moves(fan, f"{page_of}/deliver", delivery | scan, on=page_of)
    assert "Scan of the receipt" in _text(fan.get(f"{page_of}?lang=en"))
    assert walk.case.state is CaseState.DELIVERED
    desk_page = _text(lian.get("/unit"))
    link = re.search(r'href="(/unit/conclusions/[^"]+)"', desk_page)
    assert link is not None
    read = _text(lian.get(link[1]))
    assert "请于三十日内修复。" in read
    assert "文件版全文" not in read
    assert desk.person("other").get(link[1]).status_code == 404
    notices = _text(lian.get("/notices"))
    assert 'href="/unit"' in notices.partition("<main")[2], "a liaison's notice leads to the unit's desk"
    assert lian.get(page_of).status_code == 404


def test_items_from_writing_to_close_off_as_four_people(desk: Desk) -> None:
    walk = Journey(desk.office).delivered()
    fan, lian, du, reviewer = (desk.person(login) for login in ("fan", "lian", "du", "reviewer"))
    items = f"/cases/{walk.case_id}/items"
    fields = {
        "problem": "路面坑洼", "standard": "填平", "unit": str(walk.office.unit_id("transport")),
        "due_on": "2026-04-01",
    }  # fmt: skip
    _moves(fan, items, fields)
    _moves(fan, f"{items}/order", on=items)
    found = re.search(r'href="/unit/items/([^"]+)"', _text(lian.get("/unit")))
    assert found is not None
    own, shared = f"/unit/items/{found[1]}", f"/items/{found[1]}"
    walk.item_id = uuid.UUID(found[1])
    page = _text(lian.get(own))
    measures = {"version": _version(page), "measures": "已经填平。"}
    refused = _text(lian.post(f"{own}?lang=en", measures), 409)
    assert "A rectification report comes with proof." in refused
    assert "已经填平。" in refused
    proof = {"proofs": (io.BytesIO(JPEG), "after.jpg")}
    assert lian.post(own, measures | proof).status_code == 303
    assert lian.get(shared).headers["Location"] == own
    assert "after.jpg" in _text(du.get(shared))
    assert reviewer.get(shared).status_code == 404
    assert "The unit has reported: verify it" in _text(du.get("/queue"))
    signer = str(walk.office.staff_id("reviewer"))
    verified = {"note": "到场查看，已填平。", "signer": signer, "how": "on-site"}
    _moves(du, f"{shared}/verify", verified, on=shared)
    assert "To sign off" in _text(reviewer.get("/rectification"))
    early = _text(
        reviewer.post(f"{shared}/sign?lang=en", {"version": _version(_text(reviewer.get(shared)))}), 409
    )
    assert "Ask the informants first whether it is really fixed." in early
    heard(walk)
    _moves(reviewer, f"{shared}/sign", on=shared)
    assert walk.item.state is ItemState.CLOSED_OFF
    assert "Finish the task" in _text(du.get(f"/tasks/{walk.task_id}"))


def test_returned_item_tells_the_unit_why(desk: Desk) -> None:
    walk = Journey(desk.office).ordered().reported()
    du, lian, shared = desk.person("du"), desk.person("lian"), f"/items/{walk.item_id}"
    _moves(du, f"{shared}/return", {"note": "第三处未填平。", "due_on": "2026-04-20"}, on=shared)
    page = _text(lian.get(f"/unit/items/{walk.item_id}"))
    assert "Your report was sent back" in page
    assert "第三处未填平。" in page


def test_what_people_wrote_is_never_run_as_markup(desk: Desk, visited: Journey) -> None:
    evil = "<script>alert(1)</script>"
    visited.logged(photos=0, words={"seen": evil}, place=evil)
    page = _text(desk.person("du").get(f"/tasks/{visited.task_id}"))
    assert evil not in page
    assert page.count("&lt;script&gt;") == 2


@pytest.mark.databases("sqlite")
def test_queue_asks_as_many_queries_for_three_tasks_as_for_one(desk: Desk) -> None:
    statements: list[str] = []
    event.listen(desk.office.database.engine, "before_cursor_execute", lambda *a: statements.append(a[2]))
    counts = []
    for more in (1, 2):
        for _ in range(more):
            Journey(desk.office).signed().logged()
        du = desk.person("du")
        statements.clear()
        assert _text(du.get("/queue")).count('class="job-title"') == 2 * more - 1
        counts.append(len(statements))
    assert counts[0] == counts[1] > 0
