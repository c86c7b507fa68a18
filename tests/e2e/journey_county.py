"""The small county, running, with one whole journey walked in it and searched on the way.

What is gathered here is asserted in ``test_journey`` and ``test_markers``; walking it once serves both. The
searches happen where they mean something: while an upload is half there, after a report has come and before
anybody has looked at it, and at the end. Source: issue 2 "How it is shown".
"""

from __future__ import annotations

import shutil
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from playwright.sync_api import Browser

from portal.models import OutboxTopic
from tests.bench.load import TIP, hidden_fields
from tests.e2e import journey_times as times
from tests.e2e.journey_address import Doorway
from tests.e2e.journey_marks import Marks
from tests.e2e.journey_people import Citizen, fill_in, ids_in
from tests.e2e.journey_walk import CAST, Walk
from tests.support.demo import RunningDemo
from tests.support.intake_server import Client, multipart
from tests.support.markers import Hit, Search, descendants
from tests.support.worker_process import until

#: What a tip causes in the background; everything else in the outbox is the scheduler's.
CAUSED = (OutboxTopic.CLEAN_FILE, OutboxTopic.STAFF_NOTICE, OutboxTopic.INFORMANT_EVENT)
HALF_UPLOAD_BYTES = 3 * 1024 * 1024


@dataclass
class Moments:
    """Where times of the report's minutes were found, before anybody of the office was there."""

    in_database: set[str]
    in_files: set[Path]
    in_queue: set[str]
    in_logs: list[str]


@dataclass
class County:
    """A running county and what was seen in it."""

    folder: Path
    demo: RunningDemo
    door: Doorway
    walk: Walk
    marks: Marks
    stack: ExitStack
    began: float = field(default_factory=time.time)
    half_uploaded: set[Hit] = field(default_factory=set)
    quiet: Moments | None = None
    staffed: Moments | None = None
    answer: str = ""

    @property
    def var(self) -> Path:
        """The data folder."""
        return self.demo.var

    @property
    def database_url(self) -> str:
        """The database, for looking."""
        return f"sqlite:///{self.var / 'xiansuo.sqlite3'}"

    @property
    def queue_url(self) -> str:
        """The queue server."""
        return f"unix://{self.var / 'run' / 'valkey.sock'}?db=0"

    def search(self) -> set[Hit]:
        """Look for everything planted in everything the system has left anywhere."""
        hits = self._search(Search(self.marks.in_short()))
        if any(hit.marker == "a word" for hit in hits):
            return self._search(Search(self.marks.planted))
        return hits

    def _search(self, search: Search) -> set[Hit]:
        hits = search.in_folders([self.var, self.folder / "tmp"])
        hits |= search.in_database(self.database_url) | search.in_valkey(self.queue_url)
        hits |= search.in_open_files(descendants(self.demo.pid))
        for path in self._loose_files():
            hits |= search.in_file(path)
        return hits

    def _loose_files(self) -> list[Path]:
        """Files that somebody who does not ask for the temp folder would have made."""
        folders = [Path("/tmp"), Path("/var/tmp"), Path("/dev/shm")]
        found = [path for folder in folders if folder.is_dir() for path in folder.iterdir()]
        return [path for path in found if path.is_file() and path.lstat().st_mtime >= self.began]


def open_county(browser: Browser, *, real: Path | None = None) -> County:
    """Start the small county in folders of its own; nothing has been walked yet.

    real: a photograph to report with, beside the one that the test makes.
    """
    folder = Path(tempfile.mkdtemp(prefix="xs-e2e-"))
    stack = ExitStack()
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    for name in ("tmp", "disk"):
        (folder / name).mkdir()
    try:
        demo = RunningDemo(folder / "var", profile="small", environ={"TMPDIR": str(folder / "tmp")})
        stack.callback(demo.end)
        demo.start()
        door = stack.enter_context(Doorway(demo.public_port))
        marks = Marks()
        walk = Walk(browser, demo, public_url=door.url, disk=folder / "disk", marks=marks)
        if real is not None:
            walk.real = real
            marks.content("real photograph", real.read_bytes())
        stack.callback(walk.stack.close)
    except BaseException:
        stack.close()
        raise
    return County(folder, demo, door, walk, marks, stack)


def walk_county(county: County) -> None:
    """The whole journey, with its searches."""
    marks, walk = county.marks, county.walk
    marks.address()
    cast = set(CAST.values())
    marks.passphrases({one.login: one.passphrase for one in county.demo.accounts() if one.login in cast})
    until(lambda: _waiting(county) == 0, what="the work that the seed left")
    search_half_way(county)
    before = _stand(county)
    began = datetime.now(UTC)
    walk.report()
    until(lambda: _waiting(county) == 0, what="the work that the report caused")
    window = times.widened(began, datetime.now(UTC))
    county.quiet = _moments(county, before, window)
    walk.find_tip()
    county.staffed = _moments(county, before, times.widened(began, datetime.now(UTC)))
    for step in (walk.ask, walk.accept, walk.docket, walk.plan, walk.dispatch, walk.verify):
        step()
    walk.conclude()
    walk.rectify()
    county.answer = walk.answer()
    walk.close()


def search_half_way(county: County) -> None:
    """Half of a report with a large file is there; its sender waits. Nothing of it may be readable."""
    photo = county.marks.photograph("half") + bytes(HALF_UPLOAD_BYTES)
    client = Client(county.door.port)
    account = county.marks.text("half", "这一件只发送了一半，其余的再也没有来，只看服务器上留下了什么。")
    typed = hidden_fields(client.get("/submit").body) | TIP | {"account": account}
    body = multipart(typed, [("files", "half.jpg", photo + bytes(HALF_UPLOAD_BYTES))])
    client.socket.sendall(client.head("/submit", length=len(body)) + body[: len(body) // 2])
    incoming = county.var / "blobs" / "incoming"
    until(
        lambda: any(path.stat().st_size >= HALF_UPLOAD_BYTES // 2 for path in incoming.iterdir()),
        what="half of a file",
    )
    county.half_uploaded = county.search()
    client.close()
    until(lambda: not any(incoming.iterdir()), what="the unfinished file removed")


def _stand(county: County) -> times.Standing:
    folders = [county.var, county.folder / "tmp"]
    return times.stand(database_url=county.database_url, folders=folders, log_dir=county.var / "log")


def _moments(county: County, before: times.Standing, window: times.Window) -> Moments:
    after = _stand(county)
    return Moments(
        in_database=times.moments_in_database(before, after, window=window),
        in_files=times.moments_in_files(before, after, window=window),
        in_queue=times.moments_in_queue(county.queue_url, window=window),
        in_logs=times.lines_in_logs(before, county.var / "log"),
    )


def _waiting(county: County) -> int:
    """How much of what tips caused is not done yet."""
    topics = ", ".join(f"'{topic.value}'" for topic in CAUSED)
    engine = sa.create_engine(county.database_url)
    with engine.connect() as connection:
        count: int = connection.execute(
            sa.text(f"SELECT count(*) FROM outbox WHERE topic IN ({topics})")  # noqa: S608  # our own words
        ).scalar_one()
    engine.dispose()
    return count


def new_tip(county: County, account: str, *files: Path) -> str:
    """One more report in the county; returns the tip's id, found in the inbox by its first words."""
    person = Citizen(county.walk.new_citizen().visitor, url=county.door.url)
    form = fill_in(person).fill(account=account)
    if files:
        form.attach("files", *files)
    form.press()
    person.read_receipt()
    supervisor = county.walk.colleague("supervisor")
    supervisor.go("/inbox?order=new")
    rows = supervisor.page.locator("main tr", has_text=account[:12])
    supervisor.open(rows.locator('a[href*="/tips/"]').first)
    return ids_in(supervisor.page, "/tips/{}")[0]
