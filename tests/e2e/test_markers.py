"""After a whole journey: nothing anybody wrote, showed or came from is anywhere, and no time of the report.

The same search finds every one of these things where sealing is switched off, so that finding none means
something. Source: issue 2 "A marker test", 4-sealing "Proof, not promise".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from portal.clock import CIVIL_ZONE, SystemClock
from portal.db import Database
from portal.models import SYSTEM_RNG
from tests.bench.load import TIP, hidden_fields
from tests.e2e import journey_times as times
from tests.e2e.journey_address import Doorway
from tests.e2e.journey_county import County
from tests.e2e.journey_marks import Marks
from tests.e2e.journey_servers import serving_portal
from tests.e2e.journey_walk import CAST
from tests.e2e.test_kill import receipt_on
from tests.support.intake import SigningDesk
from tests.support.intake_server import Client, multipart
from tests.support.markers import Hit, Search
from tests.support.postgres import PostgresServer
from verification.supervise import Service

pytestmark = pytest.mark.slow

#: Made for scripts that drive a demo (mode 0600, never in production): the one place passphrases may stand.
DEMO_FILE = "demo.json"


# --- after the journey -------------------------------------------------------------------------------------


def test_half_of_an_upload_is_readable_nowhere(county: County) -> None:
    assert {"text half", "bytes of half", "address"} <= county.marks.planted.keys()
    assert found_beside_demo_file(county, county.half_uploaded) == set()


def test_nothing_planted_on_the_whole_journey_is_found_anywhere(county: County) -> None:
    hits = county.search()
    assert found_beside_demo_file(county, hits) == set()
    # The search sees the data folder: what a demo does write down, it finds.
    assert {hit.marker for hit in hits} == {f"passphrase of {login}" for login in CAST.values()}
    # Every step has planted something.
    planted = {name.split()[-1] for name in county.marks.planted}
    steps = {"account", "reply", "question", "brief", "content", "seen", "file", "measures", "answer0"}
    assert steps <= planted


def test_report_leaves_no_moment_before_anybody_looks_at_it(county: County) -> None:
    assert county.quiet is not None
    assert county.quiet.in_database == set()
    assert county.quiet.in_logs == []
    # Workers say every minute that they live; the database's own files change with every write of anybody.
    assert county.quiet.in_queue <= {"rq:worker"}
    assert {path.name.partition(".sqlite3")[0] for path in county.quiet.in_files} <= {"xiansuo"}


def test_moments_of_the_office_are_found_by_the_same_look(county: County) -> None:
    assert county.staffed is not None
    assert {"audit_entry.at", "staff_session.began_at"} <= county.staffed.in_database


def test_blobs_are_of_midnight_all(county: County) -> None:
    blobs = [path for path in (county.var / "blobs").rglob("*") if path.is_file()]
    assert len(blobs) > 10
    times_of_day = {datetime.fromtimestamp(path.stat().st_mtime, CIVIL_ZONE).time() for path in blobs}
    assert {moment.isoformat() for moment in times_of_day} == {"00:00:00"}


def found_beside_demo_file(county: County, hits: set[Hit]) -> set[tuple[str, str, str]]:
    """What was found, less the passphrases in the demo's own list."""
    found = {(hit.place.removeprefix(str(county.var)), hit.marker, hit.form) for hit in hits}
    return {one for one in found if one[0] != f"/{DEMO_FILE}" or not one[1].startswith("passphrase")}


# --- the control run ---------------------------------------------------------------------------------------


@dataclass
class Trace:
    """What one report left behind. found: markers by name; moments: in tables and files."""

    found: set[str]
    files_in_window: set[str]
    logged: list[str]


def test_everything_is_found_where_sealing_is_switched_off(
    database: Database, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    marks = Marks()
    left = report_and_search(
        database, folder=tmp_path, marks=marks, server=cluster(request), wrapped=unsealed_with_access_log
    )
    assert left.found == marks.planted.keys()
    assert left.files_in_window & {"blob"}
    assert any("POST" in line for line in left.logged)


def test_nothing_is_found_where_sealing_is_on(
    database: Database, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    marks = Marks()
    left = report_and_search(database, folder=tmp_path, marks=marks, server=cluster(request))
    assert left.found == set()
    assert left.files_in_window & {"blob"} == set()
    assert left.logged == []


def cluster(request: pytest.FixtureRequest) -> PostgresServer | None:
    """The database server whose folder is searched too, where there is one."""
    if request.getfixturevalue("database_kind") == "sqlite":
        return None
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return server


def report_and_search(
    database: Database,
    *,
    folder: Path,
    marks: Marks,
    server: PostgresServer | None,
    wrapped: Callable[[Service], Service] | None = None,
) -> Trace:
    """One report to a running public side, and the same search of all it left."""
    url = database.url.render_as_string(hide_password=False)
    state = folder / "state"
    desk = SigningDesk(database, clock=SystemClock(), rng=SYSTEM_RNG)
    with serving_portal(desk, folder=state, wrapped=wrapped) as port, Doorway(port) as door:
        before = times.stand(database_url=url, folders=[state / "blobs"], log_dir=state / "log")
        began = datetime.now(UTC)
        send_report(door.port, marks)
        window = times.widened(began, datetime.now(UTC))
        after = times.stand(database_url=url, folders=[state / "blobs"], log_dir=state / "log")
        search = Search(marks.planted)
        hits = search.in_folders([state, *([server._folder / "data"] if server else [])])
        hits |= search.in_database(url)
        changed = times.moments_in_files(before, after, window=window)
        logged = times.lines_in_logs(before, state / "log")
    return Trace(
        found={hit.marker for hit in hits},
        files_in_window={"blob" for path in changed if path.is_file()},
        logged=logged,
    )


def unsealed_with_access_log(service: Service) -> Service:
    """The same program without sealing, told to write down who asked for what."""
    swaps = {
        "--no-access-log": "--access-log",
        "warning": "info",
        "portal.wsgi:app": "tests.e2e.journey_unsealed:app",
    }
    return replace(service, command=tuple(swaps.get(part, part) for part in service.command))


def send_report(port: int, marks: Marks) -> None:
    """A report with an identity and a photograph, from the citizen's address."""
    marks.address()
    client = Client(port)
    typed = hidden_fields(client.get("/submit").body) | TIP
    typed |= {
        "account": marks.text("account", "门口那段路坑了大半年，下雨天老人摔过好几回，去问了几趟都推。"),
        "about": marks.text("about", "县交通局"),
        "identity": "leave",
        "name": marks.text("name", "胡"),
        "contact": marks.text("contact", "托卫生院传达室"),
    }
    photo = marks.photograph("photograph")
    body = multipart(typed, [("files", marks.file_name("photograph"), photo)])
    answer = client.post("/submit", body)
    client.close()
    marks.receipt(receipt_on(answer.body))
