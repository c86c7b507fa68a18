"""A browser without a network: one form open, and what its answers say."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from flask.testing import FlaskClient
from sqlalchemy import func, select

from portal.domain.intake import Intake
from portal.models import DraftFile, SealedObject, StoredFile, Tip
from portal.storage.received import Limits
from tests.support.intake_server import BOUNDARY, multipart
from tests.support.upload_app import make_app

KIB = 1024
LIMITS = Limits(
    max_file_bytes=100 * KIB, max_message_bytes=200 * KIB, max_files=3, max_fields=30, max_field_bytes=4 * KIB
)
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"


@dataclass
class Browser:
    """One browser with one form open."""

    client: FlaskClient
    form: dict[str, str]

    def post(
        self,
        *,
        files: list[tuple[str, str, bytes]] | None = None,
        path: str = "/submit",
        **fields: str | list[str],
    ) -> tuple[int, dict[str, object]]:
        body = multipart({**self.form, "account": "写在表里的话", **fields}, files or [])
        return self.send(body, path=path)

    def send(
        self, body: bytes, *, path: str = "/submit", content_type: str = MULTIPART
    ) -> tuple[int, dict[str, object]]:
        answer = self.client.post(path, data=body, content_type=content_type)
        return answer.status_code, answer.get_json()


def open_browser(intake: Intake) -> Browser:
    """A browser that has just opened the form."""
    client = make_app(intake).test_client()
    return Browser(client, client.get("/form").get_json())


def count(intake: Intake, model: type[Tip | DraftFile | SealedObject | StoredFile]) -> int:
    with intake.reading() as session:
        return session.scalars(select(func.count()).select_from(model)).one()


def on_disk(tmp_path: Path) -> int:
    return len([path for path in (tmp_path / "blobs").rglob("*") if path.is_file()])


def ids(said: dict[str, object]) -> list[str]:
    files = said["files"]
    assert isinstance(files, list)
    return [file[0] for file in files]
