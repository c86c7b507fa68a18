"""Writing into a tip's mailbox, once: what a form has sent before is recognised and not written again.

Owns: message rows of the informant's side, and the comparison of a form with what it sent the last time. Must
not know: how a tip comes to be, HTTP, the meaning of a message for the tip's state (an outbox row tells the
internal side that there is one). Source: 4-sealing "Receipt", 3-architecture "append-only event row".
"""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import CursorResult, bindparam, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.crypto.parts import Reader
from portal.crypto.stream import ObjectKind
from portal.crypto.suites import Secret
from portal.domain.drafts import DraftFileInfo, DraftSecrets, read_files
from portal.domain.intake import Intake
from portal.domain.recipients import TipKeys
from portal.domain.rows import Rows, Upsert
from portal.domain.sealing import add_file, add_identity, add_text
from portal.models import Desk, Draft, DraftFile, Message, OutboxTopic, Tip, new_id
from portal.models.records import Identity, InformantMessage
from portal.storage.errors import BlobMissing
from portal.storage.objects import open_blobs

_COMPARED_BYTES: Final = 1 << 20
_WRITTEN: Final = ("tip_id", "content_mac")
_FIRST: Final = Upsert(Draft, change=_WRITTEN, only_where=Draft.content_mac.is_(None))
_AGAIN: Final = Upsert(Draft, change=_WRITTEN, only_where=Draft.content_mac == bindparam("known_mac"))


@dataclass(frozen=True, slots=True)
class TipRef:
    """A tip as far as writing to it goes."""

    id: uuid.UUID
    desk: Desk


@dataclass(frozen=True, slots=True, repr=False)
class Known(Secret):
    """What the database knows of a form and of the tip that a receipt opens.

    tip: None where the receipt opens none. sent_to: the tip this form was sent to before. tag: of what it
    said then. sent_files: what went with it. spent: a tip was made with this form, under whatever cookie.
    """

    tip: TipRef | None
    sent_to: uuid.UUID | None = None
    tag: bytes | None = None
    sent_files: tuple[DraftFileInfo, ...] = ()
    spent: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class NewMessage(Secret):
    """One message to write. ``files``: what goes with it; ``identity``: where one came along."""

    said: InformantMessage
    files: tuple[DraftFileInfo, ...] = ()
    identity: Identity | None = None
    reply_to: uuid.UUID | None = None


def find_known(intake: Intake, *, draft: DraftSecrets, lookup_id: bytes) -> Known:
    """Look a receipt and a form up. Costs the same whether the tip is there or not."""
    with intake.reading() as session:
        tip = session.execute(select(Tip.id, Tip.desk).where(Tip.receipt_lookup == lookup_id)).one_or_none()
        sent = session.execute(
            select(Draft.tip_id, Draft.content_mac).where(Draft.id == draft.id)
        ).one_or_none()
        sent_files = read_files(session, draft=draft, where=DraftFile.submitted.is_(True))
        spent = session.scalar(select(Draft.id).where(Draft.id == draft.spent_id)) is not None
    return Known(
        tip=None if tip is None else TipRef(tip.id, tip.desk),
        sent_to=None if sent is None else sent.tip_id,
        tag=None if sent is None else sent.content_mac,
        sent_files=sent_files,
        spent=spent,
    )


def is_same(intake: Intake, known: Known, *, tag: bytes, files: Sequence[DraftFileInfo]) -> bool:
    """Whether this form said the same the last time: the same fields, and the same files byte by byte."""
    return known.tag == tag and not fresh_files(intake, known, files=files)


def fresh_files(intake: Intake, known: Known, *, files: Sequence[DraftFileInfo]) -> tuple[DraftFileInfo, ...]:
    """Those of ``files`` that did not go out with this form before, under any object id."""
    return tuple(
        info
        for info in files
        if not info.submitted and not any(_equal(intake, info, sent) for sent in known.sent_files)
    )


def write(
    intake: Intake, *, draft: DraftSecrets, known: Known, tip: TipRef, tag: bytes, message: NewMessage
) -> bool:
    """Add a message to a tip; False if another request of this form came first.

    Raises DeskClosed, RetryLater.
    """
    rows = Rows()
    keys = intake.recipients.for_tip(tip.desk)
    values = _seal(rows, message, intake=intake, keys=keys, tip=tip)
    for ordinal, file in enumerate(message.files, start=1):
        add_file(
            rows, file, keys=keys, tip_id=tip.id, message_id=values["id"], ordinal=ordinal, rng=intake.rng
        )
    try:
        with intake.writing() as session:
            mark_submitted(session, message.files)
            _take_turn(session, intake=intake, draft=draft, known=known, tip=tip, tag=tag)
            rows.add(Message, ordinal=_next_ordinal(session, tip), **values)
            rows.write(session)
    except (Overtaken, IntegrityError):
        return False
    return True


def mark_submitted(session: Session, files: Sequence[DraftFileInfo]) -> None:
    """Files of a draft now go out; the sweep leaves their objects alone. Raises Overtaken.

    First in its transaction: it locks the rows against the sweep before anything refers to their objects.
    """
    if not files:
        return
    result = session.execute(
        update(DraftFile)
        .where(DraftFile.object_id.in_([info.object_id for info in files]), DraftFile.submitted.is_(False))
        .values(submitted=True)
    )
    assert isinstance(result, CursorResult)
    if result.rowcount != len(files):
        raise Overtaken


class Overtaken(Exception):
    """Another request of the same form, or the sweep, came between looking and writing; look again."""


def _seal(rows: Rows, message: NewMessage, *, intake: Intake, keys: TipKeys, tip: TipRef) -> dict[str, Any]:
    """Seal a message; returns its row without the ordinal, which only the transaction knows."""
    message_id, day, rng = new_id(intake.rng), intake.today, intake.rng
    said = message.said
    if message.identity is not None:
        # It must not lie in the desk's compartment, so it becomes an object that takes two to open.
        identity_id = add_identity(rows, message.identity, keys=keys, rng=rng, day=day)
        said = dataclasses.replace(said, identity_id=identity_id)
    record = said.to_record()
    object_id = add_text(rows, record, kind=ObjectKind.MESSAGE, to=keys.desk, rng=rng, day=day)
    rows.add_post(OutboxTopic.INFORMANT_EVENT, message_id, rng=rng)
    return {
        "id": message_id,
        "tip_id": tip.id,
        "kind": said.kind,
        "object_id": object_id,
        "sent_on": day,
        "reply_to": message.reply_to,
    }


def _take_turn(
    session: Session, *, intake: Intake, draft: DraftSecrets, known: Known, tip: TipRef, tag: bytes
) -> None:
    """Write down what the form says now, if nothing else was written since ``known`` was read."""
    values = {
        "id": draft.id,
        "begun_on": intake.today,
        "desk": tip.desk,
        "tip_id": tip.id,
        "content_mac": tag,
    }
    if known.tag is None:
        is_written = _FIRST.run(session, values)
    else:
        is_written = _AGAIN.run(session, values | {"known_mac": known.tag})
    if not is_written:
        raise Overtaken


def _next_ordinal(session: Session, tip: TipRef) -> int:
    return session.scalars(
        select(func.coalesce(func.max(Message.ordinal), 0) + 1).where(Message.tip_id == tip.id)
    ).one()


def _equal(intake: Intake, one: DraftFileInfo, other: DraftFileInfo) -> bool:
    """Whether two sealed files hold the same bytes under the same name; opens both."""
    if (one.name, one.true_bytes) != (other.name, other.true_bytes):
        return False
    try:
        with closing(_open(intake, one)) as left, closing(_open(intake, other)) as right:
            return all(a == b for a, b in zip(_level(left), _level(right), strict=True))
    except BlobMissing:
        return False


def _open(intake: Intake, info: DraftFileInfo) -> Reader:
    return open_blobs(
        intake.blobs,
        info.blob_name,
        info.later,
        kind=ObjectKind.ATTACHMENT,
        object_id=info.object_id,
        file_key=info.file_key,
    )


def _level(reader: Reader) -> Iterator[bytes]:
    """All of it in pieces of one length, wherever its parts end."""
    for start in range(0, reader.true_bytes, _COMPARED_BYTES):
        yield b"".join(reader.read_range(start, _COMPARED_BYTES))
