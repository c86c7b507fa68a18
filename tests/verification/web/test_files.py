"""Clean copies and originals: who gets them, how they are sent, and that every opening is traced."""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select

from portal.models import Attachment, StoredFile
from tests.support.desk import Desk
from tests.support.jobs import make_bench, outbox
from tests.support.photographs import MARKS, marks_in, photograph
from tests.verification.web.test_tips import events_of, text_of
from tests.verification.web.tips import accepted, send
from verification.jobs.clean_file import clean_file
from verification.jobs.cleaning.cleaner import Cleaner
from verification.jobs.running import Work


@pytest.fixture(scope="session")
def cleaner() -> Iterator[Cleaner]:
    """A running zygote."""
    started = Cleaner()
    started.start()
    yield started
    started.close()


@pytest.fixture
def with_photo(desk: Desk, cleaner: Cleaner, tmp_path: Path) -> tuple[uuid.UUID, StoredFile, bytes]:
    """A tip with a photograph that was cleaned: the tip, its stored file, the original."""
    original = photograph()
    bench = make_bench(desk.office, cleaner=cleaner, folder=tmp_path / "cleaner")
    tip_id = send(desk, [("门前的路.jpg", original)])
    for row in outbox(desk.office):
        if row.topic.value == "clean-file":
            clean_file(Work(row.id, row.topic, row.subject_id, attempts=1), bench)
    with desk.office.database.read() as session:
        attached = session.scalars(select(Attachment).where(Attachment.tip_id == tip_id)).one()
        return tip_id, session.get_one(StoredFile, attached.object_id), original


def test_clean_copy_is_sent_in_a_sandbox_without_its_metadata(
    desk: Desk, with_photo: tuple[uuid.UUID, StoredFile, bytes]
) -> None:
    tip_id, stored, original = with_photo
    fan = desk.person("fan")
    page = text_of(fan.get(f"/tips/{tip_id}"))
    assert "门前的路.jpg" in page
    assert "position" in page
    assert f"/files/{stored.clean_object_id}" in page
    answer = fan.get(f"/files/{stored.clean_object_id}")
    assert answer.status_code == 200
    assert (marks_in(original), marks_in(answer.data)) == (set(MARKS), set())
    assert Image.open(io.BytesIO(answer.data)).size == (320, 240)
    headers = answer.headers
    assert headers["Content-Type"] == "image/jpeg"
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox; frame-ancestors 'none'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Content-Disposition"].startswith("inline; filename*=UTF-8''copy-")
    assert int(headers["Content-Length"]) == len(answer.data)
    assert stored.clean_object_id is not None
    assert events_of(desk, stored.clean_object_id) == ["file.viewed"]


@pytest.mark.parametrize("login", ["alternate", "director", "head", "du", "lian", "auditor", "admin"])
def test_stranger_gets_404_for_copy_and_original(
    desk: Desk, with_photo: tuple[uuid.UUID, StoredFile, bytes], login: str
) -> None:
    _tip_id, stored, _original = with_photo
    person = desk.person(login)
    assert person.get(f"/files/{stored.clean_object_id}").status_code == 404
    fields = {"reason": "想看看原件是什么。"}
    assert person.post(f"/files/{stored.object_id}/original", fields).status_code == 404
    assert events_of(desk, stored.object_id) == []


def test_original_is_never_shown_as_a_page_even_to_its_desk(
    desk: Desk, with_photo: tuple[uuid.UUID, StoredFile, bytes]
) -> None:
    _tip_id, stored, _original = with_photo
    fan = desk.person("fan")
    assert fan.get(f"/files/{stored.object_id}").status_code == 404
    assert fan.get(f"/files/{stored.object_id}/original").status_code == 405


def test_original_comes_byte_for_byte_as_a_download_with_a_reason(
    desk: Desk, with_photo: tuple[uuid.UUID, StoredFile, bytes]
) -> None:
    _tip_id, stored, original = with_photo
    fan = desk.person("fan")
    address = f"/files/{stored.object_id}/original"
    refused = text_of(fan.post(f"{address}?lang=en", {"reason": ""}), 422)
    assert "Please write something here." in refused
    answer = fan.post(address, {"reason": "核对拍摄时间。"})
    assert answer.data == original
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''%E9%97%A8")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert events_of(desk, stored.object_id) == ["file.original-taken"]


def test_team_sees_the_selected_copy_and_neither_its_name_nor_the_original(
    desk: Desk, with_photo: tuple[uuid.UUID, StoredFile, bytes]
) -> None:
    from tests.verification.web.cases import brief_of

    tip_id, stored, _original = with_photo
    accepted(desk, tip_id)
    fields = brief_of(desk, tip_id, material=[str(stored.object_id)])
    answer = desk.person("fan").post(f"/tips/{tip_id}/case", fields)
    assert answer.status_code == 303
    case = str(answer.location)
    assert desk.person("fan").post(f"{case}/propose", {"version": 1}).status_code == 303
    head = desk.person("head")
    page = text_of(head.get(case))
    assert "Selected material" in page
    assert "门前的路.jpg" not in page
    assert head.get(f"/files/{stored.clean_object_id}").status_code == 200
    taken = head.post(f"/files/{stored.object_id}/original", {"reason": "想看看原件。"})
    assert taken.status_code == 404
