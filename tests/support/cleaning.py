"""Cleaning in the test's own process: what a cleaner gives for some bytes, with its parts cut out again.

For what a format's cleaner makes of content. That it happens in a confined child, sealed at both ends, is
``tests.support.jobs``.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import BinaryIO

from verification.clean_report import CleanPart, FileType, PartRole, Reason, Removed
from verification.jobs.cleaning.formats import CLEANERS
from verification.jobs.cleaning.output import NotCleaned, Outcome, Parts
from verification.jobs.cleaning.sniffing import HEAD_BYTES, file_type_of


@dataclass(frozen=True)
class Made:
    """What a cleaner gave. content: all parts end to end."""

    outcome: Outcome
    parts: list[CleanPart]
    content: bytes

    def of(self, role: PartRole) -> list[bytes]:
        """The bytes of every part with this role, in order."""
        return [
            self.content[part.start : part.start + part.length] for part in self.parts if part.role is role
        ]

    @property
    def copy(self) -> CleanPart:
        """The part that is the clean copy itself."""
        return next(part for part in self.parts if part.role is PartRole.COPY)

    @property
    def encoded(self) -> bytes:
        """The clean copy's bytes."""
        return self.of(PartRole.COPY)[0]

    @property
    def removed(self) -> tuple[Removed, ...]:
        """Kinds of things removed."""
        return self.outcome.removed


def cleaned(content: bytes | BinaryIO, *, file_type: FileType | None = None) -> Made:
    """Clean by the cleaner of the type that the first bytes show, or of ``file_type``. Raises NotCleaned."""
    source = io.BytesIO(content) if isinstance(content, bytes) else content
    if file_type is None:
        file_type = file_type_of(source.read(HEAD_BYTES))
        source.seek(0)
    out = io.BytesIO()
    parts = Parts(out.write)
    if file_type not in CLEANERS:
        raise NotCleaned(Reason.TYPE_NOT_CLEANED)
    outcome = CLEANERS[file_type](source, file_type=file_type, out=parts)
    return Made(outcome, parts.given, out.getvalue())
