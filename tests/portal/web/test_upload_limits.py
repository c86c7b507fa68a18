"""Limits and faults of uploads: each is told, and what was typed is kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from portal.clock import FixedClock
from portal.db import Database
from portal.domain.intake import Intake
from portal.models import DraftFile, Rng, StoredFile, Tip
from portal.storage.errors import Busy, RetryLater
from portal.web.admission import Uploads
from portal.web.uploads import EXTENSION
from tests.support.form_browser import KIB, LIMITS, Browser, count, ids, on_disk, open_browser
from tests.support.intake import SigningDesk, open_intake
from tests.support.intake_server import multipart, query


@pytest.fixture
def signing(database: Database, clock: FixedClock, rng: Rng) -> SigningDesk:
    return SigningDesk(database, clock=clock, rng=rng)


@pytest.fixture
def intake(signing: SigningDesk, clock: FixedClock, tmp_path: Path) -> Intake:
    return open_intake(signing, folder=tmp_path / "blobs", clock=clock, limits=LIMITS)


@pytest.fixture
def browser(intake: Intake) -> Browser:
    return open_browser(intake)


def test_file_over_its_limit_is_named_and_the_others_are_kept(browser: Browser, intake: Intake) -> None:
    big, small = bytes(LIMITS.max_file_bytes + 1), b"small"
    status, said = browser.post(files=[("files", "big.mov", big), ("files", "small.jpg", small)])
    assert (status, said["what"], said["account"]) == (422, "invalid", "写在表里的话")
    assert said["problems"] == [["files", "big.mov", "file-too-large"]]
    assert browser.post(keep=ids(said))[0] == 200
    assert count(intake, StoredFile) == 1


def test_message_over_its_limit_is_told_with_what_was_typed(browser: Browser, tmp_path: Path) -> None:
    body = multipart(
        {**browser.form, "account": "写在表里的话"}, [("files", "a", bytes(LIMITS.max_body_bytes))]
    )
    status, said = browser.send(body)
    assert (status, said["reason"], said["account"]) == (413, "message-too-large", "写在表里的话")
    assert on_disk(tmp_path) == 0


def test_files_kept_from_before_count_towards_the_limits(browser: Browser) -> None:
    half = bytes(90 * KIB)
    _, said = browser.post(files=[("files", "a", half), ("files", "b", half)], fail="1")
    kept = ids(said)
    _, said = browser.post(files=[("files", "c", half)], keep=kept, fail="1")
    assert said["problems"] == [["files", "c", "message-too-large"]]
    _, said = browser.post(files=[("files", "c", half)], keep=kept[:1], fail="1")
    assert said["problems"] == []
    _, said = browser.post(files=[("files", "d", b"1"), ("files", "e", b"1")], keep=kept, fail="1")
    assert said["problems"] == [["files", "e", "too-many-files"]]


@pytest.mark.parametrize("fields", [31, 10_001])
def test_form_with_too_many_fields_is_told(browser: Browser, fields: int) -> None:
    status, said = browser.post(x=["1"] * fields)
    assert (status, said["reason"], said["account"]) == (413, "too-many-fields", "写在表里的话")


def test_fields_that_are_too_long_are_told_with_the_others_kept(browser: Browser) -> None:
    status, said = browser.post(x="1" * LIMITS.max_fields_bytes)
    assert (status, said["reason"], said["account"]) == (413, "field-too-large", "写在表里的话")


def test_cut_body_keeps_fields_and_finished_files(browser: Browser, intake: Intake, tmp_path: Path) -> None:
    body = multipart(
        {**browser.form, "account": "写在表里的话"}, [("files", "a", b"whole"), ("files", "b", b"cut")]
    )
    status, said = browser.send(body[: body.index(b"cut") + 1])
    assert (status, said["reason"], said["account"]) == (400, "cut", "写在表里的话")
    assert [name for _, name, _ in said["files"]] == ["a"]  # type: ignore[attr-defined]  # a list
    assert (on_disk(tmp_path), count(intake, DraftFile)) == (1, 1)
    assert browser.post(keep=ids(said))[0] == 200
    assert count(intake, StoredFile) == 1


def test_broken_body_is_told_and_not_read_twice(browser: Browser) -> None:
    status, said = browser.send(b"nothing of a form")
    assert (status, said["reason"], said["account"]) == (400, "cut", None)


@pytest.mark.parametrize(
    "content_type",
    ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=图"],
)
def test_body_without_a_boundary_is_told(browser: Browser, content_type: str) -> None:
    status, said = browser.send(b"--x--", content_type=content_type)
    assert (status, said["what"]) == (400, "upload")


def test_full_disk_refuses_files_and_takes_the_text(browser: Browser, intake: Intake, tmp_path: Path) -> None:
    app = browser.client.application
    app.extensions[EXTENSION] = replace(app.extensions[EXTENSION], has_room=lambda _bytes: False)
    status, said = browser.post(files=[("files", "a", b"1")])
    assert (status, said["problems"], said["account"]) == (422, [["files", "a", "disk-full"]], "写在表里的话")
    assert on_disk(tmp_path) == 0
    assert browser.post()[0] == 200
    assert count(intake, Tip) == 1


def test_busy_database_while_keeping_files_is_told_with_what_was_typed(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_args: object, **_more: object) -> None:
        raise RetryLater(Busy.DATABASE)

    monkeypatch.setattr("portal.web.admission.keep_files", busy)
    status, said = browser.post(files=[("files", "a", b"1")])
    assert (status, said["error"], said["why"], said["account"]) == (
        503,
        "RetryLater",
        "database",
        "写在表里的话",
    )
    assert said["files"] == []


class CountedTurns:
    """Upload turns that only count."""

    def __init__(self, *, full: bool = False) -> None:
        self.begun, self.moves, self.ended, self._full = 0, 0, 0, full

    def begin(self) -> CountedTurns:
        if self._full:
            raise RetryLater(Busy.UPLOADS)
        self.begun += 1
        return self

    def moved(self) -> None:
        self.moves += 1

    def end(self) -> None:
        self.ended += 1


def with_turns(browser: Browser, turns: CountedTurns) -> None:
    extensions = browser.client.application.extensions
    uploads: Uploads = extensions[EXTENSION]
    extensions[EXTENSION] = replace(uploads, turns=turns)  # type: ignore[arg-type]  # counts instead of waiting


def test_upload_turn_is_taken_for_files_alone_and_always_given_back(browser: Browser) -> None:
    turns = CountedTurns()
    with_turns(browser, turns)
    browser.post(fail="1")
    assert (turns.begun, turns.ended) == (0, 0)
    file = ("files", "a", b"1")
    browser.post(files=[file], fail="1")
    browser.post(files=[file, file, file, file], fail="1")
    body = multipart(browser.form, [file])
    browser.send(body[:-20])
    assert (turns.begun, turns.ended, turns.moves) == (3, 3, 0)
    browser.post(files=[("files", "a", bytes(90 * KIB)), ("files", "b", bytes(90 * KIB))], fail="1")
    assert (turns.begun, turns.ended, turns.moves) == (4, 4, 1)


def test_no_turn_to_be_had_is_told_with_what_was_typed(browser: Browser, tmp_path: Path) -> None:
    with_turns(browser, CountedTurns(full=True))
    status, said = browser.post(files=[("files", "a", b"1")])
    assert (status, said["why"], said["account"]) == (503, "uploads", "写在表里的话")
    assert on_disk(tmp_path) == 0
    assert browser.post()[0] == 200


def test_form_without_file_inputs_may_be_urlencoded(browser: Browser, intake: Intake) -> None:
    form = "application/x-www-form-urlencoded"
    status, said = browser.send(query({**browser.form, "account": "写在表里的话"}), content_type=form)
    assert (status, said["what"], said["account"]) == (200, "new", "写在表里的话")
    assert count(intake, Tip) == 1


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (b"&".join([b"a=1"] * 10_001), 413, "too-many-fields"),
        (b"a=" + b"%41" * LIMITS.max_fields_bytes, 413, "field-too-large"),
        (b"a=\xff\xfe", 400, "malformed"),
    ],
)
def test_urlencoded_body_over_a_limit_is_told(
    browser: Browser, body: bytes, status: int, reason: str
) -> None:
    answer = browser.send(body, content_type="application/x-www-form-urlencoded")
    assert (answer[0], answer[1]["reason"]) == (status, reason)


def test_body_of_another_kind_is_no_form(browser: Browser) -> None:
    _, said = browser.send(b'{"csrf_token": "x"}', content_type="application/json")
    assert said["error"] == "BadToken"
