"""The public side's servers killed again and again while people send: nothing shown is lost, nothing doubled.

Two hundred reports from four people at once, fifty of them with a kill at a moment drawn beforehand: while
the form is on its way, or after it has arrived whole and before, or just as, the answer comes. The other
three people's requests are hit wherever they happen to be. Source: issue 2 "A kill test", 3-architecture 3.
"""

from __future__ import annotations

import os
import queue
import random
import re
import select
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func
from sqlalchemy import select as sql_select

from portal.clock import FixedClock, SystemClock
from portal.crypto.receipt import Receipt
from portal.db import Database
from portal.models import (
    SYSTEM_RNG,
    Attachment,
    Draft,
    Message,
    OutboxRow,
    OutboxTopic,
    SealedObject,
    Tip,
)
from portal.storage.sweep import Swept, sweep_orphans
from tests.bench.load import TIP, hidden_fields
from tests.e2e.journey_servers import Browser, Portals
from tests.support import machine
from tests.support.intake import SigningDesk, open_intake
from tests.support.intake_server import multipart
from tests.support.public import settings_for

pytestmark = pytest.mark.slow

REPORTS, KILLS, PEOPLE, SERVERS = 200, 50, 4, 3
#: An answer takes some milliseconds; a kill is drawn from moments up to this long after the last byte.
LONGEST_WAIT_SECONDS = 0.04
_GROUP = re.compile(rb'receipt-group">(\w{4})')


@dataclass(frozen=True)
class Report:
    """One person's report. kill_at: share of the form sent before the kill; above 1: all of it, and that many
    hundredths of the longest wait later. leaves: the person gives up after the kill."""

    number: int
    account: str
    files: tuple[tuple[str, bytes], ...]
    kill_at: float | None = None
    leaves: bool = False


@dataclass
class Seen:
    """What people saw. shown: receipts by the report's number."""

    shown: dict[int, str] = field(default_factory=dict)
    interrupted: int = 0
    faults: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


def draw_reports(chance: random.Random) -> list[Report]:
    """The same two hundred in every run."""
    deadly = set(chance.sample(range(REPORTS), KILLS))
    return [_draw(number, chance, is_deadly=number in deadly) for number in range(REPORTS)]


def _draw(number: int, chance: random.Random, *, is_deadly: bool) -> Report:
    files = tuple(
        (f"现场{number}-{index}.jpg", chance.randbytes(chance.choice([1, 900, 70_000, 300_000])))
        for index in range(chance.choice([0, 0, 1, 2]))
    )
    kill_at = None
    if is_deadly:
        kill_at = chance.random() if chance.random() < 0.3 else 1 + chance.random()
    return Report(
        number=number,
        account=f"第 {number} 件：卫生院门前的路坏了半年没有人修，报过三次，每次都说在研究。",
        files=files,
        kill_at=kill_at,
        leaves=is_deadly and chance.random() < 0.25,
    )


@pytest.fixture
def desk(database: Database) -> SigningDesk:
    desk = SigningDesk(database, clock=SystemClock(), rng=SYSTEM_RNG)
    desk.open_cleaner()
    return desk


@pytest.fixture
def portals(desk: SigningDesk, tmp_path: Path) -> Iterator[Portals]:
    blobs = tmp_path / "blobs"
    blobs.mkdir()
    environ = os.environ | settings_for(desk, folder=blobs, public_url="http://127.0.0.1")
    servers = Portals(environ | {"PYTHONPATH": str(machine.PROJECT)}, log_dir=tmp_path, count=SERVERS)
    try:
        servers.start()
        yield servers
    finally:
        servers.end()


def test_servers_killed_at_fifty_moments_lose_nothing_shown_and_double_nothing(
    portals: Portals, desk: SigningDesk, tmp_path: Path
) -> None:
    reports, seen = draw_reports(random.Random(20260302)), Seen()
    send_all(reports, portals, seen)
    assert (seen.faults, portals.kills) == ([], KILLS)
    assert seen.interrupted >= sum(1 for one in reports if one.kill_at is not None and one.kill_at < 1)

    stayed = {one.number for one in reports if not one.leaves}
    assert seen.shown.keys() >= stayed
    assert len(set(seen.shown.values())) == len(seen.shown)
    tips = opened_by_desk(desk, blob_dir=tmp_path / "blobs")
    by_account = {one.account: one for one in reports}
    for lookup_id, (account, files) in tips.items():
        report = by_account[account]
        assert files == report.files, report.number
        shown = seen.shown.get(report.number)
        assert shown is None or Receipt.parse(shown).lookup_id == lookup_id
    # Every receipt shown has its tip, no report has two, and no second sending was taken for an addition.
    assert {Receipt.parse(shown).lookup_id for shown in seen.shown.values()} <= tips.keys()
    assert Counter(account for account, _files in tips.values()).most_common(1)[0][1] == 1
    assert waiting_work(desk) == expected_work(desk)
    assert opened_by_receipt(seen, portals) == seen.shown.keys()

    portals.end()
    assert "Traceback" not in portals.said()
    swept_blobs_are_the_orphans(desk, blob_dir=tmp_path / "blobs")


# --- sending -----------------------------------------------------------------------------------------------


def send_all(reports: list[Report], portals: Portals, seen: Seen) -> None:
    """Four people, each taking the next report until none is left."""
    waiting: queue.SimpleQueue[Report | None] = queue.SimpleQueue()
    for report in [*reports, *([None] * PEOPLE)]:
        waiting.put(report)

    def person() -> None:
        while (report := waiting.get()) is not None:
            try:
                send(report, portals, seen)
            except Exception as fault:  # noqa: BLE001  # told by the test, not by a thread's end
                seen.faults.append(f"{report.number}: {fault!r}")

    people = [threading.Thread(target=person) for _ in range(PEOPLE)]
    for one in people:
        one.start()
    portals.revive(while_alive=people)


def send(report: Report, portals: Portals, seen: Seen) -> None:
    """One form, sent again until its receipt is seen, or once, where the person gives up."""
    kill_at = report.kill_at
    with Browser(portals) as browser:
        typed = hidden_fields(ask_for_form(browser)) | TIP | {"account": report.account}
        body = multipart(typed, [("files", name, content) for name, content in report.files])
        while report.number not in seen.shown:
            try:
                note(report, transmit(browser, body, kill_at=kill_at, portals=portals), seen)
            except OSError:
                with seen.lock:
                    seen.interrupted += 1
            if kill_at is not None and report.leaves:
                return
            kill_at = None
            browser.elsewhere()


def ask_for_form(browser: Browser) -> bytes:
    """The form's page, from whichever server lives."""
    while True:
        try:
            return browser.client.get("/submit").body
        except OSError:
            browser.elsewhere()


def transmit(
    browser: Browser, body: bytes, *, kill_at: float | None, portals: Portals, path: str = "/submit"
) -> bytes:
    """Send the form; the server is killed where the report says so. OSError where no answer came."""
    client = browser.client
    sent = client.head(path, length=len(body)) + body
    if kill_at is None:
        client.socket.sendall(sent)
        return client.answer().body
    if kill_at < 1:
        client.socket.sendall(sent[: int(len(sent) * kill_at)])
        portals.kill(browser.port)
        raise ConnectionResetError
    client.socket.sendall(sent)
    select.select([client.socket], [], [], (kill_at - 1) * LONGEST_WAIT_SECONDS)
    portals.kill(browser.port)
    return client.answer().body  # what had come before the kill can still be read


def note(report: Report, page: bytes, seen: Seen) -> None:
    """Keep the receipt on a page; a page without one is the form again (the database was busy)."""
    if receipt := receipt_on(page):
        Receipt.parse(receipt)
        seen.shown[report.number] = receipt
    elif b'name="draft"' not in page:
        raise AssertionError("neither a receipt nor the form")


def receipt_on(page: bytes) -> str:
    """The receipt that a page shows, or nothing."""
    return b"-".join(_GROUP.findall(page)).decode()


# --- what is there afterwards ------------------------------------------------------------------------------


def opened_by_desk(
    desk: SigningDesk, *, blob_dir: Path
) -> dict[bytes, tuple[str, tuple[tuple[str, bytes], ...]]]:
    """Every tip as its desk reads it: account, and files by name with all their bytes."""
    intake = open_intake(desk, folder=blob_dir, clock=SystemClock())
    with desk.database.read() as session:
        tips = session.scalars(sql_select(Tip)).all()
        files = session.scalars(sql_select(Attachment).order_by(Attachment.ordinal)).all()
    opened = {}
    for tip in tips:
        statement = desk.statement(tip)
        own = [row.object_id for row in files if row.tip_id == tip.id]
        contents = [desk.original(object_id, intake=intake) for object_id in own]
        names = [entry.name for entry in statement.attachments]
        opened[tip.receipt_lookup] = (statement.account, tuple(zip(names, contents, strict=True)))
    return opened


def waiting_work(desk: SigningDesk) -> Counter[tuple[OutboxTopic, object]]:
    """Outbox rows by topic and subject."""
    with desk.database.read() as session:
        return Counter((row.topic, row.subject_id) for row in session.scalars(sql_select(OutboxRow)))


def expected_work(desk: SigningDesk) -> Counter[tuple[OutboxTopic, object]]:
    """One notice for each tip, one clean copy for each file, and no informant's message at all."""
    with desk.database.read() as session:
        assert session.scalars(sql_select(func.count()).select_from(Message)).one() == 0
        notices = [(OutboxTopic.STAFF_NOTICE, tip_id) for tip_id in session.scalars(sql_select(Tip.id))]
        copies = [
            (OutboxTopic.CLEAN_FILE, object_id)
            for object_id in session.scalars(sql_select(Attachment.object_id))
        ]
    return Counter([*notices, *copies])


def opened_by_receipt(seen: Seen, portals: Portals) -> set[int]:
    """Reports whose receipt opens a mailbox on a running server."""
    opened = set()
    with Browser(portals) as browser:
        for number, receipt in seen.shown.items():
            answer = browser.client.post("/check", multipart({"receipt": receipt}))
            if answer.status == 200 and b'name="kind" value="material"' in answer.body:
                opened.add(number)
    return opened


def swept_blobs_are_the_orphans(desk: SigningDesk, *, blob_dir: Path) -> None:
    """The sweep three days later leaves the files of tips, and nothing else."""
    database = desk.database
    with database.read() as session:
        attached = set(
            session.scalars(
                sql_select(SealedObject.blob_name).join(Attachment, Attachment.object_id == SealedObject.id)
            )
        )
    before = names_under(blob_dir)
    assert attached < before, "no kill left anything to sweep: nothing was shown"
    # Idleness of an unfinished file is told by the kernel's own clock.
    long_ago = time.time() - timedelta(days=1).total_seconds()
    for unfinished in (blob_dir / "incoming").iterdir():
        os.utime(unfinished, (long_ago, long_ago))
    clock = FixedClock(SystemClock().now())
    clock.advance(timedelta(days=3))
    blobs = open_intake(desk, folder=blob_dir, clock=clock).blobs
    swept = sweep_orphans(database, blobs=blobs, clock=clock)
    assert names_under(blob_dir) == attached
    assert len(before) - len(attached) == swept.files + swept.orphans + swept.unfinished
    assert nothing_left(sweep_orphans(database, blobs=blobs, clock=clock))
    with database.read() as session:
        assert session.scalars(sql_select(func.count()).select_from(Draft)).one() == 0
        rows = set(session.scalars(sql_select(SealedObject.blob_name)))
    assert rows - {None} == attached


def nothing_left(swept: Swept) -> bool:
    """Whether a run of the sweep had nothing to do."""
    return (swept.drafts, swept.files, swept.orphans, swept.unfinished) == (0, 0, 0, 0)


def names_under(folder: Path) -> set[str]:
    """Names of all files below."""
    return {path.name for path in folder.rglob("*") if path.is_file()}
