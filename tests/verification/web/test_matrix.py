"""The matrix of evidence on its page, and judging one row of it on the allegation's page."""

from __future__ import annotations

import pytest

from tests.support.desk import Desk
from tests.support.journey import Journey
from tests.verification.web.test_tips import text_of


@pytest.fixture
def walk(desk: Desk) -> Journey:
    """A visit with a photograph."""
    return Journey(desk.office).signed().logged()


def test_matrix_shows_what_counts_and_what_is_missing(desk: Desk, walk: Journey) -> None:
    page, du = f"/cases/{walk.case_id}/matrix?lang=en", desk.person("du")
    bare = text_of(du.get(page))
    assert "2 allegations have nothing that supports or refutes them." in bare
    assert "Exhibit 1" in bare
    assert "Site visit 1" in bare
    assert "An exhibit within the plan that supports or refutes it" in bare
    walk.weighed()
    judged = text_of(du.get(page))
    assert "allegations have nothing" not in judged
    assert "1 support, 0 refute" in judged
    assert f"/tasks/{walk.task_id}/allegations/" in judged
    assert f"/tasks/{walk.task_id}/allegations/" not in text_of(desk.person("fan").get(page))
    text_of(desk.person("wei").get(page), 404)


def test_empty_matrix_leads_to_the_task(desk: Desk) -> None:
    walk = Journey(desk.office).signed()
    page = text_of(desk.person("du").get(f"/cases/{walk.case_id}/matrix?lang=en"))
    assert "No evidence yet" in page
    assert f'href="/tasks/{walk.task_id}"' in page


def test_row_is_judged_and_what_was_typed_stays_after_a_refusal(desk: Desk, walk: Journey) -> None:
    claim, exhibit = walk.allegations()[0], walk.exhibits()[0].object_id.hex
    address, du = f"/tasks/{walk.task_id}/allegations/{claim.id}", desk.person("du")
    fields = {f"stance-{exhibit}": "refutes", f"v-{exhibit}": "0", "version": "1", "needed": "还缺养护记录。"}
    assert du.post(f"{address}/evidence", fields | {f"stance-{exhibit}": "sideways"}).status_code == 422
    assert du.post(f"{address}/evidence", fields | {"stance-nobody": "refutes"}).status_code == 422
    assert du.post(f"{address}/evidence", fields).status_code == 303
    page = text_of(du.get(address))
    assert "还缺养护记录。" in page
    stale = text_of(du.post(f"{address}/evidence", fields | {f"stance-{exhibit}": "silent"}), 409)
    assert "changed" in stale
    wrong = {"version": "2", "finding": "true", "reasons": "现场所见。"}
    refused = text_of(du.post(f"{address}/finding?lang=en", wrong), 409)
    assert "All evidence that counts says otherwise." in refused
    assert "现场所见。" in refused
    assert du.post(f"{address}/finding", wrong | {"against": "照片摄于修复之后。"}).status_code == 303
    marked = text_of(du.get(f"/cases/{walk.case_id}/matrix?lang=en"))
    assert "The finding goes against the evidence" in marked
