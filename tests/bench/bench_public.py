"""The public side under eight clients: form pages, whole tips, other pages meanwhile; and what a form weighs.

Runs the whole system as ``make run`` does (queue, relay, workers, both apps), the office of ten, on loopback,
so that what the tips cause in the background is paid for in the same run.
"""

from __future__ import annotations

import re
import tempfile
import threading
import time
from pathlib import Path

from sqlalchemy import func, select

from portal.db import Database
from portal.models import OutboxRow
from tests.bench import load
from tests.bench.report import Figure, show
from tests.support.demo import RunningDemo
from tests.support.intake_server import Client

SECONDS = 10.0
_LOADED = re.compile(rb'(?:href|src)="(/static/[^"]+)"')


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="xs-bench-") as folder:
        demo = RunningDemo(Path(folder) / "var", profile="small")
        demo.start()
        try:
            wait_for_the_seed(demo.var)
            show("Public side, 8 clients", measure(demo.public_port))
        finally:
            demo.end()


def wait_for_the_seed(var: Path) -> None:
    """Until the workers have cleaned what the seed left them: it is not the tips' doing."""
    database = Database(f"sqlite:///{var / 'xiansuo.sqlite3'}")
    left = select(func.count()).select_from(OutboxRow).where(OutboxRow.dead.is_(False))
    while True:
        with database.read() as session:
            if not session.scalar(left):
                break
        time.sleep(0.2)
    database.dispose()


def measure(port: int) -> list[Figure]:
    """Every figure, in the order of the issue."""
    pages = load.run(load.get_pages("/submit"), port=port, seconds=SECONDS)
    meanwhile: list[load.Timed] = []
    looker = threading.Thread(
        target=lambda: meanwhile.append(
            load.run(load.look_now_and_then("/"), port=port, seconds=SECONDS, clients=1)
        )
    )
    looker.start()
    tips = load.run(load.send_tips, port=port, seconds=SECONDS)
    looker.join()
    weight, requests = form_weight(port)
    return [
        Figure("form GETs", pages.rate, "/s", at_least=1000),
        Figure("complete tips", tips.rate, "/s", at_least=150),
        Figure("complete tip, p50", tips.quantile(0.5) * 1000, "ms"),
        Figure("complete tip, p99", tips.quantile(0.99) * 1000, "ms", at_most=250),
        Figure("other pages meanwhile, p99", meanwhile[0].quantile(0.99) * 1000, "ms", at_most=100),
        Figure("form with all it loads", weight / 1024, "KiB", at_most=40),
        Figure("requests for it", requests, "", at_most=3),
    ]


def form_weight(port: int) -> tuple[int, int]:
    """Bytes, uncompressed, and requests of the form page with everything it names."""
    client = Client(port)
    page = client.get("/submit").body
    loaded = sorted({path.decode() for path in _LOADED.findall(page)})
    return len(page) + sum(len(client.get(path).body) for path in loaded), 1 + len(loaded)


if __name__ == "__main__":
    main()
