"""Signed paper on its pages: recorded with its scan, confirmed or refused by a second person."""

from __future__ import annotations

import io
import re
import uuid
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from sqlalchemy import select

from portal.models import SealedObject
from tests.support.desk import Desk
from tests.support.lost_commit import lose_the_answer
from tests.support.sealed_files import add_cleaner_key
from tests.verification.domain.test_reviewing import Reviewing
from tests.verification.web.cases import case_of, proposed_case
from tests.verification.web.test_kept import fields_of
from tests.verification.web.test_tips import events_of, text_of
from verification.models import AuditEntry, CaseState, PaperAct, ReviewOutcome


def recorded(desk: Desk, case_id: uuid.UUID, **changes: Any) -> Any:
    fields = {
        "action": "approve-docketing",
        "signed_by": str(desk.office.staff_id("head")),
        "signed_on": "2026-03-02",
        "note": "同意立项。",
        "scan": (io.BytesIO(b"\xff\xd8 a scan"), "scan.jpg"),
    } | changes
    return desk.person("fan").post(f"/cases/{case_id}/paper?lang=en", fields)


def paper_of(desk: Desk) -> PaperAct:
    with desk.office.database.read() as session:
        return session.scalars(select(PaperAct)).one()


def test_paper_takes_effect_when_a_second_person_confirms_it(desk: Desk) -> None:
    case_id = proposed_case(desk)
    assert recorded(desk, case_id).status_code == 303
    assert case_of(desk, case_id).state is CaseState.PROPOSED
    paper = paper_of(desk)
    page = text_of(desk.person("fan").post(f"/papers/{paper.id}/confirm?lang=en"), 409)
    assert "You recorded this paper, so somebody else must confirm it." in page
    shen = desk.person("shen")
    assert f"/papers/{paper.id}" in text_of(shen.get("/"))
    assert "同意立项。" in text_of(shen.get(f"/papers/{paper.id}"))
    assert shen.post(f"/papers/{paper.id}/confirm").status_code == 303
    assert case_of(desk, case_id).state is CaseState.DOCKETED
    with desk.office.database.read() as session:
        query = select(AuditEntry).where(AuditEntry.event == "case.docketed")
        entry = session.scalars(query).one()
    assert (entry.actor_id, entry.facts["paper"]) == (desk.office.staff_id("shen"), paper.id.hex)
    assert entry.facts["signed_by"] == desk.office.staff_id("head").hex


def test_paper_that_does_not_agree_is_taken_out_and_the_trail_keeps_it(desk: Desk) -> None:
    case_id = proposed_case(desk)
    recorded(desk, case_id)
    paper = paper_of(desk)
    assert desk.person("shen").post(f"/papers/{paper.id}/refuse").status_code == 303
    assert events_of(desk, case_id)[-1] == "paper.refused"
    assert desk.person("shen").get(f"/papers/{paper.id}").status_code == 404


def test_paper_without_scan_signer_or_day_says_what_is_missing_and_keeps_the_rest(desk: Desk) -> None:
    case_id = proposed_case(desk)
    no_scan = text_of(recorded(desk, case_id, scan=(io.BytesIO(b""), "")), 422)
    assert "Attach a scan or photo of the signed paper." in no_scan
    assert "同意立项。" in no_scan
    wrong = text_of(
        recorded(desk, case_id, signed_by=str(desk.office.staff_id("fan")), signed_on="gestern"), 422
    )
    assert wrong.count('class="wrong"') == 2
    assert "scan.jpg" in wrong
    ticket = re.search(r'name="kept_file" value="([^"]+)"', wrong)
    assert ticket is not None
    kept = recorded(desk, case_id, scan=(io.BytesIO(b""), ""), kept_file=ticket.group(1))
    assert kept.status_code == 303, "the scan was not asked for again"
    with desk.office.database.read() as session:
        scan = session.get_one(SealedObject, paper_of(desk).scan_id)
    assert [blob.name for blob in desk.office.blobs.stored()] == [scan.blob_name]


def test_scan_is_sealed_to_the_case_and_waits_for_its_clean_copy(desk: Desk, tmp_path: Any) -> None:
    add_cleaner_key(desk.office, folder=tmp_path / "cleaner")
    case_id = proposed_case(desk)
    assert recorded(desk, case_id).status_code == 303
    page = text_of(desk.person("shen").get(f"/papers/{paper_of(desk).id}"))
    assert "Clean copy is being made" in page
    (blob,) = desk.office.blobs.stored()
    with desk.office.blobs.open(blob.name) as stored:
        assert b"a scan" not in stored.read()


def test_scan_sent_after_the_session_ended_is_not_read_and_the_words_are_kept(desk: Desk) -> None:
    case_id = proposed_case(desk)
    fan = desk.person("fan")
    fields = {
        "csrf_token": fan.token(),
        "action": "approve-docketing",
        "note": "批语:同意立项。",
        "scan": (io.BytesIO(b"\xff\xd8 a scan"), "scan.jpg"),
    }
    desk.office.clock.advance(timedelta(minutes=31))
    page = text_of(
        fan.client.post(f"/cases/{case_id}/paper", data=fields, content_type="multipart/form-data"), 401
    )
    assert fields_of(page)["kept-note"] == "批语:同意立项。"
    assert list(desk.office.blobs.stored()) == []


def test_file_on_a_page_that_takes_none_is_dropped(desk: Desk) -> None:
    case_id = proposed_case(desk)
    head = desk.person("head")
    fields = {"version": 2, "scan": (io.BytesIO(b"\xff\xd8 a scan"), "scan.jpg")}
    assert head.post(f"/cases/{case_id}/approve", fields).status_code == 303
    assert list(desk.office.blobs.stored()) == []


def test_scan_is_kept_where_the_answer_to_the_commit_was_lost(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_id = proposed_case(desk)
    with monkeypatch.context() as patched:
        lost = lose_the_answer(desk.office.database, patched, after="paper_act")
        answer = recorded(desk, case_id)
    assert (answer.status_code, lost) == (503, ["paper_act"])
    with desk.office.database.read() as session:
        scan = session.get_one(SealedObject, paper_of(desk).scan_id)
    with desk.office.blobs.open(scan.blob_name or "") as stored:
        assert stored.read(1)


def test_act_that_cannot_be_signed_now_is_told_and_nothing_is_recorded(desk: Desk) -> None:
    case_id = proposed_case(desk)
    page = text_of(recorded(desk, case_id, action="approve-conclusion"), 422)
    assert "Choose what was signed." in page
    with desk.office.database.read() as session:
        assert session.scalars(select(PaperAct)).all() == []


def _reviewed(desk: Desk) -> Reviewing:
    walk = Reviewing(desk.office)
    walk.delivered()
    walk.admitted()
    return walk


def test_first_step_lists_what_can_be_signed_and_leads_to_its_form(desk: Desk) -> None:
    walk = _reviewed(desk)
    page = text_of(desk.person("fan").get(f"/cases/{walk.case_id}/paper?lang=en"))
    assert "What was signed?" in page
    links = {
        action: unescape(address)
        for address, action in re.findall(r'href="(/cases/[^"]+/paper\?action=([a-z-]+)[^"]*)"', page)
    }
    assert set(links) == {"name-reviewers", "propose-decision", "apply-review"}
    for one in links.values():
        assert "Who signed?" in text_of(desk.person("fan").get(f"{one}&lang=en"))
    text_of(desk.person("wei").get(f"/cases/{walk.case_id}/paper"), 404)


def test_reviewers_opinion_on_paper_is_typed_off_compared_and_proposed(desk: Desk) -> None:
    walk = _reviewed(desk)
    second = walk.allegations()[1]
    fields = {
        "action": "propose-decision",
        "subject": str(walk.review_id),
        "signed_by": str(desk.office.staff_id("reviewer")),
        "signed_on": walk.today.isoformat(),
        "outcome": "change",
        "decision": "第二处路面由镇政府管养。",
        "file_text": "",
        "unit_text": "请修复卫生院门前路面。",
        f"finding-{second.id}": "untrue",
        "scan": (io.BytesIO(b"\xff\xd8 a scan"), "scan.jpg"),
    }
    wrong = text_of(desk.person("fan").post(f"/cases/{walk.case_id}/paper?lang=en", fields), 422)
    assert "第二处路面由镇政府管养。" in wrong
    assert wrong.count('class="wrong"') == 1
    fields |= {
        "file_text": "第一项属实，第二项不属实。",
        "scan": (io.BytesIO(b"\xff\xd8 a scan"), "scan.jpg"),
    }
    assert desk.person("fan").post(f"/cases/{walk.case_id}/paper", fields).status_code == 303
    paper = paper_of(desk)
    page = text_of(desk.person("shen").get(f"/papers/{paper.id}?lang=en"))
    for part in ("第二处路面由镇政府管养。", "请修复卫生院门前路面。", "Change the conclusion", "Untrue"):
        assert part in page
    assert desk.person("shen").post(f"/papers/{paper.id}/confirm").status_code == 303
    assert walk.review.outcome is ReviewOutcome.CHANGE


@pytest.mark.parametrize(
    "changes", [{"subject": "x"}, {"action": "x"}, {"outcome": "x"}, {"finding-x": "true"}]
)
def test_tampered_paper_is_refused_in_words(desk: Desk, changes: dict[str, str]) -> None:
    walk = _reviewed(desk)
    fields = {
        "action": "propose-decision",
        "subject": str(walk.review_id),
        "signed_by": str(desk.office.staff_id("reviewer")),
        "signed_on": walk.today.isoformat(),
        "outcome": "uphold",
        "decision": "维持。",
    } | changes
    answer = desk.person("fan").post(f"/cases/{walk.case_id}/paper?lang=en", fields)
    assert answer.status_code in (404, 422)
