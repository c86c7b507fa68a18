"""Uploads through the real app on loopback: speed, memory, and the machine's own limit in the same run.

The limit is what one core does with the same bytes in memory: multipart decoding (werkzeug's, which is not
the one we use) and AES-256-GCM in chunks of 64 KiB. Speeds are the best of five, memory the worst.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import create_engine
from werkzeug.sansio.multipart import Data, Epilogue, MultipartDecoder, NeedData

import verification.models  # noqa: F401  # registers its tables
from portal.models import Base
from tests.bench.load import TIP, hidden_fields
from tests.bench.report import Figure, show
from tests.support.intake_server import BOUNDARY, Client, multipart
from tests.support.public import serving_public

MB = 1_000_000
SIZES = {"1 MB": MB, "100 MB": 100 * MB, "200 MB": 200 * MB}
AT_ONCE = 8
TRIES = 5
CHUNK_BYTES = 64 * 1024


def main() -> None:
    """Measure and print."""
    with served_port() as (port, _folder):
        show("Uploads, loopback, one worker", measure(port))


@contextmanager
def served_port(workers: int = 1, **more: str) -> Iterator[tuple[int, Path]]:
    """The port of a server with an empty database, and its folder. more: settings without their prefix."""
    with tempfile.TemporaryDirectory(prefix="xs-bench-") as name:
        folder = Path(name)
        url = f"sqlite:///{folder / 'bench.sqlite3'}"
        engine = create_engine(url)
        Base.metadata.create_all(engine)
        engine.dispose()
        with serving_public(folder, database_url=url, more=more, workers=workers) as site:
            yield int(site.url.rpartition(":")[2]), folder


def measure(port: int) -> list[Figure]:
    """Every figure; the first upload of a process is not counted (it loads code)."""
    content = os.urandom(MB) * (max(SIZES.values()) // MB)
    upload(port, [content[: SIZES["1 MB"]]])
    figures = []
    limit = max(one_core(content[: 100 * MB]) for _ in range(TRIES))
    for label, size in SIZES.items():
        speed, growth = best(port, [content[:size]])
        figures += [
            Figure(f"upload of {label}", speed, "MB/s", at_least=200 if size > MB else None),
            Figure(f"memory for {label}", growth, "MiB", at_most=8),
        ]
        if label == "100 MB":
            figures.append(Figure("  of the limit", 100 * speed / limit, "%", at_least=50))
    photos = [content[at * 3 * MB : (at + 1) * 3 * MB] for at in range(20)]
    figures.append(Figure("20 photographs of 3 MB", best(port, photos)[0], "MB/s"))
    speed, growth = at_once(port, content[: SIZES["100 MB"]])
    return [
        Figure("limit: decode and AES-GCM, one core", limit, "MB/s"),
        *figures,
        Figure(f"{AT_ONCE} uploads of 100 MB at once, all", speed, "MB/s"),
        Figure("  memory for each", growth / AT_ONCE, "MiB", at_most=8),
    ]


def best(port: int, files: list[bytes]) -> tuple[float, float]:
    """The best speed of some tries, MB/s, and the worst growth, MiB."""
    runs = [upload(port, files) for _ in range(TRIES)]
    return max(speed for speed, _ in runs), max(growth for _, growth in runs)


def upload(port: int, files: list[bytes]) -> tuple[float, float]:
    """One whole tip with these files: MB/s, and MiB of the server's growth."""
    tip = Tip(port, files)
    pids = servers()
    before = peaks(pids, reset=True)
    began = time.perf_counter()
    tip.send()
    took = time.perf_counter() - began
    return sum(map(len, files)) / took / MB, growth_since(before, pids)


def at_once(port: int, content: bytes) -> tuple[float, float]:
    """Several uploads at the same time: MB/s and MiB of growth, of all together."""
    tips = [Tip(port, [content]) for _ in range(AT_ONCE)]
    pids = servers()
    before = peaks(pids, reset=True)
    began = time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as people:
        list(people.map(Tip.send, tips))
    took = time.perf_counter() - began
    return AT_ONCE * len(content) / took / MB, growth_since(before, pids)


class Tip:
    """A filled-in form with files, whole in memory, ready to be sent over a connection of its own."""

    def __init__(self, port: int, files: list[bytes]) -> None:
        self._client = Client(port)
        hidden = hidden_fields(self._client.get("/submit").body)
        parts = [("files", f"{number}.bin", file) for number, file in enumerate(files)]
        self._body = multipart(hidden | TIP, parts)

    def send(self) -> None:
        """From the first byte of the tip to its receipt."""
        self._client.socket.sendall(self._client.head("/submit", length=len(self._body)))
        self._client.socket.sendall(self._body)
        answer = self._client.answer()
        self._client.close()
        if answer.status != 200 or b"receipt-group" not in answer.body:
            raise AssertionError(f"no receipt: {answer.status}")


def one_core(content: bytes) -> float:
    """MB/s of decoding and encrypting a body that lies in memory."""
    body = memoryview(multipart({}, [("files", "a.bin", content)]))
    decoder, aead = MultipartDecoder(BOUNDARY.encode()), AESGCM(os.urandom(32))
    count, began = 0, time.perf_counter()
    for at in range(0, len(body), CHUNK_BYTES):
        decoder.receive_data(bytes(body[at : at + CHUNK_BYTES]))
        while not isinstance(event := decoder.next_event(), NeedData | Epilogue):
            if isinstance(event, Data) and event.data:
                aead.encrypt(count.to_bytes(12, "big"), event.data, None)
                count += 1
    return len(content) / (time.perf_counter() - began) / MB


def servers() -> list[int]:
    """All processes below this one: the server and its worker."""
    found, waiting = [], [os.getpid()]
    while waiting:
        children = list(_children(waiting.pop()))
        found += children
        waiting += children
    return found


def _children(pid: int) -> Iterable[int]:
    for task in Path(f"/proc/{pid}/task").iterdir():
        yield from map(int, (task / "children").read_text().split())


def growth_since(before: Iterable[int], pids: Iterable[int]) -> float:
    """MiB by which the process that has grown most has grown."""
    return max(after - start for after, start in zip(peaks(pids), before, strict=True)) / 1024


def peaks(pids: Iterable[int], *, reset: bool = False) -> list[int]:
    """Each process's memory in KiB: its peak, or what it holds now when the peak is reset to that."""
    sizes = []
    for pid in pids:
        if reset:
            Path(f"/proc/{pid}/clear_refs").write_text("5")
        status = Path(f"/proc/{pid}/status").read_text()
        sizes.append(int(status.split("VmRSS:" if reset else "VmHWM:")[1].split()[0]))
    return sizes


if __name__ == "__main__":
    main()
