"""A case on its way, and the documents made of it by its people."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from sqlalchemy import select

from tests.support.journey import Journey
from verification.audit.events import Event
from verification.documents import making
from verification.documents.forms import shipped_forms
from verification.documents.gatherer import OfficeNames
from verification.documents.making import FileKind, Numbering, Origin, Press, Wanted
from verification.documents.sheet import Sheet
from verification.errors import Refused
from verification.models import AuditEntry, DocumentKind, DocumentVersion


class Papers(Journey):
    """A case on its way, and the documents made of it."""

    @property
    def press(self) -> Press:
        """What documents are made with."""
        return Press(OfficeNames("安澜县政府督查室", "安澜县", "安政督"), shipped_forms(), self.office.blobs)

    def origin(self, kind: DocumentKind, subject_id: uuid.UUID | None = None) -> Origin:
        """Of this case."""
        return Origin(kind, case_id=self.case_id, subject_id=subject_id)

    def make(
        self,
        kind: DocumentKind,
        subject_id: uuid.UUID | None = None,
        *,
        login: str = "fan",
        document_id: uuid.UUID | None = None,
        numbering: Numbering = Numbering.NONE,
        number: str = "",
        **asked: str,
    ) -> DocumentVersion:
        """A version by somebody."""
        with self.acting(login) as acting:
            return making.make_version(
                acting,
                press=self.press,
                origin=self.origin(kind, subject_id),
                wanted=Wanted(asked, numbering, number),
                document_id=document_id,
            )

    def sheet(self, row: DocumentVersion, login: str = "fan") -> Sheet:
        """What a version says."""
        with self.acting(login) as acting:
            return making.read_version(acting, acting.session.get_one(DocumentVersion, row.id)).sheet

    def file(self, row: DocumentVersion, kind: FileKind, login: str = "fan") -> bytes:
        """A file of a version, as it is downloaded."""
        with self.acting(login) as acting:
            version = acting.session.get_one(DocumentVersion, row.id)
            reader = making.open_file(acting, version, kind, blobs=self.office.blobs)
            content = b"".join(reader.read_range(0, reader.true_bytes))
            reader.close()
        return content

    def entries(self, event: Event) -> list[dict[str, Any]]:
        """Facts of the trail's entries of one kind."""
        with self.office.database.read() as session:
            query = select(AuditEntry).where(AuditEntry.event == event.value).order_by(AuditEntry.number)
            return [entry.facts for entry in session.scalars(query)]


def rules(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    """The rules an act was refused with."""
    return [refusal.rule_id for refusal in refused.value.refusals]
