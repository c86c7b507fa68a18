"""Cases as their pages make them, for tests of what comes after."""

from __future__ import annotations

import uuid
from typing import Any

from tests.support.desk import Desk
from tests.verification.web.test_tips import text_of
from tests.verification.web.tips import accepted, send, version_of
from verification.models import Case

ACCOUNT = "卫生院门前的路坏了半年没人修,下雨天积水没过脚踝,老人看病要绕一公里的路。"


def brief_of(desk: Desk, tip_id: uuid.UUID, **changes: Any) -> dict[str, Any]:
    """A brief as the form sends it."""
    return {
        "version": version_of(desk, tip_id),
        "title": "清溪镇道路养护责任落实",
        "brief": "核查该路段破损情况、养护责任主体及接报后的处理过程。",
        "allegation": ["路面长期破损", "接报后未处理", ""],
        "units": [str(desk.office.unit_id("transport"))],
        "case_type": "verification",
        "content_basis": "statutory-duties",
        "category": "405",
        "priority": "P3",
        "town": "",
    } | changes


def tip_ready(desk: Desk) -> uuid.UUID:
    """A tip that was accepted."""
    tip_id = send(desk, account=ACCOUNT)
    accepted(desk, tip_id)
    return tip_id


def opened_case(desk: Desk, **changes: Any) -> uuid.UUID:
    """A draft case, opened on the page; returns its id."""
    tip_id = tip_ready(desk)
    answer = desk.person("fan").post(f"/tips/{tip_id}/case", brief_of(desk, tip_id, **changes))
    text_of(answer, 303)
    return uuid.UUID(str(answer.location).rpartition("/")[2])


def case_of(desk: Desk, case_id: uuid.UUID) -> Case:
    """The case's row as it stands."""
    with desk.office.database.read() as session:
        return session.get_one(Case, case_id)


def proposed_case(desk: Desk) -> uuid.UUID:
    """A case proposed to the head of government."""
    case_id = opened_case(desk)
    fields = {"version": 1}
    assert desk.person("fan").post(f"/cases/{case_id}/propose", fields).status_code == 303
    return case_id
