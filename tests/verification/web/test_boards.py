"""First pages by role, notices, rules, workflow, trail, jobs, staff."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from sqlalchemy import select, text

from portal.models import OutboxRow, OutboxTopic
from tests.support.desk import Desk
from tests.support.jobs import post_work
from tests.support.journey import Journey
from tests.verification.web.test_tips import text_of
from tests.verification.web.tips import accepted, send
from verification.audit.events import Event
from verification.domain.notices import announce_tips
from verification.domain.paper_forms import PAPER_FORMS
from verification.labels import label
from verification.models import AuditEntry, AuditHead, StaffNotice
from verification.policy.rulebook import shipped_rules
from verification.web.steps import ELSEWHERE, ON_THE_CASE_PAGE, PAGES
from verification.workflow.states import STATES, SubjectKind
from verification.workflow.table import TRANSITIONS

DESKS_AND_LEADERS = ("fan", "alternate", "director", "head", "deputy")
OTHERS = ("du", "reviewer", "lian", "admin", "security", "auditor")


@pytest.mark.parametrize("login", [*DESKS_AND_LEADERS, *OTHERS])
def test_everybody_has_a_first_page_rules_and_notices(desk: Desk, login: str) -> None:
    person = desk.person(login)
    for address in ("/", "/notices", "/rules", "/workflow"):
        for lang in ("zh", "en"):
            text_of(person.get(address, lang=lang))


def test_supervisors_first_page_counts_what_is_late_due_and_waiting(desk: Desk) -> None:
    tips = [send(desk), send(desk, urgent=True)]
    for tip_id in tips:
        with desk.office.database.write() as session:
            announce_tips(
                session, [tip_id], clock=desk.office.clock, rng=desk.office.rng, rules=shipped_rules()
            )
    accepted(desk, send(desk))
    desk.office.clock.advance(timedelta(hours=3))
    page = text_of(desk.person("fan").get("/"))
    tiles = {
        label: int(number)
        for number, label in re.findall(r'tile-number">(\d+)</span> <span class="soft">([^<]+)<', page)
    }
    assert tiles == {
        "tips overdue": 1, "tips due today": 1, "tips to decide on": 2, "accepted, without a brief": 1,
    }  # fmt: skip
    assert f"/tips/{tips[1]}" in page, "urgent"
    assert f"/tips/{tips[0]}" not in page


def test_inspectors_first_page_leads_to_their_task_and_the_directors_to_the_plan(desk: Desk) -> None:
    walk = Journey(desk.office).signed()
    assert f"/tasks/{walk.task_id}" in text_of(desk.person("du").get("/"))
    assert f"/tasks/{walk.task_id}" not in text_of(desk.person("wei").get("/"))
    other = Journey(desk.office).docketed().plan_proposed()
    page = text_of(desk.person("director").get("/approvals"))
    assert f"/cases/{other.case_id}" in page
    assert f"/cases/{walk.case_id}" not in page


def test_liaison_sees_how_many_items_wait_for_the_unit(desk: Desk) -> None:
    Journey(desk.office).ordered()
    assert 'tile-number">1<' in text_of(desk.person("lian").get("/"))
    assert 'tile-number">0<' in text_of(desk.person("other").get("/"))


def test_notices_lead_to_their_subject_and_are_marked_read(desk: Desk) -> None:
    walk = Journey(desk.office).docketed()
    head = desk.person("head")
    page = text_of(head.get("/notices"))
    assert f"/cases/{walk.case_id}" in page
    assert head.post("/notices/read").status_code == 303
    with desk.office.database.read() as session:
        unread = session.scalars(
            select(StaffNotice).where(
                StaffNotice.staff_id == desk.office.staff_id("head"), StaffNotice.read_at.is_(None)
            )
        ).all()
    assert unread == []


def test_liaison_s_notices_do_not_lead_to_a_page_they_may_not_open(desk: Desk) -> None:
    Journey(desk.office).ordered()
    lian = desk.person("lian")
    addresses = set(re.findall(r'<a href="(/[^"]*)">', text_of(lian.get("/notices")).partition("<main")[2]))
    assert addresses
    assert {address: lian.get(address).status_code for address in addresses} == dict.fromkeys(addresses, 200)


# --- rules and workflow ------------------------------------------------------------------------------------


def test_rules_page_lists_every_rule_and_marks_law_apart_from_defaults(desk: Desk) -> None:
    page = text_of(desk.person("auditor").get("/rules"))
    rows = re.findall(r'<tr id="([^"]+)">(.*?)</tr>', page, re.DOTALL)
    marks = {rule: "Law" if ">Law<" in row else "Office default" for rule, row in rows}
    assert marks == {rule.id: "Office default" if rule.editable else "Law" for rule in shipped_rules().all()}
    assert "Art. 11 (2)" in page


def test_workflow_page_draws_every_state_and_lists_every_act(desk: Desk) -> None:
    page = text_of(desk.person("auditor").get("/workflow"))
    assert page.count('class="flow-box"') == sum(len(list(STATES[kind])) for kind in SubjectKind)
    drawn = {unescape(name) for name in re.findall(r'<text class="flow-name"[^>]*>([^<]+)<', page)}
    listed = {unescape(name) for name in re.findall(r'<span class="flow-mark">\d+</span> ([^<]+)</th>', page)}
    with desk.app.test_request_context("/?lang=en"):
        assert drawn == {str(label(state)) for kind in SubjectKind for state in STATES[kind]}
        assert listed == {str(label(row.action)) for row in TRANSITIONS}


def test_every_action_on_a_case_has_a_page() -> None:
    actions = {row.action for row in TRANSITIONS if row.kind is SubjectKind.CASE}
    assert actions - set(PAGES) - ON_THE_CASE_PAGE - ELSEWHERE - set(PAPER_FORMS) == set()


# --- the trail ---------------------------------------------------------------------------------------------


def test_trail_is_paged_by_number_and_shows_no_content(desk: Desk) -> None:
    fan = desk.person("fan")
    tip_id = send(desk, account="不可外传的一段话,写在来件里。")
    for _look in range(60):
        fan.get(f"/tips/{tip_id}")
    auditor = desk.person("auditor")
    numbers: list[int] = []
    address: str | None = "/audit"
    while address:
        page = text_of(auditor.get(address))
        assert "不可外传" not in page
        numbers += [int(one) for one in re.findall(r'data-label="Number">(\d+)<', page)]
        found = re.search(r'rel="next" href="([^"]+)"', page)
        address = found[1] if found else None
    with desk.office.database.read() as session:
        last = session.scalars(select(AuditEntry.number).order_by(AuditEntry.number.desc())).first()
    assert last is not None
    assert numbers == list(range(last, 0, -1))


def test_chain_is_checked_whole_and_a_changed_entry_is_found(desk: Desk) -> None:
    auditor = desk.person("auditor")
    assert "The chain is whole" in text_of(auditor.post("/audit/verify?lang=en"))
    with desk.office.database.write() as session:
        session.execute(text("UPDATE audit_entry SET event = 'tip.viewed' WHERE number = 3"))
    assert "Entry 3 does not fit" in text_of(auditor.post("/audit/verify?lang=en"))


def test_head_copied_from_the_page_is_found_again_until_the_end_is_cut_off(desk: Desk) -> None:
    auditor = desk.person("auditor")
    shown = re.search(r'<p class="code">([0-9a-f ]+)</p>', text_of(auditor.get("/audit?lang=en")))
    assert shown
    page = text_of(auditor.post("/audit/verify?lang=en", {"head": f" {shown[1].upper()} "}))
    assert "The chain is whole" in page
    assert "The copied head is in the chain" in page
    for wrong in (shown[1][:-1], "0 " + "0" * 64, "many words"):
        assert "The copied head is not in" in text_of(auditor.post("/audit/verify?lang=en", {"head": wrong}))
    with desk.office.database.write() as session:
        last, before = session.scalars(select(AuditEntry).order_by(AuditEntry.number.desc()).limit(2)).all()
        head = session.get_one(AuditHead, 1)
        head.number, head.entry_hash = before.number, before.entry_hash
        session.delete(last)
    page = text_of(auditor.post("/audit/verify?lang=en", {"head": shown[1]}))
    assert "The chain is whole" in page
    assert "The copied head is not in the chain" in page


def test_login_refused_is_shown_with_its_account_and_names_nobody_as_the_actor(desk: Desk) -> None:
    desk.stranger().post("/login", desk.credentials("fan") | {"code": "000000"})
    page = text_of(desk.person("auditor").get("/audit?lang=en"))
    row = page[page.index("Login failed") :].partition("</tr>")[0]
    assert "somebody not let in" in row
    assert "Person fan" in row
    assert 'data-label="Who">Person' not in row


# --- jobs and staff ----------------------------------------------------------------------------------------


def _dead(desk: Desk, topic: OutboxTopic, subject_id: uuid.UUID | None = None) -> uuid.UUID:
    work = post_work(desk.office, topic, subject_id or uuid.uuid4())
    with desk.office.database.write() as session:
        row = session.get_one(OutboxRow, work.outbox_id)
        row.dead, row.attempts, row.error_code = True, 8, "CleanerSilent"
    return work.outbox_id


def test_queue_that_does_not_answer_is_told_and_the_page_still_comes(desk: Desk) -> None:
    page = text_of(desk.person("admin").get("/admin/queue"))
    assert "The queue server does not answer" in page


def test_queue_that_answers_is_told(desk: Desk, valkey: Any) -> None:
    running = Desk(desk.office, desk.settings.blob_dir, queue_url=valkey.url)
    assert "No worker is running" in text_of(running.person("admin").get("/admin/queue"))


def test_failed_job_is_started_again_and_traced(desk: Desk) -> None:
    outbox_id = _dead(desk, OutboxTopic.CLEAN_FILE)
    admin = desk.person("admin")
    page = text_of(admin.get("/admin/dead-letters"))
    assert "CleanerSilent" in page
    assert "Forget this turn" not in page
    assert admin.post(f"/admin/dead-letters/{outbox_id}/discard").status_code == 404
    assert admin.post(f"/admin/dead-letters/{outbox_id}/retry").status_code == 303
    with desk.office.database.read() as session:
        row = session.get_one(OutboxRow, outbox_id)
        events = session.scalars(select(AuditEntry.event).where(AuditEntry.subject_id == outbox_id)).all()
    assert (row.dead, row.attempts) == (False, 0)
    assert events == [Event.DEAD_LETTER_RETRIED]


def test_turn_of_recurring_work_can_be_forgotten(desk: Desk) -> None:
    outbox_id = _dead(desk, OutboxTopic.CLOCK_TICK)
    admin = desk.person("admin")
    assert "Forget this turn" in text_of(admin.get("/admin/dead-letters"))
    assert admin.post(f"/admin/dead-letters/{outbox_id}/discard").status_code == 303
    with desk.office.database.read() as session:
        assert session.get(OutboxRow, outbox_id) is None


def test_staff_list_names_roles_and_shows_no_key(desk: Desk) -> None:
    page = text_of(desk.person("security").get("/staff"))
    assert page.count("<tr>") == len(desk.office.staff) + 1
    assert "Triage supervisor" in page
    key_id = desk.office.staff["fan"].key_id
    assert str(key_id) not in page
