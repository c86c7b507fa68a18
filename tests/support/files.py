"""Putting sealed files into drafts without a request."""

from __future__ import annotations

import io
from collections.abc import Sequence

from portal.crypto.stream import ObjectKind
from portal.domain.drafts import DraftSecrets, keep_files
from portal.domain.intake import Intake
from portal.models import Desk
from portal.storage.multipart import Sealing, receive
from portal.storage.received import Allowance, Limits, Received, SealedFile
from tests.support.intake_server import BOUNDARY, multipart


class AnyFile:
    """Admits everything."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    def admit(self, _fields: object) -> Allowance:
        """As much as the limits say."""
        kinds = {"files": ObjectKind.ATTACHMENT}
        return Allowance(kinds, self._limits.max_files, self._limits.max_message_bytes)


def seal_files(intake: Intake, files: Sequence[tuple[str, bytes]]) -> list[SealedFile]:
    """Files as a request receives them: durable, without rows."""
    body = multipart({}, [("files", name, content) for name, content in files])
    received = Received()
    sealing = Sealing(intake.limits, AnyFile(intake.limits), intake.blobs, intake.rng, intake.today)
    receive(io.BytesIO(body), boundary=BOUNDARY.encode(), declared_bytes=None, into=received, sealing=sealing)
    assert received.problems == []
    return received.files


def put_files(intake: Intake, draft: DraftSecrets, files: Sequence[tuple[str, bytes]]) -> list[SealedFile]:
    """Files as they lie in a draft."""
    sealed = seal_files(intake, files)
    keep_files(intake, draft=draft, desk=Desk.DESK, files=sealed)
    return sealed
