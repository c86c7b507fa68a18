"""Looking at files: a jump into a film of two gigabytes, fifty thumbnails on one page, downloads.

Runs the whole system as ``make run`` does, the office of ten, on loopback. The film is put beside a tip's
files as the cleaner would have left it: its content does not matter to anything that is measured.
"""

from __future__ import annotations

import io
import os
import random
import re
import secrets
import socket
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from html import unescape
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

from PIL import Image
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.crypto.recipients import PublicKey, seal_file_key
from portal.crypto.stream import ObjectKind, SealingWriter, seal_bytes
from portal.db import Database
from portal.models import (
    SYSTEM_RNG,
    Attachment,
    CleanState,
    ObjectGrant,
    RecipientKey,
    SealedObject,
    StoredFile,
    Tip,
)
from portal.storage.filesystem import FileBlobs
from tests.bench.bench_public import wait_for_the_seed
from tests.bench.load import TIP, hidden_fields
from tests.bench.report import Figure, show
from tests.support.demo import RunningDemo
from tests.support.intake_server import Client, multipart
from verification.clean_report import CleanPart, CleanReport, FileType, PartRole

MB = 1_000_000
FILM_BYTES, JUMPS, PICTURES_SHOWN = 2000 * MB, 300, 50
BLOCK = os.urandom(4 * MB)


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="xs-bench-") as folder:
        demo = RunningDemo(Path(folder) / "var", profile="small", environ={"XIANSUO_MAX_FILES": "60"})
        demo.start()
        try:
            wait_for_the_seed(demo.var)
            show("Looking at files, one person", measure(demo))
        finally:
            demo.end()


def measure(demo: RunningDemo) -> list[Figure]:
    """Every figure."""
    send_a_tip(demo)
    wait_for_the_seed(demo.var)
    tip_id, files = film_instead(demo.var)
    person = Person(demo)
    person.get(f"/tips/{tip_id}")
    page = person.get(f"/files/{files[0]}/view")
    found = re.search(rb'<video[^>]* src="([^"]+)"', page)
    assert found is not None
    address = unescape(found[1].decode())
    chance = random.Random(20261123)
    jumps = sorted(person.first_byte(address, at=chance.randrange(FILM_BYTES - MB)) for _ in range(JUMPS))
    began = time.perf_counter()
    strip = person.get(f"/files/{files[1]}/view")
    took = time.perf_counter() - began
    assert strip.count(b"data:image/jpeg;base64,") >= PICTURES_SHOWN
    return [
        Figure("jump into a film of 2 GB, p50", 1000 * jumps[JUMPS // 2], "ms"),
        Figure("  p95", 1000 * jumps[JUMPS * 95 // 100], "ms", at_most=100),
        Figure(f"page with {PICTURES_SHOWN} thumbnails", 1000 * took, "ms", at_most=1000),
        Figure("download of the film", person.download(address), "MB/s"),
    ]


class Person:
    """Somebody of the desk, logged in."""

    def __init__(self, demo: RunningDemo) -> None:
        self._url = demo.internal_url
        self._port = demo.internal_port
        self._jar = CookieJar()
        self._browser = build_opener(HTTPCookieProcessor(self._jar))
        account = demo.account("supervisor")
        found = re.search(rb'name="csrf_token" value="([^"]+)"', self.get("/login"))
        assert found is not None
        fields = {
            "csrf_token": unescape(found[1].decode()),
            "login": account.login,
            "passphrase": account.passphrase,
            "code": account.code(datetime.now(UTC)),
        }
        with self._browser.open(self._url + "/login", urlencode(fields).encode()) as answer:
            assert not answer.url.endswith("/login")

    def get(self, address: str) -> bytes:
        """A page."""
        with self._browser.open(self._url + address) as answer:
            content: bytes = answer.read()
            return content

    def first_byte(self, address: str, *, at: int) -> float:
        """Seconds from asking for the film from there on until its first byte comes; then the line is cut."""
        with self._asking(address, f"Range: bytes={at}-\r\n") as line:
            began, head = time.perf_counter(), b""
            while b"\r\n\r\n" not in head or head.endswith(b"\r\n\r\n"):
                head += line.recv(65536)
            took = time.perf_counter() - began
        assert b" 206 " in head[:20]
        return took

    def download(self, address: str) -> float:
        """MB/s of the whole film."""
        with self._asking(address, "") as line:
            began, count = time.perf_counter(), 0
            while count < FILM_BYTES and (piece := line.recv(1 << 20)):
                count += len(piece)
            return FILM_BYTES / (time.perf_counter() - began) / MB

    @contextmanager
    def _asking(self, address: str, more: str) -> Iterator[socket.socket]:
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self._jar)
        with socket.create_connection(("127.0.0.1", self._port), timeout=60) as line:
            head = f"GET {address} HTTP/1.1\r\nHost: tests\r\nCookie: {cookies}\r\n{more}\r\n"
            line.sendall(head.encode())
            yield line


def send_a_tip(demo: RunningDemo) -> None:
    """With fifty pictures, and a text that ``film_instead`` makes a film."""
    client = Client(demo.public_port)
    hidden = hidden_fields(client.get("/submit").body)
    files = [("files", f"{number}.jpg", picture(number)) for number in range(PICTURES_SHOWN)]
    body = multipart(hidden | TIP, [("files", "film.txt", "路坏了半年。".encode()), *files])
    answer = client.post("/submit", body)
    client.close()
    assert b"receipt-group" in answer.body, answer.status


def picture(number: int) -> bytes:
    """A photograph of a telephone's shape, each another."""
    out = io.BytesIO()
    Image.effect_noise((800, 600), 20 + number).save(out, "JPEG")
    return out.getvalue()


def film_instead(var: Path) -> tuple[uuid.UUID, list[uuid.UUID]]:
    """Put a film in the place of the text's clean copy; the tip's id, and its files' ids in order."""
    database, blobs = Database(f"sqlite:///{var / 'xiansuo.sqlite3'}"), FileBlobs(var / "blobs")
    with database.write() as session:
        most = select(Attachment.tip_id).group_by(Attachment.tip_id).order_by(func.count().desc()).limit(1)
        tip = session.get_one(Tip, session.scalars(most).one())
        rows = select(Attachment.object_id).where(Attachment.tip_id == tip.id).order_by(Attachment.ordinal)
        files = list(session.scalars(rows))
        stored = session.get_one(StoredFile, files[0])
        desk = session.get_one(RecipientKey, stored.clean_for)
        stored.clean_object_id = _film(session, blobs, desk, day=tip.received_on)
        stored.report_object_id = _report(session, desk, day=tip.received_on)
        stored.clean_state = CleanState.CLEANED
    database.dispose()
    return tip.id, files


def _film(session: Session, blobs: FileBlobs, desk: RecipientKey, *, day: date) -> uuid.UUID:
    object_id, file_key = uuid.uuid4(), secrets.token_bytes(32)
    blob = blobs.create(rng=SYSTEM_RNG)
    writer = SealingWriter(blob, kind=ObjectKind.CLEAN, object_id=object_id, file_key=file_key)
    for _ in range(FILM_BYTES // len(BLOCK)):
        writer.write(BLOCK)
    size = writer.finish()
    blob.keep(day=day)
    row = SealedObject(
        id=object_id,
        kind=ObjectKind.CLEAN,
        blob_name=blob.name,
        sealed_bytes=size.sealed_bytes,
        stored_on=day,
    )
    return _granted(session, row, desk, file_key)


def _report(session: Session, desk: RecipientKey, *, day: date) -> uuid.UUID:
    object_id, file_key = uuid.uuid4(), secrets.token_bytes(32)
    part = CleanPart(
        role=PartRole.COPY, media_type="video/mp4", start=0, length=FILM_BYTES, width=1920, height=1080
    )
    report = CleanReport(
        reason=None, file_type=FileType.VIDEO, original_bytes=FILM_BYTES, sha256=None, sm3=None, parts=(part,)
    )
    body = seal_bytes(report.encode(), kind=ObjectKind.REPORT, object_id=object_id, file_key=file_key)
    row = SealedObject(id=object_id, kind=ObjectKind.REPORT, body=body, sealed_bytes=len(body), stored_on=day)
    return _granted(session, row, desk, file_key)


def _granted(session: Session, row: SealedObject, desk: RecipientKey, file_key: bytes) -> uuid.UUID:
    session.add(row)
    session.flush()
    public = PublicKey.from_bytes(desk.public)
    sealed = seal_file_key(file_key, to=public, recipient_key_id=desk.id, object_id=row.id)
    session.add(ObjectGrant(object_id=row.id, recipient_key_id=desk.id, sealed_file_key=sealed))
    return row.id


if __name__ == "__main__":
    main()
