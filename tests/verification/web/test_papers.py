"""Signed paper on its pages: recorded with its scan, confirmed or refused by a second person."""

from __future__ import annotations

import io
import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portal.models import SealedObject
from tests.support.desk import Desk
from tests.support.journey import add_cleaner_key
from tests.support.lost_commit import lose_the_answer
from tests.verification.web.cases import case_of, proposed_case
from tests.verification.web.test_kept import fields_of
from tests.verification.web.test_tips import events_of, text_of
from verification.models import AuditEntry, CaseState, PaperAct


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
    assert "Files are not kept: please choose them again." in wrong
    assert list(desk.office.blobs.stored()) == [], "the refused scan is gone"


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


def test_scan_of_a_refused_record_is_gone(desk: Desk) -> None:
    case_id = proposed_case(desk)
    before = {blob.name for blob in desk.office.blobs.stored()}
    assert recorded(desk, case_id, action="approve-conclusion").status_code == 422
    assert {blob.name for blob in desk.office.blobs.stored()} == before
