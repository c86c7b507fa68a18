"""The internal app on a test's office, and people with a browser in it (no real browser: WSGI).

``desk = Desk(office, folder)``; ``desk.log_in("fan")`` goes through the real form; ``desk.person("fan")``
is the same person with a session begun directly, because a passphrase takes 0.2 s to stretch.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from config import Environment, VerificationSettings
from portal.shell import Shell
from tests.support.office import HOST_KEY, TestOffice
from verification.app import create_app
from verification.keys.identities import totp_code
from verification.keys.sessions import SessionLimits, begin_session
from verification.web.gate import cookie_name
from verification.web.office import EXTENSION, Office

MIB = 1024 * 1024


def settings_for(office: TestOffice, folder: Path, **changes: Any) -> VerificationSettings:
    """Settings of an app on ``office``'s database."""
    values: dict[str, Any] = {
        "environment": Environment.TEST,
        "database_url": str(office.database.url),
        "blob_dir": folder,
        "root_public": office.root.verify_key().to_bytes(),
        "session_secret": bytes(32),
        "office_name": "安澜县政府督查室",
        "office_name_en": "Anlan County Supervision Office",
        "county_name": "安澜县",
        "county_name_en": "Anlan County",
        "max_file_bytes": MIB,
        "max_message_bytes": 4 * MIB,
        "max_files": 5,
        "part_bytes": 8 * 2**20,
        "internal_url": "http://localhost",
        "public_url": "http://localhost:8000",
        "host_key": HOST_KEY,
        "queue_url": "unix:///nowhere",
        "cleaner_key_dir": folder,
        "session_idle_minutes": 30,
        "session_max_hours": 10,
        "viewer_mark": True,
        "backup_days": 35,
        "document_mark": "安政督",
        "document_templates": None,
    }
    return VerificationSettings(**(values | changes))


@dataclass
class Person:
    """Somebody with cookies of their own."""

    client: FlaskClient
    login: str = ""

    def get(self, address: str, *, lang: str = "en", **options: Any) -> TestResponse:
        """Open a page; English unless said otherwise."""
        path, _, query = address.partition("?")
        asked = [*parse_qsl(query, keep_blank_values=True), *options.pop("query", {}).items(), ("lang", lang)]
        return self.client.get(f"{path}?{urlencode(asked)}", **options)

    def token(self) -> str:
        """A valid CSRF token of this person."""
        page = self.client.get("/notices" if self.login else "/login").get_data(as_text=True)
        found = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert found is not None
        return unescape(found[1])

    def post(self, address: str, fields: dict[str, Any] | None = None, **options: Any) -> TestResponse:
        """Send a form as one of our pages would; files are (stream, name) pairs."""
        sent = {"csrf_token": self.token(), **(fields or {})}
        has_files = any(isinstance(value, tuple) for value in sent.values())
        content_type = "multipart/form-data" if has_files else None
        return self.client.post(address, data=sent, content_type=content_type, **options)


class Desk:
    """The internal app on one office."""

    def __init__(self, office: TestOffice, folder: Path, **changes: Any) -> None:
        self.office = office
        self.settings = settings_for(office, folder, **changes)
        self.app: Shell = create_app(
            self.settings, clock=office.clock, rng=office.rng, database=office.database
        )

    @property
    def equipment(self) -> Office:
        """What the app stands on."""
        found: Office = self.app.extensions[EXTENSION]
        return found

    def stranger(self) -> Person:
        """Somebody not logged in."""
        return Person(self.app.test_client())

    def person(self, login: str) -> Person:
        """Somebody unlocked, without going through the form."""
        client = self.app.test_client()
        limits: SessionLimits = self.equipment.session_limits
        own = self.office.secrets_of(login)
        with self.office.database.write() as session:
            staff = session.get_one(type(self.office.staff[login]), self.office.staff_id(login))
            token = begin_session(session, staff=staff, keys=own.keys, clock=self.office.clock, limits=limits)
        client.set_cookie(cookie_name(secure=False), token)
        client.get("/login?lang=en")
        return Person(client, login)

    def credentials(self, login: str) -> dict[str, str]:
        """What this person types."""
        own = self.office.secrets_of(login)
        return {
            "login": login,
            "passphrase": self.office.passphrase_of(login),
            "code": totp_code(own.totp_secret, moment=self.office.clock.now()),
        }

    def log_in(self, login: str) -> Person:
        """Somebody who went through the form."""
        person = self.stranger()
        answer = person.post("/login", self.credentials(login))
        assert answer.status_code == 303, answer.get_data(as_text=True)
        person.login = login
        return person
