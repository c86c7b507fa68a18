"""The public side as a whole: the real app over a signing desk, and a visitor who fills in its forms.

``PublicSite`` runs the app in the test's process; ``visitor()`` keeps cookies and reads the hidden fields of
a page, as a browser does, so that a test says only what a person would type.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path

from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from config import PortalSettings, load_portal
from portal.app import create_app
from portal.clock import Clock, SystemClock
from portal.db import Database
from portal.domain.intake import Intake
from portal.models import SYSTEM_RNG, Base, DirectoryEntry, DirectoryKind, KeyPurpose, Rng, Tip, new_id
from portal.web.screens import EXTENSION, Screens
from tests.support import machine
from tests.support.intake import SigningDesk
from tests.support.intake_server import BOUNDARY, free_port, multipart
from verification.services import Listener, web_app
from verification.supervise import spawn

EDGE = "网络入口只记访问总量，不记是谁。"
CHANNEL = "市政府督查室，电话 0990-1234567"
#: What a person types into the form at the least.
TYPED = {
    "desk": "desk",
    "reporter": "citizen",
    "subject": "4",
    "about": "河东街道办事处",
    "place": "河东街道东风路",
    "account": "去年登记的惠民补贴一直没有发到手里，问了几次都说再等等。",
    "identity": "none",
}


def settings_for(desk: SigningDesk, *, folder: Path, public_url: str, **more: str) -> dict[str, str]:
    """An environment for ``load_portal``; more: further settings without their prefix."""
    settings = {
        "ENVIRONMENT": "test",
        "DATABASE_URL": desk.database.url.render_as_string(hide_password=False),
        "BLOB_DIR": str(folder),
        "ROOT_PUBLIC": desk.root.verify_key().to_bytes().hex(),
        "PORTAL_SECRET": "5a" * 32,
        "PUBLIC_URL": public_url,
        "OFFICE_NAME": "安澜县政府督查室",
        "OFFICE_NAME_EN": "Supervision Office of Anlan County",
        "COUNTY_NAME": "安澜县",
        "COUNTY_NAME_EN": "Anlan County",
        "EDGE_RETENTION": EDGE,
        "EDGE_RETENTION_EN": "The network edge counts visits, not visitors.",
        "REDIRECT_CHANNEL": CHANNEL,
        "REDIRECT_CHANNEL_EN": "Municipal supervision office, phone 0990-1234567",
    }
    return {f"XIANSUO_{name}": value for name, value in (settings | more).items()}


def fill_directory(desk: SigningDesk) -> None:
    """A few names to suggest."""
    names = [
        (DirectoryKind.BODY, "交通运输局"),
        (DirectoryKind.BODY, "民政局"),
        (DirectoryKind.PLACE, "云岭镇"),
    ]
    with desk.database.write() as session:
        for ordinal, (kind, name) in enumerate(names):
            session.add(DirectoryEntry(id=new_id(desk.rng), kind=kind, name=name, ordinal=ordinal))


@dataclass
class PublicSite:
    """The app, and the desk it seals to."""

    desk: SigningDesk
    settings: PortalSettings
    clock: Clock
    rng: Rng

    def __post_init__(self) -> None:
        self.app = create_app(self.settings, clock=self.clock, rng=self.rng)

    @property
    def intake(self) -> Intake:
        """What the app's verbs stand on."""
        screens = self.app.extensions[EXTENSION]
        assert isinstance(screens, Screens)
        return screens.intake

    def tips(self) -> list[Tip]:
        """Rows of all tips."""
        with self.desk.database.read() as session:
            return list(session.scalars(select(Tip)))

    def count(self, table: type[Base]) -> int:
        """How many rows a table has."""
        with self.desk.database.read() as session:
            return session.scalar(select(func.count()).select_from(table)) or 0

    def visitor(self) -> Visitor:
        """A person with a browser of their own."""
        return Visitor(self.app.test_client())


@dataclass
class Visitor:
    """A browser without JavaScript: keeps cookies, sends forms whole."""

    client: FlaskClient
    page: TestResponse = field(init=False)

    def open(self, path: str) -> Visitor:
        """Go to a page."""
        self.page = self.client.get(path)
        return self

    @property
    def text(self) -> str:
        """The page's source."""
        return self.page.get_data(as_text=True)

    def hidden(self, action: str, *, kind: str = "") -> dict[str, str | list[str]]:
        """What the form that sends to ``action`` (and has this hidden kind) would send untouched."""
        fields: dict[str, str | list[str]] = {}
        for name, value in re.findall(
            r'<input type="hidden" name="([^"]+)" value="([^"]*)">', self._form(action, kind)
        ):
            fields[name] = unescape(value)
        kept = re.findall(r'name="keep" value="([^"]+)" checked', self._form(action, kind))
        return fields | ({"keep": kept} if kept else {})

    def send(
        self,
        action: str,
        typed: Mapping[str, str | list[str]],
        *,
        files: Sequence[tuple[str, bytes]] = (),
        kind: str = "",
    ) -> Visitor:
        """Fill in the form of this page and press its button. files: (name, bytes)."""
        body = multipart({**self.hidden(action, kind=kind), **typed}, [("files", *file) for file in files])
        return self.post(action, body)

    def post(self, path: str, body: bytes) -> Visitor:
        """Send a body as it stands."""
        self.page = self.client.post(
            path, data=body, content_type=f"multipart/form-data; boundary={BOUNDARY}"
        )
        return self

    @property
    def receipt(self) -> str:
        """The receipt on this page."""
        return "-".join(re.findall(r'<span class="receipt-group">(\w{4})', self.text))

    @property
    def problems(self) -> list[str]:
        """What the summary of problems lists."""
        return [unescape(text) for text in re.findall(r'<li><a href="#f-[^"]+">([^<]*)</a></li>', self.text)]

    @property
    def notice(self) -> str:
        """What the page says first."""
        said = re.search(r'role="status">\s*<p>([^<]*)</p>', self.text)
        return unescape(said.group(1)) if said else ""

    @property
    def kept_files(self) -> list[str]:
        """Names of the files that the page lists as received."""
        return re.findall(r'name="keep" value="[^"]+" checked>(?:<span[^>]*>)+([^<]*)<', self.text)

    def _form(self, action: str, kind: str) -> str:
        forms = re.findall(rf'<form[^>]*action="{re.escape(action)}"[^>]*>.*?</form>', self.text, re.DOTALL)
        if kind:
            forms = [form for form in forms if f'name="kind" value="{kind}"' in form]
        assert len(forms) >= 1, f"no form to {action} on this page"
        return str(forms[0])


def open_site(
    desk: SigningDesk,
    *,
    folder: Path,
    clock: Clock,
    rng: Rng,
    public_url: str = "http://localhost",
    **more: str,
) -> PublicSite:
    """The public app over ``desk``."""
    folder.mkdir(exist_ok=True)
    settings = load_portal(settings_for(desk, folder=folder, public_url=public_url, **more))
    return PublicSite(desk, settings, clock, rng)


@dataclass(frozen=True, slots=True)
class RunningSite:
    """A server that answers at ``url`` and seals to ``desk``."""

    url: str
    desk: SigningDesk


@contextmanager
def serving_public(
    folder: Path,
    *,
    database_url: str,
    with_alternate: bool = False,
    more: Mapping[str, str] | None = None,
    workers: int = 1,
) -> Iterator[RunningSite]:
    """Serve ``portal.wsgi`` as an installation does, on a migrated database with an office founded in it.

    more: further settings, without their prefix. workers: processes that answer.
    """
    database = Database(database_url)
    desk = SigningDesk(database, clock=SystemClock(), rng=SYSTEM_RNG)
    if with_alternate:
        desk.found(KeyPurpose.ALTERNATE)
    fill_directory(desk)
    listener, blobs = Listener("127.0.0.1", free_port()), folder / "blobs"
    blobs.mkdir()
    url = f"http://{listener.host}:{listener.port}"
    environ = os.environ | settings_for(desk, folder=blobs, public_url=url, **(more or {}))
    environ["PYTHONPATH"] = str(machine.PROJECT)
    service = web_app("portal", target="portal.wsgi:app", listener=listener, workers=workers, environ=environ)
    process = spawn(service.command, environ=service.environ, log=folder / "portal.log")
    try:
        assert service.ready is not None
        wait_until(service.ready, seconds=service.ready_seconds)
        yield RunningSite(url, desk)
    finally:
        process.terminate()
        process.wait(10)
        database.dispose()


def wait_until(ready: Callable[[], bool], *, seconds: float) -> None:
    """Ask again and again until yes; fails the test after that time."""
    deadline = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < deadline, "the server did not start"
        time.sleep(0.05)
