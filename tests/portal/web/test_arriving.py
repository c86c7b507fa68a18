"""Files that arrive in parts, before their form: in order, again after a break, and never mixed up."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from portal.clock import FixedClock
from portal.models import Attachment, DraftFile, FilePart, Rng, SealedObject, StoredFile
from portal.storage.sweep import sweep_orphans
from tests.support.intake import SigningDesk
from tests.support.intake_server import BOUNDARY, multipart
from tests.support.public import TYPED, PublicSite, Visitor, open_site

PART = 10_000
LENGTH = 4 * PART + 123


@pytest.fixture
def site(desk: SigningDesk, clock: FixedClock, rng: Rng, tmp_path: Path) -> Iterator[PublicSite]:
    site = open_site(
        desk,
        folder=tmp_path / "blobs",
        clock=clock,
        rng=rng,
        MAX_FILE_BYTES="100000",
        MAX_MESSAGE_BYTES="150000",
        MAX_FILES="3",
        PART_BYTES=str(PART),
    )
    yield site
    site.intake.database.dispose()


@dataclass
class Script:
    """What the page's script does: sends parts with the form's secrets."""

    visitor: Visitor
    form: dict[str, str | list[str]] = field(init=False)
    status: int = 0

    def __post_init__(self) -> None:
        self.form = {**self.visitor.open("/submit?lang=en").hidden("/submit"), "desk": "desk"}

    def send(
        self, piece: bytes | None, *, path: str = "/submit/file", name: str = "录像.mp4", **fields: Any
    ) -> dict[str, Any]:
        """One request; without a piece it asks what is here."""
        files = [] if piece is None else [("files", name, piece)]
        body = multipart({**self.form, **{key: str(value) for key, value in fields.items()}}, files)
        answer = self.visitor.client.post(
            path, data=body, content_type=f"multipart/form-data; boundary={BOUNDARY}"
        )
        self.status = answer.status_code
        said: dict[str, Any] = answer.get_json()
        return said

    def part(self, content: bytes, number: int, head: str = "") -> dict[str, Any]:
        """One part of a file."""
        more = {"head": head} if head else {}
        piece = content[number * PART : (number + 1) * PART]
        return self.send(piece, bytes=len(content), number=number, **more)

    def whole(self, content: bytes) -> str:
        """All parts in order; returns the file's id."""
        said = self.part(content, 0)
        while said["next"] is not None:
            said = self.part(content, said["next"], said["head"])
        return str(said["head"])

    def submit(self, *heads: str) -> Visitor:
        """The form itself, with these files."""
        return self.visitor.post("/submit", multipart({**self.form, **TYPED, "keep": list(heads)}, []))


@pytest.fixture
def script(site: PublicSite) -> Script:
    return Script(site.visitor())


@pytest.fixture
def content(rng: Rng) -> bytes:
    return rng(LENGTH)


def blobs_in(tmp_path: Path) -> int:
    return sum(path.is_file() for path in (tmp_path / "blobs").rglob("*"))


def test_file_in_parts_goes_with_its_tip_and_opens_byte_for_byte(
    script: Script, site: PublicSite, content: bytes
) -> None:
    said = script.part(content, 0)
    assert (script.status, said["next"], said["name"], said["size"]) == (200, 1, "录像.mp4", "39 KB")
    head = said["head"]
    for number in (1, 2, 3):
        assert script.part(content, number, head)["next"] == number + 1
    assert script.part(content, 4, head)["next"] is None
    assert script.submit(head).receipt
    assert site.desk.original(uuid.UUID(head), intake=site.intake) == content
    assert (site.count(StoredFile), site.count(Attachment), site.count(FilePart)) == (1, 1, 4)
    [tip] = site.tips()
    [entry] = site.desk.statement(tip).attachments
    with site.desk.database.read() as session:
        parts = session.scalars(select(FilePart.object_id).order_by(FilePart.number)).all()
    assert (entry.true_bytes, entry.parts) == (LENGTH, tuple(parts))


def test_small_file_is_one_object(script: Script, site: PublicSite, rng: Rng) -> None:
    content = rng(PART)
    head = script.whole(content)
    assert script.submit(head).receipt
    assert site.desk.original(uuid.UUID(head), intake=site.intake) == content
    assert site.count(FilePart) == 0


def test_part_sent_twice_is_kept_once(
    script: Script, site: PublicSite, content: bytes, tmp_path: Path
) -> None:
    head = script.part(content, 0)["head"]
    for _ in range(3):
        assert script.part(content, 1, head)["next"] == 2
    assert (site.count(FilePart), site.count(SealedObject), blobs_in(tmp_path)) == (1, 2, 2)
    assert script.send(None, head=head)["next"] == 2
    for number in (2, 3, 4):
        script.part(content, number, head)
    script.submit(head)
    assert site.desk.original(uuid.UUID(head), intake=site.intake) == content


def test_cut_part_leaves_nothing_and_is_sent_again(
    script: Script, site: PublicSite, content: bytes, tmp_path: Path
) -> None:
    head = script.part(content, 0)["head"]
    whole = multipart(
        {**script.form, "bytes": str(LENGTH), "number": "1", "head": head},
        [("files", "录像.mp4", content[PART : 2 * PART])],
    )
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    for cut in (len(whole) - 3000, len(whole) - 5):
        answer = script.visitor.client.post("/submit/file", data=whole[:cut], content_type=kind)
        assert answer.status_code == 400
        assert "broke off" in answer.get_json()["trouble"]
    assert blobs_in(tmp_path) == 1
    assert script.send(None, head=head)["next"] == 1
    assert script.part(content, 1, head)["next"] == 2


def test_unfinished_file_goes_with_no_tip(script: Script, site: PublicSite, content: bytes) -> None:
    head = script.part(content, 0)["head"]
    script.submit(head)
    assert script.visitor.page.status_code == 409
    assert site.tips() == []
    assert script.visitor.kept_files == []


@pytest.mark.parametrize(
    ("number", "piece", "length"),
    [
        (1, PART - 1, LENGTH),
        (1, PART + 1, LENGTH),
        (4, 122, LENGTH),
        (4, PART, LENGTH),
        (5, 10, LENGTH),
        (1, PART, LENGTH + 1),
        (0, PART - 1, LENGTH),
        (0, PART, PART - 1),
    ],
)
def test_part_of_another_length_or_place_is_refused_and_leaves_nothing(
    script: Script, content: bytes, tmp_path: Path, number: int, piece: int, length: int
) -> None:
    head = script.part(content, 0)["head"]
    said = script.send(bytes(piece), bytes=length, number=number, **({"head": head} if number else {}))
    assert script.status in (409, 422)
    assert said["trouble"]
    assert not said["again"]
    assert blobs_in(tmp_path) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"bytes": "", "number": "0"},
        {"bytes": "x", "number": "0"},
        {"bytes": "-1", "number": "0"},
        {"bytes": "1e3", "number": "0"},
        {"bytes": "٣", "number": "0"},
        {"bytes": "9" * 30, "number": "0"},
        {"bytes": "1000", "number": "1", "head": "no id"},
        {"bytes": "1000", "number": "1"},
    ],
)
def test_nonsense_is_refused_in_words(script: Script, fields: dict[str, str], tmp_path: Path) -> None:
    said = script.send(bytes(1000), **fields)
    assert script.status == 409
    assert "choose it again" in said["trouble"]
    assert blobs_in(tmp_path) == 0


def test_strangers_find_and_add_nothing(script: Script, site: PublicSite, content: bytes) -> None:
    head = script.part(content, 0)["head"]
    stranger = Script(site.visitor())
    for said in (stranger.part(content, 1, head), stranger.send(None, head=head)):
        assert (stranger.status, "no longer here" in said["trouble"]) == (409, True)
    # The same page in another browser has the form's secret, and still not the cookie's.
    stranger.form["draft"] = script.form["draft"]
    stranger.part(content, 1, head)
    assert stranger.status == 409
    assert site.count(FilePart) == 0


def test_limits_are_said_before_anything_is_kept(script: Script, content: bytes, tmp_path: Path) -> None:
    said = script.send(content[:PART], bytes=100_001, number=0)
    assert (script.status, bool(said["trouble"])) == (413, True)
    script.form["keep"] = [script.whole(bytes(100_000))]
    script.send(content[:PART], bytes=50_001, number=0)
    assert script.status == 413
    script.form["keep"] = [*script.form["keep"], script.whole(b"2"), script.whole(b"3")]
    before = blobs_in(tmp_path)
    script.send(b"4", bytes=1, number=0)
    assert script.status == 413
    assert blobs_in(tmp_path) == before


def test_without_a_token_nothing_is_taken(script: Script, content: bytes, tmp_path: Path) -> None:
    script.form["csrf_token"] = "forged"
    for said in (script.part(content, 0), script.send(None, head=str(uuid.uuid4()))):
        assert (script.status, bool(said["trouble"])) == (400, True)
    assert blobs_in(tmp_path) == 0


def test_empty_file_is_refused_in_words(script: Script) -> None:
    said = script.send(b"", bytes=0, number=0)
    assert (script.status, "录像.mp4" in said["trouble"]) == (422, True)


def test_same_form_and_file_again_are_one_tip(script: Script, site: PublicSite, content: bytes) -> None:
    first = script.submit(script.whole(content)).receipt
    assert script.submit(script.whole(content)).receipt == first
    assert (len(site.tips()), site.count(Attachment)) == (1, 1)


def test_file_that_was_sent_takes_no_more_parts(script: Script, site: PublicSite, content: bytes) -> None:
    head = script.whole(content)
    script.submit(head)
    script.part(content, 1, head)
    assert script.status == 409
    assert site.count(FilePart) == 4


def test_mailbox_takes_files_in_parts_for_its_receipt_alone(
    script: Script, site: PublicSite, content: bytes
) -> None:
    receipt = script.submit().receipt
    visitor = site.visitor().open("/check?lang=en")
    visitor.send("/check", {"receipt": receipt})
    script.visitor, script.form = visitor, dict(visitor.hidden("/check/write", kind="material"))
    said = script.part(content, 0)
    assert said == script.part(content, 0) | {"head": said["head"]}
    good = script.form["receipt"]
    for wrong in ("", "AAAA-AAAA", re.sub(r"\w", "7", str(good))):
        script.form["receipt"] = wrong
        refused = script.send(content[:PART], path="/check/file", bytes=LENGTH, number=0)
        assert (script.status, "no report" in refused["trouble"]) == (422, True)
    script.form["receipt"] = good
    head = script.send(content[:PART], path="/check/file", bytes=LENGTH, number=0)["head"]
    for number in (1, 2, 3, 4):
        piece = content[number * PART : (number + 1) * PART]
        script.send(piece, path="/check/file", bytes=LENGTH, number=number, head=head)
    visitor.post("/check/write", multipart({**script.form, "text": "补充一段录像。", "keep": [head]}, []))
    assert site.desk.original(uuid.UUID(head), intake=site.intake) == content


def test_unfinished_files_expire_with_all_their_parts(
    script: Script, site: PublicSite, content: bytes, clock: FixedClock, tmp_path: Path
) -> None:
    head = script.whole(content)
    script.submit(head)
    other = Script(site.visitor())
    unfinished = other.part(content, 0)["head"]
    for number in (1, 2):
        other.part(content, number, unfinished)
    assert (site.count(DraftFile), blobs_in(tmp_path)) == (2, 8)
    clock.advance(timedelta(days=2))
    sweep_orphans(site.desk.database, blobs=site.intake.blobs, clock=clock)
    assert (site.count(DraftFile), site.count(FilePart), blobs_in(tmp_path)) == (0, 4, 5)
    assert site.desk.original(uuid.UUID(head), intake=site.intake) == content
    other.part(content, 3, unfinished)
    assert other.status in (400, 409)
