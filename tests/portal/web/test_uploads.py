"""Files behind a form: who may send them, what is kept when something is wrong, and that limits are told."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from portal.clock import FixedClock
from portal.crypto.receipt import Receipt
from portal.db import Database
from portal.domain.errors import UnknownReceipt
from portal.domain.intake import Intake
from portal.domain.mailbox import open_mailbox
from portal.models import DraftFile, Rng, SealedObject, StoredFile, Tip
from portal.storage.errors import Busy, RetryLater
from portal.storage.received import Limits
from portal.web.uploads import (
    EXTENSION,
    SESSION_SECRET,
    Uploads,
    ensure_cookie_secret,
    new_form_secret,
    rotate_cookie_secret,
)
from tests.support.intake import SigningDesk, open_intake
from tests.support.intake_server import BOUNDARY, multipart, query
from tests.support.upload_app import make_app

KIB = 1024
LIMITS = Limits(
    max_file_bytes=100 * KIB, max_message_bytes=200 * KIB, max_files=3, max_fields=30, max_field_bytes=4 * KIB
)
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"


@pytest.fixture
def office(database: Database, clock: FixedClock, rng: Rng) -> SigningDesk:
    return SigningDesk(database, clock=clock, rng=rng)


@pytest.fixture
def intake(office: SigningDesk, clock: FixedClock, tmp_path: Path) -> Intake:
    return open_intake(office, folder=tmp_path / "blobs", clock=clock, limits=LIMITS)


@dataclass
class Browser:
    """One browser with one form open."""

    client: FlaskClient
    form: dict[str, str]

    def post(
        self,
        *,
        files: list[tuple[str, str, bytes]] | None = None,
        path: str = "/submit",
        **fields: str | list[str],
    ) -> tuple[int, dict[str, object]]:
        body = multipart({**self.form, "account": "写在表里的话", **fields}, files or [])
        return self.send(body, path=path)

    def send(
        self, body: bytes, *, path: str = "/submit", content_type: str = MULTIPART
    ) -> tuple[int, dict[str, object]]:
        answer = self.client.post(path, data=body, content_type=content_type)
        return answer.status_code, answer.get_json()


@pytest.fixture
def browser(intake: Intake) -> Browser:
    client = make_app(intake).test_client()
    return Browser(client, client.get("/form").get_json())


def count(intake: Intake, model: type[Tip | DraftFile | SealedObject | StoredFile]) -> int:
    with intake.reading() as session:
        return session.scalars(select(func.count()).select_from(model)).one()


def on_disk(tmp_path: Path) -> int:
    return len([path for path in (tmp_path / "blobs").rglob("*") if path.is_file()])


def ids(said: dict[str, object]) -> list[str]:
    files = said["files"]
    assert isinstance(files, list)
    return [file[0] for file in files]


# --- the whole way -----------------------------------------------------------------------------------------


def test_tip_with_files_goes_through_and_opens_byte_for_byte(
    browser: Browser, intake: Intake, office: SigningDesk, rng: Rng
) -> None:
    photo = rng(90 * KIB)
    status, said = browser.post(files=[("files", "照片.jpg", photo), ("files", "", b"")])
    assert (status, said["what"]) == (200, "new")
    [object_id] = ids(said)
    assert office.original(uuid.UUID(object_id), intake=intake) == photo
    receipt = Receipt.parse(str(said["receipt"]))
    assert open_mailbox(intake, receipt=receipt).state.value == "received"


def test_files_of_a_form_with_a_mistake_are_kept_and_sent_the_next_time(
    browser: Browser, intake: Intake, office: SigningDesk
) -> None:
    status, said = browser.post(files=[("files", "a.jpg", b"photo")], fail="1")
    assert (status, said["account"]) == (422, "写在表里的话")
    kept = ids(said)
    assert (count(intake, DraftFile), count(intake, StoredFile)) == (1, 0)
    status, said = browser.post(files=[("files", "b.jpg", b"second")], keep=kept)
    assert status == 200
    sent = [*kept, *ids(said)]
    assert [office.original(uuid.UUID(sent_id), intake=intake) for sent_id in sent] == [b"photo", b"second"]
    assert count(intake, StoredFile) == 2


def test_file_taken_out_by_the_person_is_not_sent(browser: Browser, intake: Intake) -> None:
    _, said = browser.post(files=[("files", "a", b"1"), ("files", "b", b"2")], fail="1")
    assert browser.post(keep=ids(said)[:1])[0] == 200
    assert (count(intake, StoredFile), count(intake, DraftFile)) == (1, 2)


def test_same_request_twice_is_one_tip(browser: Browser, intake: Intake) -> None:
    answers = [browser.post(files=[("files", "a", b"1")]) for _ in range(2)]
    assert [said["what"] for _, said in answers] == ["new", "same"]
    assert answers[0][1]["receipt"] == answers[1][1]["receipt"]
    assert (count(intake, Tip), count(intake, StoredFile)) == (1, 1)


def test_material_with_a_file_is_added_by_receipt(
    browser: Browser, intake: Intake, office: SigningDesk
) -> None:
    receipt = str(browser.post()[1]["receipt"])
    again = Browser(browser.client, browser.client.get("/form").get_json())
    status, said = again.post(path="/mailbox", receipt=receipt, text="补充", files=[("files", "a", b"photo")])
    assert (status, said["what"]) == (200, "sent")
    assert office.original(uuid.UUID(ids(said)[0]), intake=intake) == b"photo"
    assert (
        again.post(path="/mailbox", receipt=receipt, text="补充", files=[("files", "a", b"photo")])[1]["what"]
        == "same"
    )


# --- the door ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "error", "why"),
    [
        ({"csrf_token": "forged"}, "BadToken", ""),
        ({"csrf_token": ""}, "BadToken", ""),
        ({"draft": ""}, "FormIncomplete", "draft"),
        ({"draft": "zz"}, "FormIncomplete", "draft"),
        ({"draft": "00" * 31}, "FormIncomplete", "draft"),
        ({"desk": ""}, "FormIncomplete", "desk"),
        ({"desk": "alternate"}, "DeskClosed", "alternate"),
    ],
)
def test_file_behind_a_form_that_proves_nothing_is_refused_unread(
    browser: Browser, intake: Intake, tmp_path: Path, change: dict[str, str], error: str, why: str
) -> None:
    browser.form |= change
    status, said = browser.post(files=[("files", "a", b"1")])
    assert (said["what"], said["error"], said["why"]) == ("refused", error, why)
    assert status in (400, 409)
    assert said["account"] == "写在表里的话"
    assert (on_disk(tmp_path), count(intake, DraftFile)) == (0, 0)


def test_file_without_the_cookie_is_refused_and_what_was_typed_kept(browser: Browser, tmp_path: Path) -> None:
    with browser.client.session_transaction() as session:
        session.clear()
    status, said = browser.post(files=[("files", "a", b"1")])
    assert (status, said["error"], said["why"], said["account"]) == (
        400,
        "FormIncomplete",
        "cookie",
        "写在表里的话",
    )
    assert on_disk(tmp_path) == 0


def test_file_before_the_token_is_refused(browser: Browser, tmp_path: Path) -> None:
    late = multipart(browser.form)
    early = multipart({}, [("files", "a", b"1")]).removesuffix(f"--{BOUNDARY}--\r\n".encode())
    _, said = browser.send(early + late)
    assert said["error"] == "BadToken"
    assert on_disk(tmp_path) == 0


@pytest.mark.parametrize(
    ("receipt", "error"), [("", "MistypedReceipt"), ("good but unknown", "UnknownReceipt")]
)
def test_file_for_a_mailbox_that_is_not_there_is_refused_unread(
    browser: Browser, intake: Intake, tmp_path: Path, rng: Rng, receipt: str, error: str
) -> None:
    typed = Receipt.from_secrets(rng(32), rng(32)).text if receipt else ""
    if receipt:
        with pytest.raises(UnknownReceipt):
            open_mailbox(intake, receipt=Receipt.parse(typed))
    _, said = browser.post(path="/mailbox", receipt=typed, text="x", files=[("files", "a", b"1")])
    assert said["error"] == error
    assert on_disk(tmp_path) == 0


def test_route_without_a_mark_takes_fields_and_no_files(browser: Browser, tmp_path: Path) -> None:
    status, said = browser.post(path="/plain", files=[("files", "a", b"1")])
    assert (status, said["fields"]) == (200, 4)
    assert said["problems"] == [["files", "a", "not-expected"]]
    assert on_disk(tmp_path) == 0


# --- limits and faults -------------------------------------------------------------------------------------


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


def test_field_that_is_too_long_is_told_with_the_others_kept(browser: Browser) -> None:
    status, said = browser.post(x="1" * (LIMITS.max_field_bytes + 1))
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

    monkeypatch.setattr("portal.web.uploads.keep_files", busy)
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
        self.begun, self.ended, self._full = 0, 0, full

    def begin(self) -> None:
        if self._full:
            raise RetryLater(Busy.UPLOADS)
        self.begun += 1

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
    assert (turns.begun, turns.ended) == (3, 3)


def test_no_turn_to_be_had_is_told_with_what_was_typed(browser: Browser, tmp_path: Path) -> None:
    with_turns(browser, CountedTurns(full=True))
    status, said = browser.post(files=[("files", "a", b"1")])
    assert (status, said["why"], said["account"]) == (503, "uploads", "写在表里的话")
    assert on_disk(tmp_path) == 0
    assert browser.post()[0] == 200


# --- forms of the other kind -------------------------------------------------------------------------------


def test_form_without_file_inputs_may_be_urlencoded(browser: Browser, intake: Intake) -> None:
    form = "application/x-www-form-urlencoded"
    status, said = browser.send(query({**browser.form, "account": "写在表里的话"}), content_type=form)
    assert (status, said["what"], said["account"]) == (200, "new", "写在表里的话")
    assert count(intake, Tip) == 1


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (b"&".join([b"a=1"] * 10_001), 413, "too-many-fields"),
        (b"a=" + b"x" * (LIMITS.max_field_bytes + 1), 413, "field-too-large"),
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


# --- the cookie's half -------------------------------------------------------------------------------------


def test_cookie_secret_is_made_once_and_rotates_when_told(rng: Rng) -> None:
    session: dict[str, str] = {}
    ensure_cookie_secret(session, rng=rng)
    first = session[SESSION_SECRET]
    ensure_cookie_secret(session, rng=rng)
    assert session[SESSION_SECRET] == first
    assert len(bytes.fromhex(first)) == 32
    rotate_cookie_secret(session, rng=rng)
    assert session[SESSION_SECRET] != first
    assert len(bytes.fromhex(new_form_secret(rng))) == 32


def test_form_sent_after_the_receipt_was_saved_is_spent(browser: Browser, rng: Rng) -> None:
    assert browser.post()[0] == 200
    with browser.client.session_transaction() as session:
        rotate_cookie_secret(session, rng=rng)
    assert browser.post()[1]["error"] == "FormSpent"
