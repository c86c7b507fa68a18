"""Eight clients at once, each a process of its own that speaks plain sockets, so that it costs little.

Every client counts what it did and how long each took; nothing is answered from a cache of its own.
"""

from __future__ import annotations

import multiprocessing
import os
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.support.intake_server import Client, multipart

CLIENTS = 8
_HIDDEN = re.compile(rb'name="(csrf_token|draft)" value="([^"]+)"')
_GROUP = re.compile(rb">([0-9A-HJKMNP-TV-Z]{4})-?<")

TIP = {
    "desk": "desk",
    "reporter": "citizen",
    "subject": "1",
    "about": "交通运输局",
    "place": "清溪镇",
    "when": "上个月",
    "account": "卫生院门前的路坏了半年没有人修，报过三次，每次都说在研究。请派人来看看。",
    "identity": "none",
}


@dataclass(frozen=True, slots=True)
class Timed:
    """What one run of all clients did. ``seconds`` each took, sorted; ``rate`` per second, all together."""

    seconds: Sequence[float]
    rate: float

    def quantile(self, share: float) -> float:
        """Seconds below which this share of them lies."""
        return self.seconds[min(len(self.seconds) - 1, int(len(self.seconds) * share))]


def run(
    work: Callable[[int, float], list[float]], *, port: int, seconds: float, clients: int = CLIENTS
) -> Timed:
    """Let ``clients`` processes do ``work(port, until)`` at once for ``seconds``."""
    context = multiprocessing.get_context("fork")
    queue: Any = context.Queue()
    barrier = context.Barrier(clients + 1)
    children = [
        context.Process(target=_client, args=(work, port, seconds, barrier, queue), daemon=True)
        for _ in range(clients)
    ]
    for child in children:
        child.start()
    barrier.wait()
    began = time.monotonic()
    gathered = [queue.get(timeout=seconds * 4 + 60) for _ in children]
    elapsed = time.monotonic() - began
    for child in children:
        child.join()
    taken = sorted(took for part in gathered for took in part)
    return Timed(seconds=taken, rate=len(taken) / elapsed)


def _client(
    work: Callable[[int, float], list[float]], port: int, seconds: float, barrier: Any, queue: Any
) -> None:
    barrier.wait()
    queue.put(work(port, time.monotonic() + seconds))
    queue.close()
    queue.join_thread()
    os._exit(0)


def get_pages(path: str) -> Callable[[int, float], list[float]]:
    """Ask for one page again and again on one connection."""

    def work(port: int, until: float) -> list[float]:
        client, taken = Client(port), []
        while (began := time.monotonic()) < until:
            answer = client.get(path)
            if answer.status != 200:
                raise AssertionError(f"{path}: {answer.status}")
            taken.append(time.monotonic() - began)
        return taken

    return work


def look_now_and_then(path: str) -> Callable[[int, float], list[float]]:
    """A reader who looks at a page twenty times a second, while others work."""

    def work(port: int, until: float) -> list[float]:
        client, taken = Client(port), []
        while (began := time.monotonic()) < until:
            if client.get(path).status != 200:
                raise AssertionError(path)
            taken.append(time.monotonic() - began)
            time.sleep(0.05)
        return taken

    return work


def hidden_fields(page: bytes) -> dict[str, str]:
    """The token and the draft of a form."""
    return {name.decode(): value.decode() for name, value in _HIDDEN.findall(page)}


def send_tips(port: int, until: float) -> list[float]:
    """Whole tips: a new browser each time, the form, the token, the submission, the receipt on the page."""
    taken = []
    while (began := time.monotonic()) < until:
        client = Client(port)
        hidden = hidden_fields(client.get("/submit").body)
        answer = client.post("/submit", multipart(hidden | TIP))
        client.close()
        if answer.status != 200 or len(_GROUP.findall(answer.body)) != 6:
            raise AssertionError(f"no receipt: {answer.status}")
        taken.append(time.monotonic() - began)
    return taken
