"""Files behind a form: who may send them, and what is kept for the next try."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from portal.clock import FixedClock
from portal.crypto.receipt import Receipt
from portal.db import Database
from portal.domain.errors import UnknownReceipt
from portal.domain.intake import Intake
from portal.domain.mailbox import open_mailbox
from portal.models import DraftFile, Rng, StoredFile, Tip
from portal.web.admission import SESSION_SECRET
from portal.web.uploads import (
    ensure_cookie_secret,
    new_form_secret,
    rotate_cookie_secret,
)
from tests.support.form_browser import KIB, LIMITS, Browser, count, ids, on_disk, open_browser
from tests.support.intake import SigningDesk, open_intake
from tests.support.intake_server import BOUNDARY, multipart


@pytest.fixture
def signing(database: Database, clock: FixedClock, rng: Rng) -> SigningDesk:
    return SigningDesk(database, clock=clock, rng=rng)


@pytest.fixture
def intake(signing: SigningDesk, clock: FixedClock, tmp_path: Path) -> Intake:
    return open_intake(signing, folder=tmp_path / "blobs", clock=clock, limits=LIMITS)


@pytest.fixture
def browser(intake: Intake) -> Browser:
    return open_browser(intake)


def test_tip_with_files_goes_through_and_opens_byte_for_byte(
    browser: Browser, intake: Intake, signing: SigningDesk, rng: Rng
) -> None:
    photo = rng(90 * KIB)
    status, said = browser.post(files=[("files", "照片.jpg", photo), ("files", "", b"")])
    assert (status, said["what"]) == (200, "new")
    [object_id] = ids(said)
    assert signing.original(uuid.UUID(object_id), intake=intake) == photo
    receipt = Receipt.parse(str(said["receipt"]))
    assert open_mailbox(intake, receipt=receipt).state.value == "received"


def test_files_of_a_form_with_a_mistake_are_kept_and_sent_the_next_time(
    browser: Browser, intake: Intake, signing: SigningDesk
) -> None:
    status, said = browser.post(files=[("files", "a.jpg", b"photo")], fail="1")
    assert (status, said["account"]) == (422, "写在表里的话")
    kept = ids(said)
    assert (count(intake, DraftFile), count(intake, StoredFile)) == (1, 0)
    status, said = browser.post(files=[("files", "b.jpg", b"second")], keep=kept)
    assert status == 200
    sent = [*kept, *ids(said)]
    assert [signing.original(uuid.UUID(sent_id), intake=intake) for sent_id in sent] == [b"photo", b"second"]
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
    browser: Browser, intake: Intake, signing: SigningDesk
) -> None:
    receipt = str(browser.post()[1]["receipt"])
    again = Browser(browser.client, browser.client.get("/form").get_json())
    status, said = again.post(path="/mailbox", receipt=receipt, text="补充", files=[("files", "a", b"photo")])
    assert (status, said["what"]) == (200, "sent")
    assert signing.original(uuid.UUID(ids(said)[0]), intake=intake) == b"photo"
    assert (
        again.post(path="/mailbox", receipt=receipt, text="补充", files=[("files", "a", b"photo")])[1]["what"]
        == "same"
    )


@pytest.mark.parametrize(
    ("change", "error", "why"),
    [
        ({"csrf_token": "forged"}, "BadToken", ""),
        ({"csrf_token": ""}, "BadToken", ""),
        ({"draft": ""}, "FormIncomplete", "draft"),
        ({"draft": "zz"}, "FormIncomplete", "draft"),
        ({"draft": "00" * 31}, "FormIncomplete", "draft"),
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
