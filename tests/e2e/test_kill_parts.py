"""The public side's servers killed while files arrive in parts: what was acknowledged is never sent again.

Three people send files of seven parts each; some twenty kills at moments drawn beforehand, in the middle of a
part, after its last byte, or while somebody asks what is here.
Source: issue 3 "SIGKILL at 100 random moments".
"""

from __future__ import annotations

import json
import os
import random
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.clock import FixedClock, SystemClock
from portal.crypto.receipt import Receipt
from portal.db import Database
from portal.models import SYSTEM_RNG, FilePart
from portal.storage.sweep import sweep_orphans
from tests.bench.load import TIP, hidden_fields
from tests.e2e.journey_servers import Browser, Portals
from tests.e2e.test_kill import (
    ask_for_form,
    expected_work,
    names_under,
    nothing_left,
    opened_by_desk,
    receipt_on,
    transmit,
    waiting_work,
)
from tests.support import machine
from tests.support.intake import SigningDesk, open_intake
from tests.support.intake_server import multipart
from tests.support.markers import Search
from tests.support.public import settings_for

pytestmark = pytest.mark.slow

FILES, PEOPLE, SERVERS, PART = 10, 3, 3, 30_000
#: Of all requests so many in a hundred end with their server.
DEADLY = 25
MARK = b"XIANSUO-PART-MARKER-8f1c"


@dataclass
class Told:
    """What people saw. resumed: how often they asked what was here after a break."""

    receipts: dict[int, str] = field(default_factory=dict)
    resumed: int = 0
    faults: list[str] = field(default_factory=list)


@pytest.fixture
def desk(database: Database) -> SigningDesk:
    desk = SigningDesk(database, clock=SystemClock(), rng=SYSTEM_RNG)
    desk.open_cleaner()
    return desk


@pytest.fixture
def portals(desk: SigningDesk, tmp_path: Path) -> Iterator[Portals]:
    for name in ("blobs", "temp", "log"):
        (tmp_path / name).mkdir()
    blobs, more = tmp_path / "blobs", {"PART_BYTES": str(PART), "MAX_FILE_BYTES": str(64 * PART)}
    environ = os.environ | settings_for(desk, folder=blobs, public_url="http://127.0.0.1", **more)
    environ |= {"PYTHONPATH": str(machine.PROJECT), "TMPDIR": str(tmp_path / "temp")}
    servers = Portals(environ, log_dir=tmp_path / "log", count=SERVERS)
    try:
        servers.start()
        yield servers
    finally:
        servers.end()


class Person:
    """One browser's script: sends a file part by part, goes on where a server broke off."""

    def __init__(self, number: int, browser: Browser, portals: Portals, told: Told) -> None:
        self.number = number
        self.content = content_of(number)
        self._browser, self._portals, self._told = browser, portals, told
        self._chance = random.Random(number)
        self._form = hidden_fields(ask_for_form(browser)) | {"desk": "desk"}

    def send_file(self) -> str:
        """All parts; returns the file's id."""
        head, number = "", 0
        while True:
            said = self._said(self._part(head, number))
            if said is None and head:
                self._told.resumed += 1
                said = self._said({**self._form, "head": head}, piece=None)
            if said is None:
                continue
            if said["next"] is None:
                return str(said["head"])
            if said["head"] == head and said["next"] < number:
                raise AssertionError("what was acknowledged is gone")
            head, number = said["head"], said["next"]

    def submit(self, head: str) -> str:
        """The form with its file, until its receipt is seen."""
        account = f"第 {self.number} 件：分段传来的录像，{MARK.decode()}，请看附件。"
        body = multipart({**self._form, **TIP, "account": account, "keep": [head]}, [])
        while True:
            try:
                page = transmit(self._browser, body, kill_at=self._drawn(), portals=self._portals)
            except OSError:
                self._browser.elsewhere()
                continue
            if receipt := receipt_on(page):
                return receipt

    def _part(self, head: str, number: int) -> dict[str, str]:
        more = {"head": head} if head else {}
        return {**self._form, "bytes": str(len(self.content)), "number": str(number), **more}

    def _said(self, fields: dict[str, str], *, piece: bytes | None = b"") -> dict[str, Any] | None:
        """The answer, or None where none came."""
        files = []
        if piece is not None:
            at = int(fields["number"]) * PART
            files = [("files", f"{MARK.decode()}.mp4", self.content[at : at + PART])]
        body = multipart(fields, files)
        try:
            page = transmit(
                self._browser, body, kill_at=self._drawn(), portals=self._portals, path="/submit/file"
            )
        except OSError:
            self._browser.elsewhere()
            return None
        said: dict[str, Any] = json.loads(page)
        if "trouble" in said:
            assert said["again"], said
            return None
        return said

    def _drawn(self) -> float | None:
        if self._chance.random() * 100 >= DEADLY:
            return None
        return self._chance.random() if self._chance.random() < 0.4 else 1 + self._chance.random()


def content_of(number: int) -> bytes:
    """A film of six parts and a bit, with a mark in every part."""
    filler = random.Random(number).randbytes(PART - len(MARK))
    return (filler + MARK) * 6 + MARK


def test_parts_survive_their_servers(portals: Portals, desk: SigningDesk, tmp_path: Path) -> None:
    told = Told()
    numbers = iter(range(FILES))
    guard = threading.Lock()

    def person() -> None:
        while True:
            with guard:
                number = next(numbers, None)
            if number is None:
                return
            try:
                with Browser(portals) as browser:
                    sender = Person(number, browser, portals, told)
                    told.receipts[number] = sender.submit(sender.send_file())
            except Exception as fault:  # noqa: BLE001  # told by the test, not by a thread's end
                told.faults.append(f"{number}: {fault!r}")

    people = [threading.Thread(target=person) for _ in range(PEOPLE)]
    for one in people:
        one.start()
    portals.revive(while_alive=people)
    assert told.faults == []
    assert portals.kills >= 15
    assert told.resumed >= 3

    tips = opened_by_desk(desk, blob_dir=tmp_path / "blobs")
    assert len(tips) == len(told.receipts) == FILES
    for number, receipt in told.receipts.items():
        _account, files = tips[Receipt.parse(receipt).lookup_id]
        assert [content for _name, content in files] == [content_of(number)]
    assert waiting_work(desk) == expected_work(desk)
    portals.end()
    assert "Traceback" not in portals.said()
    assert_nothing_readable(tmp_path, desk)
    assert_sweep_leaves_sent_parts(desk, tmp_path / "blobs")


def assert_nothing_readable(folder: Path, desk: SigningDesk) -> None:
    """No file, log, temporary file or row holds a byte of what was sent in the clear."""
    markers = Search({"part": MARK})
    assert markers.in_folders([folder]) == set()
    assert markers.in_database(desk.database.url.render_as_string(hide_password=False)) == set()


def assert_sweep_leaves_sent_parts(desk: SigningDesk, blobs: Path) -> None:
    """Three days later: the parts of files that were sent, and nothing else."""
    long_ago = time.time() - timedelta(days=1).total_seconds()
    for unfinished in (blobs / "incoming").iterdir():
        os.utime(unfinished, (long_ago, long_ago))
    clock = FixedClock(SystemClock().now())
    clock.advance(timedelta(days=3))
    store = open_intake(desk, folder=blobs, clock=clock).blobs
    sweep_orphans(desk.database, blobs=store, clock=clock)
    assert len(names_under(blobs)) == 7 * FILES
    assert nothing_left(sweep_orphans(desk.database, blobs=store, clock=clock))
    with desk.database.read() as session:
        assert session.scalars(select(func.count()).select_from(FilePart)).one() == 6 * FILES
