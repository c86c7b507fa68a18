"""Every page declares who may open it, and the whole table of pages and roles is as written here.

The table is read by people: a change of a permission shows up as a changed line. Asked through the real gate,
with a real session for each role. Source: 3-architecture rule 5, "Contract tests".
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete
from werkzeug.routing import Rule

from tests.support.desk import Desk, Person
from tests.support.office import TestOffice
from verification.models import Role, StaffRole
from verification.web import routing
from verification.web.routing import declared

pytestmark = pytest.mark.slow

S, DIR, H, DEP = Role.SUPERVISOR, Role.DIRECTOR, Role.HEAD, Role.DEPUTY
INS, REV, LIA, EXT = Role.INSPECTOR, Role.REVIEWER, Role.LIAISON, Role.EXTERNAL
ADM, SEC, AUD = Role.ADMINISTRATOR, Role.SECURITY, Role.AUDITOR

EVERYBODY = frozenset(Role)
READERS = frozenset({S, DIR, H, DEP, INS, REV, EXT})
DESK, TEAM, UNIT = frozenset({S}), frozenset({INS}), frozenset({LIA})
STRANGERS = frozenset({"stranger"})

#: Endpoint → the roles that may call it.
MAY: dict[str, frozenset[Role] | frozenset[str]] = {
    "static": STRANGERS,
    "home.healthz": STRANGERS,
    "login.show": STRANGERS,
    "login.enter": STRANGERS,
    "login.lock": EVERYBODY,
    "login.leave": EVERYBODY,
    "home.show": EVERYBODY,
    "notices.show": EVERYBODY,
    "notices.read_all": EVERYBODY,
    "law.rules": EVERYBODY,
    "law.workflow": EVERYBODY,
    "inbox.show": DESK,
    "tips.show": DESK,
    "tips.decide": DESK,
    "tips.ask_identity": DESK,
    "tips.read_identity": DESK,
    "briefs.write": DESK,
    "briefs.open_case": DESK,
    "briefs.rewrite": DESK,
    "briefs.save": DESK,
    "openings.write": DESK,
    "openings.save": DESK,
    "answers.write": DESK,
    "answers.send": DESK,
    "cases.ledger": READERS,
    "cases.show": READERS,
    "cases.decide": frozenset({S, DIR, H, DEP}),
    "approvals.show": frozenset({S, DIR, H, DEP}),
    "approvals.agree": frozenset({S, DIR}),
    "paper.write": frozenset({S, DIR}),
    "paper.record": frozenset({S, DIR}),
    "paper.show": frozenset({S, DIR}),
    "paper.decide": frozenset({S, DIR}),
    "documents.of_case": READERS,
    "documents.show": READERS,
    "documents.take": READERS,
    "documents.write": frozenset({S, DIR, INS, REV}),
    "documents.make": frozenset({S, DIR, INS, REV}),
    "documents.write_of_tip": DESK,
    "documents.make_of_tip": DESK,
    "document_numbers.show": frozenset({S, DIR}),
    "document_numbers.void": frozenset({S, DIR}),
    "paper_lists.write": frozenset({S, DIR}),
    "paper_lists.record": frozenset({S, DIR}),
    "paper_lists.show": frozenset({S, DIR}),
    "paper_lists.decide": frozenset({S, DIR}),
    "planning.show": READERS,
    "planning.write": DESK,
    "planning.propose": DESK,
    "planning.decide": frozenset({S, DIR}),
    "dispatch.suggest": DESK,
    "dispatch.send": DESK,
    "dispatch.rule": DESK,
    "dispatch.replace": DESK,
    "dispatch.change": DESK,
    "queue.show": TEAM,
    "tasks.show": READERS,
    "tasks.decide": TEAM,
    "codes.show": READERS,
    "codes.decide": frozenset({S, DIR}),
    "records.write": TEAM,
    "records.log": TEAM,
    "records.add": TEAM,
    "findings.write": TEAM,
    "findings.record": TEAM,
    "conclusions.show": READERS,
    "conclusions.draft": frozenset({S, INS}),
    "conclusions.decide": frozenset({S, DIR, H, INS}),
    "matrix.show": READERS,
    "leads.of_case": READERS,
    "leads.show": READERS,
    "leads.note": frozenset({S, INS}),
    "leads.write": DESK,
    "leads.take_up": DESK,
    "leads.decline": DESK,
    "referrals.of_case": READERS,
    "referrals.note": frozenset({S, DIR, INS, REV}),
    "referrals.decide": frozenset({S, DIR}),
    "consents.show": DESK,
    "consents.ask": DESK,
    "consents.send": DESK,
    "weak_spots.show": frozenset({S, DIR, H}),
    "interference.show": frozenset({S, DIR, H}),
    "interference.open_case": DESK,
    "uses.ledger": READERS,
    "uses.of_case": READERS,
    "uses.write": frozenset({S, DIR}),
    "uses.save": frozenset({S, DIR}),
    "uses.show": READERS,
    "uses.decide": frozenset({S, DIR, H}),
    "unit_uses.show": UNIT,
    "unit_uses.decide": UNIT,
    "holdings.of_task": READERS,
    "holdings.ask": TEAM,
    "holdings.decide": TEAM,
    "holdings.witnesses": TEAM,
    "hours.show": frozenset({S, DIR, H, DEP}),
    "recusals.of_case": READERS,
    "recusals.ask": READERS,
    "recusals.decide": frozenset({DIR, H}),
    "asking.of_case": READERS,
    "asking.show": READERS,
    "asking.ask": DESK,
    "asking.decide": DESK,
    "designations.overview": READERS,
    "designations.show": READERS,
    "designations.of_case": READERS,
    "designations.write": DESK,
    "designations.decide": frozenset({H}),
    "programmes.show": READERS,
    "programmes.write": DESK,
    "programmes.save": DESK,
    "assignments.write": DESK,
    "assignments.assign": DESK,
    "assignments.show": READERS,
    "assignments.decide": DESK,
    "unit_assignments.show": UNIT,
    "unit_assignments.decide": UNIT,
    "unit_assignments.reply": UNIT,
    "reviews.show": READERS,
    "reviews.decide": frozenset({S, DIR, H, INS, REV}),
    "rectification.of_case": READERS,
    "rectification.add": DESK,
    "rectification.order": DESK,
    "rectification.show": frozenset({S, DIR, INS, REV}),
    "rectification.item": READERS | UNIT,
    "rectification.decide": frozenset({S, DIR, INS, REV}),
    "rectification.extension": READERS,
    "rectification.decide_extension": frozenset({S, DIR}),
    "look_backs.ledger": READERS,
    "look_backs.show": READERS,
    "look_backs.note": TEAM,
    "look_backs.decide": frozenset({S, DIR, INS}),
    "look_backs.draw": frozenset({S, DIR}),
    "look_backs.sample": frozenset({S, DIR, H}),
    "coordinating.overview": READERS,
    "coordinating.of_case": READERS,
    "coordinating.show": READERS,
    "coordinating.part": READERS,
    "coordinating.write": frozenset({S, INS}),
    "coordinating.propose": frozenset({S, INS}),
    "coordinating.rewrite": frozenset({S, INS}),
    "coordinating.revise": frozenset({S, INS}),
    "coordinating.decide": frozenset({S, DIR, INS}),
    "coordinating.decide_part": frozenset({S, DIR, H, INS}),
    "unit_coordination.show": UNIT,
    "unit_coordination.decide": UNIT,
    "unit_coordination.report": UNIT,
    "unit_desk.show": UNIT,
    "unit_desk.conclusion": UNIT,
    "unit_desk.apply": UNIT,
    "unit_desk.item": UNIT,
    "unit_desk.report": UNIT,
    "unit_desk.ask_extension": UNIT,
    "files.clean": READERS | UNIT,
    "arriving.take": TEAM | UNIT,
    "comparing.show": READERS,
    "compliance.show": READERS,
    "destroying.ask": DESK | {DIR},
    "destroying.decide": DESK | {DIR},
    "files.original": READERS | UNIT,
    "files.originals": READERS | UNIT,
    "files.part": READERS | UNIT,
    "viewer.show": READERS | UNIT,
    "exhibits.show": READERS,
    "exhibits.take_out": DESK | TEAM,
    "audit_pages.show": frozenset({AUD}),
    "audit_pages.verify": frozenset({AUD}),
    "admin.queue": frozenset({ADM}),
    "admin.letters": frozenset({ADM}),
    "admin.decide": frozenset({ADM}),
    "staff.show": frozenset({ADM, SEC}),
}


@pytest.fixture
def desk(office: TestOffice, tmp_path: Path) -> Desk:
    """The internal app, its views replaced by one that says it was reached; the gate is the real one."""
    made = Desk(office, tmp_path / "blobs")
    for endpoint, view in list(made.app.view_functions.items()):
        if endpoint in ("notices.show", "login.show", "static"):
            continue  # where this test gets its token from, and what needs none
        page = declared(made.app, endpoint)
        assert page is not None, f"{endpoint} declares nothing"
        made.app.view_functions[endpoint] = _stub(view)
    return made


def _stub(view: Callable[..., Any]) -> Callable[..., Any]:
    """Stands in for a view: declared like it, because a declaration belongs to the function."""

    def stub(**_named: object) -> tuple[str, int]:
        return "reached", 299

    routing._DECLARED[stub] = routing._DECLARED[view]
    return stub


def address_of(desk: Desk, rule: Rule) -> str:
    """An address that this rule matches: random ids, the first of each choice."""
    values: dict[str, object] = {}
    for name, converter in rule._converters.items():
        choices = getattr(converter, "items", None)
        values[name] = min(choices) if choices else uuid.uuid4()
    return desk.app.url_map.bind("localhost").build(rule.endpoint, values, method=method_of(rule))


def method_of(rule: Rule) -> str:
    return "POST" if "POST" in (rule.methods or ()) else "GET"


def call(person: Person, address: str, method: str) -> int:
    """What the gate lets through is answered 299 (or 200 by the two pages that were left)."""
    if method == "GET":
        return person.client.get(address).status_code
    return person.client.post(address, data={"csrf_token": person.token()}).status_code


def become(desk: Desk, role: Role) -> None:
    """The one person of this test has exactly this role now."""
    staff_id = desk.office.staff_id("novice")
    with desk.office.database.write() as session:
        session.execute(delete(StaffRole).where(StaffRole.staff_id == staff_id))
        session.add(StaffRole(staff_id=staff_id, role=role))


def test_table_has_a_line_for_every_page_and_no_other(desk: Desk) -> None:
    assert {rule.endpoint for rule in desk.app.url_map.iter_rules()} == set(MAY)


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("role", Role)
def test_role_reaches_exactly_its_pages(desk: Desk, role: Role) -> None:
    become(desk, role)
    person = desk.person("novice")
    reached, refused = set(), {}
    for rule in desk.app.url_map.iter_rules():
        if rule.endpoint == "static":
            continue
        status = call(person, address_of(desk, rule), method_of(rule))
        if status in (200, 299, 302):
            reached.add(rule.endpoint)
        else:
            refused[rule.endpoint] = status
    open_to_all = {endpoint for endpoint, who in MAY.items() if who == STRANGERS} - {"static"}
    assert reached == {endpoint for endpoint, who in MAY.items() if role in who} | open_to_all
    assert set(refused.values()) <= {404}


@pytest.mark.databases("sqlite")
def test_stranger_is_led_to_the_login_from_everywhere(desk: Desk) -> None:
    stranger = desk.stranger()
    wrong = {}
    for rule in desk.app.url_map.iter_rules():
        if MAY[rule.endpoint] == STRANGERS:
            continue
        address = address_of(desk, rule)
        if method_of(rule) == "GET":
            answer = stranger.client.get(address)
            fine = answer.status_code == 302 and answer.location.startswith("/login")
        else:
            answer = stranger.client.post(address, data={"csrf_token": stranger.token()})
            fine = answer.status_code in (303, 401) and b"reached" not in answer.data
        if not fine:
            wrong[rule.endpoint] = answer.status_code
    assert wrong == {}


@pytest.mark.databases("sqlite")
def test_no_form_is_taken_without_a_token(desk: Desk) -> None:
    become(desk, Role.SUPERVISOR)
    person = desk.person("novice")
    posts = [rule for rule in desk.app.url_map.iter_rules() if method_of(rule) == "POST"]
    assert len(posts) > 20
    answers = {rule.endpoint: person.client.post(address_of(desk, rule)).status_code for rule in posts}
    assert set(answers.values()) <= {400, 404}
    assert 400 in answers.values()


@pytest.mark.databases("sqlite")
def test_page_that_declares_nothing_is_open_to_nobody(desk: Desk) -> None:
    desk.app._got_first_request = False
    desk.app.add_url_rule("/undeclared", "undeclared", lambda: "reached")
    become(desk, Role.SUPERVISOR)
    assert desk.person("novice").client.get("/undeclared").status_code == 404
    assert desk.stranger().client.get("/undeclared").status_code == 404


@pytest.mark.databases("sqlite")
def test_every_answer_is_kept_from_caches_frames_and_scripts(office: TestOffice, tmp_path: Path) -> None:
    real = Desk(office, tmp_path / "blobs")
    fan = real.person("fan")
    for address in ("/", "/inbox", "/login", "/nowhere", "/cases", "/healthz"):
        headers = fan.client.get(address).headers
        assert headers["Cache-Control"] == "no-store", address
        policy = headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        for wanted in ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"):
            assert wanted in policy, address
        assert headers["X-Content-Type-Options"] == "nosniff"
