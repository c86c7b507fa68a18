"""Exhibits that arrive in parts: every part answered with a ticket, the last ticket as good as the file."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.models import FilePart, StoredFile
from tests.support.desk import Desk, Person
from tests.support.journey import Journey
from tests.support.office import TestOffice
from verification.domain import planning
from verification.domain.evidence import open_original
from verification.domain.exhibits import read_exhibits
from verification.models import Exhibit

PART = 20_000
LENGTH = 3 * PART + 500


@pytest.fixture
def desk(office: TestOffice, tmp_path: Path) -> Desk:
    return Desk(office, tmp_path / "blobs", part_bytes=PART, max_file_bytes=64 * PART)


@pytest.fixture
def sent(office: TestOffice) -> Journey:
    """A team is sent."""
    walk = Journey(office).docketed()
    walk.plan_proposed()
    walk.on_case("director", planning.approve_plan)
    return walk.dispatched()


@pytest.fixture
def content(office: TestOffice) -> bytes:
    return office.rng(LENGTH)


def send(
    person: Person, piece: bytes | None, *, lang: str = "en", **fields: object
) -> tuple[int, dict[str, Any]]:
    """One request of the page's script."""
    sent: dict[str, Any] = {name: str(value) for name, value in fields.items()}
    if piece is not None:
        sent["files"] = (io.BytesIO(piece), "现场录像.mp4")
    answer = person.post(f"/files/part?lang={lang}", sent)
    return answer.status_code, answer.get_json(silent=True) or {}


def send_whole(person: Person, content: bytes) -> str:
    """All parts in order; returns the last ticket."""
    status, said = send(person, content[:PART], number=0, bytes=len(content))
    while status == 200 and said["next"] is not None:
        number = said["next"]
        piece = content[number * PART : (number + 1) * PART]
        status, said = send(person, piece, number=number, bytes=len(content), head=said["head"])
    assert status == 200
    return str(said["head"])


def count(desk: Desk, model: type[FilePart | StoredFile | Exhibit]) -> int:
    with desk.office.database.read() as session:
        return session.scalars(select(func.count()).select_from(model)).one()


def test_exhibit_in_parts_opens_byte_for_byte(desk: Desk, sent: Journey, content: bytes) -> None:
    du, task = desk.person("du"), f"/tasks/{sent.task_id}"
    du.post(f"{task}/sign", {"version": str(sent.task.version)})
    ticket = send_whole(du, content)
    assert (count(desk, FilePart), count(desk, Exhibit)) == (0, 0)
    assert du.post(f"{task}/exhibits", {"kept_file": ticket}).status_code == 303
    (exhibit,) = sent.exhibits()
    with sent.office.acting("du") as acting:
        reader = open_original(acting, exhibit.object_id, blobs=desk.equipment.blobs)
        assert b"".join(reader.chunks()) == content
        reader.close()
        [read] = read_exhibits(acting, [exhibit])
        record = acting.open(exhibit.meta_id)
        parts = acting.session.scalars(select(FilePart.object_id).order_by(FilePart.number)).all()
    assert (read.name, read.true_bytes) == ("现场录像.mp4", LENGTH)
    assert record["parts"] == [str(part) for part in parts]
    assert len(parts) == 3


def test_small_exhibit_is_one_object(desk: Desk, sent: Journey) -> None:
    du, task = desk.person("du"), f"/tasks/{sent.task_id}"
    du.post(f"{task}/sign", {"version": str(sent.task.version)})
    assert du.post(f"{task}/exhibits", {"kept_file": send_whole(du, b"x" * PART)}).status_code == 303
    assert (count(desk, FilePart), len(sent.exhibits())) == (0, 1)


def test_unfinished_file_is_no_exhibit(desk: Desk, sent: Journey, content: bytes) -> None:
    du, task = desk.person("du"), f"/tasks/{sent.task_id}"
    du.post(f"{task}/sign", {"version": str(sent.task.version)})
    _status, said = send(du, content[:PART], number=0, bytes=LENGTH)
    page = du.post(f"{task}/exhibits?lang=en", {"kept_file": said["head"]})
    assert page.status_code == 422
    assert "no longer there" in page.get_data(as_text=True)
    assert said["head"] not in page.get_data(as_text=True)
    assert count(desk, Exhibit) == 0


def test_part_sent_again_with_the_ticket_before_it_is_one_part(
    desk: Desk, sent: Journey, content: bytes
) -> None:
    du, task = desk.person("du"), f"/tasks/{sent.task_id}"
    du.post(f"{task}/sign", {"version": str(sent.task.version)})
    _status, first = send(du, content[:PART], number=0, bytes=LENGTH)
    piece = content[PART : 2 * PART]
    answers = [send(du, piece, number=1, bytes=LENGTH, head=first["head"]) for _ in range(2)]
    assert [(status, said["next"]) for status, said in answers] == [(200, 2), (200, 2)]


@pytest.mark.parametrize(
    ("number", "piece", "length"),
    [(1, PART - 1, LENGTH), (1, PART + 1, LENGTH), (2, PART, LENGTH), (1, PART, LENGTH + 1), (9, 1, LENGTH)],
)
def test_part_that_does_not_fit_is_refused_in_words(
    desk: Desk, sent: Journey, content: bytes, number: int, piece: int, length: int
) -> None:
    du = desk.person("du")
    _status, first = send(du, content[:PART], number=0, bytes=LENGTH)
    status, said = send(du, bytes(piece), number=number, bytes=length, head=first["head"])
    assert (status, said["again"]) == (409, False)
    assert "choose it again" in said["trouble"]


def test_nonsense_and_strangers_tickets_are_refused(desk: Desk, sent: Journey, content: bytes) -> None:
    du, chen = desk.person("du"), desk.person("chen")
    _status, first = send(du, content[:PART], number=0, bytes=LENGTH)
    for head in (first["head"], first["head"][:-2] + "xx", "", "nothing"):
        assert send(chen, bytes(PART), number=1, bytes=LENGTH, head=head)[0] == 409
    for fields in ({}, {"number": "x", "bytes": "1"}, {"number": "0", "bytes": "-1"}):
        assert send(du, b"1", **fields)[0] == 409
    assert send(du, None, number=0, bytes=1)[0] == 409
    assert send(du, b"1", number=0, bytes=64 * PART + 1)[0] == 413
    assert send(desk.person("fan"), b"1", number=0, bytes=1)[0] == 404


def test_busy_store_asks_to_try_again(
    desk: Desk, sent: Journey, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    from portal.storage.errors import Busy, RetryLater
    from portal.storage.filesystem import FileBlobs

    def full(_self: FileBlobs, *, rng: object) -> None:
        raise RetryLater(Busy.DATABASE)

    du = desk.person("du")
    monkeypatch.setattr(FileBlobs, "create", full)
    status, said = send(du, content[:PART], number=0, bytes=LENGTH, lang="zh")
    assert (status, said) == (503, {"trouble": "系统正忙，稍后会自动重试。", "again": True})
