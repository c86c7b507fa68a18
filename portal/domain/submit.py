"""Submitting a tip: the one write path for tips, one transaction, durable before the receipt is shown.

Owns: what a tip consists of in rows, and what happens when the same form comes again. Must not know: HTTP,
the form's widgets, states after RECEIVED. Source: 3-architecture rule 3, 4-sealing "Receipt", issue 2.

    submitted = submit_tip(intake, draft=secrets, statement=…, identity=…, desk=…, files=[object ids])
    submitted.receipt.text        # shown once, on this answer only

The same form (form secret and cookie) always gives the same receipt, so at most one tip: the receipt's
lookup id is unique. Sent again with the same content, nothing is new; with other content, it is added to that
tip as material, never dropped. Files are named by the object ids of the draft (``drafts.list_files``): those
the page listed and the person kept, and those that just arrived.

Raises: DeskClosed, FilesGone, TooManyFiles, FormSpent, TooLong (identity above 4 KiB), RetryLater. After any
of them nothing was stored of the tip, and its files are still in the draft.
"""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.clock import civil_hour
from portal.crypto.compartments import JsonValue
from portal.crypto.receipt import Receipt
from portal.crypto.stream import ObjectKind
from portal.crypto.suites import Secret
from portal.domain.drafts import DraftFileInfo, DraftSecrets, choose_files
from portal.domain.errors import FormSpent
from portal.domain.intake import Intake
from portal.domain.messages import (
    Known,
    NewMessage,
    Overtaken,
    TipRef,
    find_known,
    fresh_files,
    is_same,
    mark_submitted,
    write,
)
from portal.domain.rows import Rows, Upsert
from portal.domain.sealing import add_file, add_identity, add_text
from portal.models import Desk, Draft, MessageKind, OutboxTopic, Tip, new_id
from portal.models.records import Identity, InformantMessage, Statement
from portal.storage.errors import Busy, RetryLater

ATTEMPTS: Final = 4
"""Two requests of one form may overtake each other; each attempt looks at what the other has made of it."""


_SEND: Final = Upsert(Draft, change=("desk", "tip_id", "content_mac"), only_where=Draft.tip_id.is_(None))


class Outcome(StrEnum):
    """What became of a submission; all three lead to the receipt page."""

    NEW = "new"
    SAME = "same"
    ADDED = "added"


@dataclass(frozen=True, slots=True, repr=False)
class Submitted(Secret):
    """A durable submission. ``receipt``: for the page that answers this request, and nowhere else."""

    receipt: Receipt
    outcome: Outcome


@dataclass(frozen=True, slots=True, repr=False)
class _Content(Secret):
    """What a form says in one sending. ``statement`` has neither attachments nor fingerprint yet."""

    statement: Statement
    identity: Identity
    desk: Desk
    files: tuple[DraftFileInfo, ...]

    def tag(self, draft: DraftSecrets) -> bytes:
        """By this the same content is known again; files are compared byte by byte besides."""
        files: list[JsonValue] = [[info.name, info.true_bytes] for info in self.files]
        return draft.tag_of(
            {
                "statement": self.statement.to_record(),
                "identity": self.identity.to_record(),
                "desk": self.desk.value,
                "files": files,
            }
        )


def submit_tip(
    intake: Intake,
    *,
    draft: DraftSecrets,
    statement: Statement,
    identity: Identity,
    desk: Desk,
    files: Sequence[uuid.UUID] = (),
) -> Submitted:
    """Make a tip durable, or recognise the one this form has made before. See the module for errors."""
    receipt = draft.receipt()
    for _ in range(ATTEMPTS):
        chosen = _choose(intake, draft, files)
        content = _Content(statement=statement, identity=identity, desk=desk, files=chosen)
        if _insert(intake, draft, content, receipt=receipt):
            return Submitted(receipt, Outcome.NEW)
        known = find_known(intake, draft=draft, lookup_id=receipt.lookup_id)
        if known.tip is None:
            if known.sent_to is not None or known.spent:
                raise FormSpent
        elif is_same(intake, known, tag=content.tag(draft), files=chosen):
            return Submitted(receipt, Outcome.SAME)
        elif _add_again(intake, draft, content, known=known, tip=known.tip):
            return Submitted(receipt, Outcome.ADDED)
    raise RetryLater(Busy.DATABASE)


def _choose(
    intake: Intake, draft: DraftSecrets, object_ids: Sequence[uuid.UUID]
) -> tuple[DraftFileInfo, ...]:
    if not object_ids:
        return ()
    with intake.reading() as session:
        return choose_files(session, draft=draft, object_ids=object_ids, limits=intake.limits)


def _insert(intake: Intake, draft: DraftSecrets, content: _Content, *, receipt: Receipt) -> bool:
    """Write a new tip; False if this form has made one already. Sealing comes before the transaction."""
    if any(info.submitted for info in content.files):
        return False
    tip_id, rows = new_id(intake.rng), Rows()
    _add_tip(rows, content, intake=intake, tip_id=tip_id, receipt=receipt)
    # Known again under another cookie. It names neither tip nor desk: a page that was kept tells no more.
    rows.add(Draft, id=draft.spent_id, begun_on=intake.today, desk=Desk.DESK)
    made = {
        "id": draft.id,
        "begun_on": intake.today,
        "desk": content.desk,
        "tip_id": tip_id,
        "content_mac": content.tag(draft),
    }

    def effect(session: Session) -> None:
        mark_submitted(session, content.files)
        rows.write(session)
        if not _SEND.run(session, made):
            raise Overtaken

    try:
        intake.write_together(effect)
    except (Overtaken, IntegrityError):
        return False
    return True


def _add_tip(rows: Rows, content: _Content, *, intake: Intake, tip_id: uuid.UUID, receipt: Receipt) -> None:
    keys, day, rng = intake.recipients.for_tip(content.desk), intake.today, intake.rng
    informant = receipt.private_key().public()
    identity_id = add_identity(rows, content.identity, keys=keys, rng=rng, day=day)
    statement = dataclasses.replace(
        content.statement,
        identity_id=identity_id,
        informant_fingerprint=informant.fingerprint(),
        attachments=tuple(info.entry() for info in content.files),
    )
    rows.add(
        Tip,
        id=tip_id,
        receipt_lookup=receipt.lookup_id,
        informant_public=informant.to_bytes(),
        desk=content.desk,
        desk_key_id=keys.desk.key_id,
        director_key_id=keys.director.key_id,
        statement_id=add_text(
            rows, statement.to_record(), kind=ObjectKind.STATEMENT, to=keys.desk, rng=rng, day=day
        ),
        identity_id=identity_id,
        received_on=day,
        # Only an urgent tip's clock runs in hours; for all others the hour is nobody's business.
        received_hour=civil_hour(intake.clock) if statement.urgent else None,
        urgent=statement.urgent,
    )
    rows.add_post(OutboxTopic.STAFF_NOTICE, tip_id, rng=rng)
    for ordinal, file in enumerate(content.files, start=1):
        add_file(rows, file, keys=keys, tip_id=tip_id, message_id=None, ordinal=ordinal, rng=rng)


def _add_again(intake: Intake, draft: DraftSecrets, content: _Content, *, known: Known, tip: TipRef) -> bool:
    """Add what the form says now to the tip it made before; False if another request came first."""
    fresh = fresh_files(intake, known, files=content.files)
    said = InformantMessage(
        kind=MessageKind.MATERIAL,
        text="",
        attachments=tuple(info.entry() for info in fresh),
        statement=content.statement,
    )
    identity = None if content.identity.is_empty else content.identity
    message = NewMessage(said=said, files=fresh, identity=identity)
    return write(intake, draft=draft, known=known, tip=tip, tag=content.tag(draft), message=message)
