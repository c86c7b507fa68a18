"""The list paper on its pages: ticked, recorded, compared, confirmed; what stands against a case is shown."""

from __future__ import annotations

import io
import uuid
from typing import Any

from tests.support.desk import Desk
from tests.verification.domain.test_openings import Opening
from tests.verification.domain.test_paper_lists import proposed, states
from tests.verification.web.test_tips import text_of
from verification.domain import casework
from verification.models import CaseState

PICTURE = b"\xff\xd8\xff\xe0 a scan"


def sent(desk: Desk, cases: list[uuid.UUID], **changes: Any) -> dict[str, Any]:
    """The form as it is sent."""
    return {
        "cases": [str(case_id) for case_id in cases],
        "signed_by": str(desk.office.staff_id("head")),
        "signed_on": desk.office.intake.today.isoformat(),
        "scan": (io.BytesIO(PICTURE), "list.jpg"),
    } | changes


def test_list_is_recorded_by_one_and_confirmed_by_another(desk: Desk) -> None:
    cases = [proposed(desk.office), proposed(desk.office, "404")]
    fan, shen = desk.person("fan"), desk.person("shen")
    assert "/papers/list" in text_of(fan.get("/approvals"))
    form = text_of(fan.get("/papers/list"))
    assert all(str(case_id) in form for case_id in cases)
    wrong = text_of(fan.post("/papers/list?lang=en", sent(desk, cases[:1])), 422)
    assert "Choose from two to" in wrong
    answer = fan.post("/papers/list", sent(desk, cases))
    text_of(answer, 303)
    page = str(answer.location)
    assert "a colleague has to confirm it" in text_of(fan.get(page))
    assert "with 1 others" in text_of(shen.get("/approvals"))
    assert "and no other?" in text_of(shen.get(page))
    text_of(shen.post(f"{page}/confirm"), 303)
    assert set(states(desk.office, cases)) == {CaseState.DOCKETED}
    assert "Confirmed" in text_of(shen.get(page))


def test_what_stands_against_a_case_is_shown_beside_it_and_strangers_see_nothing(desk: Desk) -> None:
    cases = [proposed(desk.office), proposed(desk.office, "404")]
    page = str(desk.person("fan").post("/papers/list", sent(desk, cases)).location)
    walk = Opening(desk.office)
    walk.case_id = cases[1]
    walk.on_case("deputy", casework.endorse_docketing, note="同意。")
    shen = desk.person("shen")
    shown = text_of(shen.post(f"{page}/confirm?lang=en"), 409)
    assert "Nothing was docketed" in shown
    assert shown.count("stands against it") == 1
    assert set(states(desk.office, cases)) == {CaseState.PROPOSED}
    text_of(desk.person("du").get(page), 404)
    text_of(shen.get(f"/papers/list/{uuid.uuid4()}"), 404)
    text_of(shen.post(f"{page}/refuse"), 303)
    text_of(shen.get(page), 404)
