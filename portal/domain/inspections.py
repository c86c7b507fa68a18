"""What an inspection code shows: found, opened, and checked against the office's root, or nothing.

Owns: looking a code up. A code that was never given out and one under embargo are one and the same: there is
no row. Must not know: cases, pages. Source: FORMAT.md §8.5; issue 4 "Inspection code".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from portal.crypto.inspection import InspectionCode, SignedInspection
from portal.domain.errors import UnknownCode
from portal.domain.intake import Intake
from portal.errors import Tampered, UnsignedKey
from portal.models import Desk, KeyPurpose, PublishedInspection
from portal.models.inspection import ShownInspection


@dataclass(frozen=True, slots=True)
class CheckedCode:
    """An inspection that the office has signed. revoked_on: withdrawn on that day."""

    inspection: ShownInspection
    revoked_on: date | None


def check_code(intake: Intake, *, code: InspectionCode) -> CheckedCode:
    """The inspection of a code. Raises RetryLater; UnknownCode also where the office did not sign the row."""
    with intake.reading() as session:
        row = session.get(PublishedInspection, code.lookup_id)
        if row is None:
            raise UnknownCode
        try:
            signed = SignedInspection.open(row.box, code=code)
            inspection = ShownInspection.from_record(signed.said)
            voice = intake.recipients.trust.verify_key(
                session,
                signed.voice_key_id,
                purpose=KeyPurpose.VOICE,
                holder=Desk.DESK.value,
                on=inspection.issued_on,
            )
            signed.verify(code=code, voice=voice)
        except (Tampered, UnsignedKey):
            raise UnknownCode from None
        return CheckedCode(inspection, row.revoked_on)
