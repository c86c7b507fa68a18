"""Uploads over real sockets and processes: a browser always gets its page, and a kill loses nothing shown."""

from __future__ import annotations

import random
import select
import socket
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func
from sqlalchemy import select as sql_select

from portal.clock import FixedClock, SystemClock
from portal.crypto.receipt import Receipt
from portal.db import Database
from portal.domain.mailbox import open_mailbox
from portal.models import Attachment, Message, SealedObject, Tip
from portal.storage.blobs import Blobs
from portal.storage.received import Limits
from portal.storage.sweep import sweep_orphans
from tests.support.intake import open_intake
from tests.support.intake_server import BOUNDARY, Client, Server, multipart, serving

pytestmark = [pytest.mark.slow, pytest.mark.databases("sqlite")]

MIB = 1024 * 1024
RECONNECT_SECONDS = 0.02
"""How soon a person tries again while the server is down; only to leave it the processor."""
LIMITS = Limits(max_file_bytes=2 * MIB, max_message_bytes=4 * MIB, max_files=3)


@pytest.fixture
def server(database_url: str, tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path, database_url=database_url, limits=LIMITS, workers=2) as running:
        yield running


def fields_of(client: Client) -> dict[str, str]:
    return {name: str(value) for name, value in client.get("/form").said.items()} | {
        "account": "写在表里的话"
    }


def count(server: Server, model: type[Tip | Message | Attachment | SealedObject]) -> int:
    with server.office.database.read() as session:
        return session.scalars(sql_select(func.count()).select_from(model)).one()


def files_under(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file()}


def send_all(client: Client, body: bytes) -> int:
    """Send like a browser that does not look at the answer before it is done; returns what was sent."""
    sent = 0
    while sent < len(body):
        sent += client.socket.send(body[sent : sent + 65536])
    return sent


@pytest.mark.parametrize("what", ["too large", "bad token", "no such page"])
def test_refused_upload_is_answered_and_the_connection_never_just_dropped(server: Server, what: str) -> None:
    client = server.connect()
    fields = fields_of(client)
    if what == "bad token":
        fields["csrf_token"] = "forged"
    size = LIMITS.max_body_bytes * 3 if what == "too large" else 3 * MIB
    body = multipart(fields, [("files", "long.mov", bytes(size))])
    path = "/nowhere" if what == "no such page" else "/submit"
    client.socket.sendall(client.head(path, length=len(body)))
    assert send_all(client, body) == len(body)
    answer = client.answer()
    assert answer.status == {"too large": 413, "bad token": 409, "no such page": 404}[what]
    if what != "no such page":
        assert answer.said["account"] == "写在表里的话"
    assert answer.headers["connection"] == "close"
    assert files_under(server.blob_dir) == set()


def test_upload_over_the_limit_is_told_before_it_ends(server: Server) -> None:
    client = server.connect()
    body = multipart(fields_of(client), [("files", "long.mov", bytes(LIMITS.max_body_bytes))])
    client.socket.sendall(client.head("/submit", length=len(body)))
    client.socket.sendall(body[: MIB // 2])
    readable, _, _ = select.select([client.socket], [], [], 30)
    assert readable
    answer = client.answer()
    assert (answer.status, answer.said["reason"]) == (413, "message-too-large")
    # The rest is still taken, so that a browser that reads only afterwards sees the same page.
    assert send_all(client, body[MIB // 2 :]) == len(body) - MIB // 2


def test_file_over_its_limit_in_the_middle_is_named_and_the_rest_read(server: Server) -> None:
    client = server.connect()
    files = [("files", "big.mov", bytes(2 * MIB + 1)), ("files", "small.jpg", b"small")]
    answer = client.post("/submit", multipart(fields_of(client), files))
    assert answer.status == 422
    assert answer.said["problems"] == [["files", "big.mov", "file-too-large"]]
    assert [name for _, name, _ in answer.said["files"]] == ["small.jpg"]  # type: ignore[attr-defined]  # a list
    assert len(files_under(server.blob_dir)) == 1
    assert client.get("/form").status == 200


def test_ten_thousand_fields_are_told(server: Server) -> None:
    client = server.connect()
    fields: dict[str, str | list[str]] = {**fields_of(client), "x": ["1"] * 10_001}
    answer = client.post("/submit", multipart(fields))
    assert (answer.status, answer.said["reason"]) == (413, "too-many-fields")


@pytest.mark.parametrize("how", ["closed", "reset", "half closed"])
def test_connection_cut_in_the_middle_of_a_file_leaves_nothing_unfinished(server: Server, how: str) -> None:
    client = server.connect()
    fields = fields_of(client)
    body = multipart(fields, [("files", "whole", b"whole"), ("files", "cut", bytes(MIB))])
    client.socket.sendall(client.head("/submit", length=len(body)) + body[: len(body) - MIB // 2])
    if how == "reset":
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    if how == "half closed":
        client.socket.shutdown(socket.SHUT_WR)
        answer = client.answer()
        assert (answer.status, answer.said["reason"]) == (400, "cut")
    client.close()
    # The finished file is in its draft, the other one gone; nothing was made of the form.
    deadline = time.monotonic() + 30
    while len(files_under(server.blob_dir)) != 1 or count(server, SealedObject) != 1:
        assert time.monotonic() < deadline
    assert count(server, Tip) == 0
    again = server.connect()
    again.cookie = client.cookie
    assert again.post("/submit", multipart(fields)).said["what"] == "new"


def test_slow_upload_is_taken_and_does_not_hold_up_others(server: Server, tmp_path: Path) -> None:
    slow, quick = server.connect(), server.connect()
    body = multipart(fields_of(slow), [("files", "a", bytes(100_000))])
    slow.socket.sendall(slow.head("/submit", length=len(body)) + body[:1000])
    assert quick.post("/submit", multipart(fields_of(quick), [("files", "b", b"1")])).said["what"] == "new"
    slow.socket.sendall(body[1000:])
    assert slow.answer().said["what"] == "new"


def test_eight_clients_at_once_get_their_tips_and_receipts(server: Server) -> None:
    receipts: list[str] = []

    def person() -> None:
        client = server.connect()
        for _ in range(5):
            answer = client.post("/submit", multipart(fields_of(client), [("files", "a", b"1")]))
            receipts.append(str(answer.said["receipt"]))

    people = [threading.Thread(target=person) for _ in range(8)]
    for one in people:
        one.start()
    for one in people:
        one.join()
    assert len(set(receipts)) == 40
    assert (count(server, Tip), count(server, Attachment)) == (40, 40)


def test_server_killed_at_any_moment_loses_no_receipt_it_has_shown(
    server: Server, database: Database, tmp_path: Path
) -> None:
    """Twelve kills while four people send; each sends a form again until they see its receipt."""
    chance, stop = random.Random(7), threading.Event()
    shown: dict[str, str] = {}
    progress = threading.Condition()

    def person() -> None:
        while not stop.is_set():
            try:
                send_until_shown(server, shown, progress=progress, stop=stop)
            except OSError:
                stop.wait(RECONNECT_SECONDS)

    people = [threading.Thread(target=person) for _ in range(4)]
    for one in people:
        one.start()
    for _ in range(12):
        # At a different point of the other three people's requests each time.
        with progress:
            target = len(shown) + chance.randint(1, 4)
            assert progress.wait_for(lambda wanted=target: len(shown) >= wanted, timeout=60)  # type: ignore[misc]  # a lambda with a default
        server.kill()
        server.start()
    stop.set()
    for one in people:
        one.join(timeout=60)
    intake = open_intake(server.office, folder=tmp_path / "blobs", clock=SystemClock())
    for receipt in shown.values():
        open_mailbox(intake, receipt=Receipt.parse(receipt))
    assert len(set(shown.values())) == len(shown) >= 12
    # A form whose answer was lost at the very end may have made its tip; no form has made two.
    assert len(shown) <= count(server, Tip) <= len(shown) + len(people)
    assert (count(server, Message), count(server, Attachment)) == (0, count(server, Tip))
    server.kill()
    sweep_everything(database, blobs=intake.blobs)
    assert {blob.name for blob in intake.blobs.stored()} == attached_blobs(database)


def send_until_shown(
    server: Server, shown: dict[str, str], *, progress: threading.Condition, stop: threading.Event
) -> None:
    """One form, sent over and over until its receipt is seen."""
    client = server.connect()
    fields = fields_of(client)
    body = multipart(fields, [("files", "a.jpg", bytes(20_000))])
    while not stop.is_set():
        try:
            client.reconnect()
            answer = client.post("/submit", body)
        except OSError:
            stop.wait(RECONNECT_SECONDS)
            continue
        assert answer.status == 200, answer.body
        with progress:
            shown[fields["draft"]] = str(answer.said["receipt"])
            progress.notify()
        return


def sweep_everything(database: Database, *, blobs: Blobs) -> None:
    """As the job does, three days later."""
    clock = FixedClock(SystemClock().now())
    clock.advance(timedelta(days=3))
    sweep_orphans(database, blobs=blobs, clock=clock)


def attached_blobs(database: Database) -> set[str | None]:
    """The blobs that belong to tips."""
    with database.read() as session:
        return set(
            session.scalars(
                sql_select(SealedObject.blob_name).join(Attachment, Attachment.object_id == SealedObject.id)
            )
        )


def test_body_of_unannounced_length_is_taken_in_chunks(server: Server) -> None:
    client = server.connect()
    fields = fields_of(client)
    body = multipart(fields, [("files", "a", bytes(MIB))])
    head = client.head("/submit", length=0).replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
    client.socket.sendall(head)
    for at in range(0, len(body), 50_000):
        piece = body[at : at + 50_000]
        client.socket.sendall(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
    client.socket.sendall(b"0\r\n\r\n")
    answer = client.answer()
    assert (answer.status, answer.said["what"]) == (200, "new")


def test_endless_body_of_unannounced_length_is_told_and_ended(server: Server) -> None:
    client = server.connect()
    start = multipart(fields_of(client), [("files", "a", b"")]).removesuffix(f"--{BOUNDARY}--\r\n".encode())
    head = client.head("/submit", length=0).replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
    client.socket.sendall(head + f"{len(start):x}\r\n".encode() + start[:-2] + b"xx\r\n")
    piece = b"10000\r\n" + bytes(65536) + b"\r\n"
    readable: list[socket.socket] = []
    while not readable:
        client.socket.sendall(piece)
        readable, _, _ = select.select([client.socket], [], [], 0)
    answer = client.answer()
    assert (answer.status, answer.said["reason"]) == (413, "message-too-large")
    assert files_under(server.blob_dir) == set()
