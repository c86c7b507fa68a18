"""Files of one and two gigabytes through the real app on loopback, one, four and sixteen at once.

The limit is the one of ``bench_upload``, measured in the same run, as is what the disk takes. A body is sent
as one block again and again, so that the clients hold next to nothing; what is sealed of it is as random as
any other.
"""

from __future__ import annotations

import mmap
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.bench.bench_upload import MB, TRIES, growth_since, one_core, peaks, served_port, servers
from tests.bench.load import TIP, hidden_fields
from tests.bench.report import Figure, show
from tests.support.intake_server import Client, multipart

GB = 1000 * MB
BLOCK = os.urandom(4 * MB)
AT_ONCE = (1, 4, 16)
GIB = str(4 << 30)


def main() -> None:
    """Measure and print."""
    with served_port(workers=2, MAX_FILE_BYTES=GIB, MAX_MESSAGE_BYTES=GIB) as (port, folder):
        show("Large uploads, loopback, two workers as `make run` starts them", measure(port, folder))


def measure(port: int, folder: Path) -> list[Figure]:
    """Every figure; the first upload of a process is not counted (it loads code)."""
    send_all(port, folder, count=1, size=MB)
    limit = max(one_core(BLOCK * 25) for _ in range(TRIES))
    figures = [
        Figure("limit: decode and AES-GCM, one core", limit, "MB/s"),
        Figure("this disk, written directly", max(disk(folder) for _ in range(3)), "MB/s"),
    ]
    alone = 0.0
    for size, label in ((GB, "1 GB"), (2 * GB, "2 GB")):
        speed, growth = max(send_all(port, folder, count=1, size=size) for _ in range(3))
        alone = alone or speed
        figures += [
            Figure(f"one upload of {label}", speed, "MB/s", at_least=200),
            Figure("  of the limit", 100 * speed / limit, "%", at_least=60),
            Figure("  memory", growth, "MiB", at_most=8),
        ]
    for count in AT_ONCE[1:]:
        speed, growth = send_all(port, folder, count=count, size=GB)
        figures += [
            Figure(f"{count} of 1 GB at once, all together", speed, "MB/s"),
            Figure("  of one alone", 100 * speed / alone, "%", at_least=100 if count == 16 else None),
            Figure("  memory for each", growth / count, "MiB", at_most=8),
        ]
    return figures


def disk(folder: Path) -> float:
    """MB/s of writing one gigabyte past the page cache, in blocks like the blob store's, and syncing it."""
    block = mmap.mmap(-1, 1 << 20)
    block[:] = os.urandom(1 << 20)
    path = folder / "disk"
    fd = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_DIRECT)
    try:
        began = time.perf_counter()
        for _ in range(GB >> 20):
            os.write(fd, block)
        os.fsync(fd)
        return GB / (time.perf_counter() - began) / MB
    finally:
        os.close(fd)
        path.unlink()


def send_all(port: int, folder: Path, *, count: int, size: int) -> tuple[float, float]:
    """Some tips at once, with one file each: MB/s and MiB of growth, of all together."""
    people = [Sender(port, size) for _ in range(count)]
    pids = servers()
    before = peaks(pids, reset=True)
    began = time.perf_counter()
    with ThreadPoolExecutor(count) as threads:
        list(threads.map(Sender.send, people))
    took = time.perf_counter() - began
    growth = growth_since(before, pids)
    for blob in (folder / "blobs").rglob("*"):
        if blob.is_file():
            blob.unlink()  # room for the next ones; nobody opens these
    return count * size / took / MB, growth


class Sender:
    """A filled-in form with one large file, over a connection of its own."""

    def __init__(self, port: int, size: int) -> None:
        self._client = Client(port)
        hidden = hidden_fields(self._client.get("/submit").body)
        mark = b"HERE-THE-FILE"
        self._head, self._tail = multipart(hidden | TIP, [("files", "video.mp4", mark)]).split(mark)
        self._size = size

    def send(self) -> None:
        """From the first byte of the tip to its receipt."""
        whole = len(self._head) + self._size + len(self._tail)
        self._client.socket.sendall(self._client.head("/submit", length=whole) + self._head)
        left = self._size
        while left:
            left -= len(part := BLOCK[:left])
            self._client.socket.sendall(part)
        self._client.socket.sendall(self._tail)
        answer = self._client.answer()
        self._client.close()
        if answer.status != 200 or b"receipt-group" not in answer.body:
            raise AssertionError(f"no receipt: {answer.status}")


if __name__ == "__main__":
    main()
