"""Making one clean copy: fetch what is sealed, have it cleaned, store what comes back, in one effect.

Everything that passes through here is sealed; the file key alone is in the clear, on its way to the child.
Must not know: formats, pixels. Source: 4-sealing "Clean copies".
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal.clock import civil_day
from portal.crypto.header import ObjectKind
from portal.errors import UnsignedKey
from portal.models import (
    CleanState,
    KeyPurpose,
    ObjectGrant,
    RecipientKey,
    SealedObject,
    StoredFile,
    new_id,
)
from portal.storage.blobs import BlobWriter
from portal.storage.objects import later_parts
from verification.clean_report import Reason
from verification.jobs.cleaning.cleaner import (
    ChildDied,
    Cleaned,
    CleanerLost,
    SandboxUnavailable,
    in_memory,
)
from verification.jobs.cleaning.day_keys import KeyFiles, open_grant
from verification.jobs.cleaning.protocol import CleanRequest
from verification.jobs.errors import AlreadyDone, CleanerSilent, RecipientUntrusted, SandboxAbsent
from verification.jobs.running import Work, Workbench, completing
from verification.keys.addressees import of_clean_copy

COPY_BYTES: Final = 1 << 17
#: So many attempts see a killed child as an accident; after them, the file itself is at fault.
PATIENCE: Final = 4


@dataclass(frozen=True, slots=True)
class _Original:
    """What is known of the original. body or blobs, one for each part, hold its sealed bytes."""

    request: CleanRequest
    body: bytes | None
    blob_names: tuple[str, ...]
    file_key: bytes

    def __repr__(self) -> str:
        return "<_Original hidden>"


def clean_file(work: Work, bench: Workbench) -> None:
    """Handle CLEAN_FILE; subject: the original's object id."""
    original = _find(work, bench)
    if original is None:
        return _let_go(work, bench)
    writer = bench.blobs.create(rng=bench.rng)
    try:
        with contextlib.ExitStack() as held:
            sources = _sealed_sources(original, bench, held=held)
            may_wait = work.attempts < PATIENCE
            cleaned = _have_cleaned(original, bench, sources=sources, into=writer, may_wait=may_wait)
        _store(work, bench, request=original.request, cleaned=cleaned, writer=writer)
    except BaseException:
        writer.discard()
        raise


def _find(work: Work, bench: Workbench) -> _Original | None:
    """The original with its key and the verified key to seal to; None where nothing waits to be cleaned."""
    files = KeyFiles(bench.cleaner_key_dir)
    with bench.database.read() as session:
        stored = session.get(StoredFile, work.subject_id)
        sealed = session.get(SealedObject, work.subject_id)
        grant = _grant_of(session, work.subject_id)
        if stored is None or sealed is None or grant is None or stored.clean_state is not CleanState.WAITING:
            return None
        try:
            public = bench.trust.public(session, of_clean_copy(session, stored), on=civil_day(bench.clock))
        except UnsignedKey:
            raise RecipientUntrusted from None
        later = later_parts(session, [sealed.id]).get(sealed.id, [])
        request = CleanRequest(
            object_id=sealed.id,
            kind=sealed.kind,
            clean_id=new_id(bench.rng),
            report_id=new_id(bench.rng),
            recipient_key_id=stored.clean_for,
            recipient_public=public.to_bytes(),
            parts=tuple(part.object_id for part in later),
        )
        blob_names = (sealed.blob_name or "", *(part.blob_name for part in later))
        return _Original(request, sealed.body, blob_names, open_grant(grant, files=files))


def _grant_of(session: Session, object_id: uuid.UUID) -> ObjectGrant | None:
    """The newest cleaner's grant whose key has not ended; None: the file waits for a new one."""
    return session.scalars(
        select(ObjectGrant)
        .join(RecipientKey, RecipientKey.id == ObjectGrant.recipient_key_id)
        .where(
            ObjectGrant.object_id == object_id,
            RecipientKey.purpose == KeyPurpose.CLEANER,
            RecipientKey.retired.is_(False),
        )
        .order_by(RecipientKey.not_before.desc())
        .limit(1)
    ).one_or_none()


def _sealed_sources(original: _Original, bench: Workbench, *, held: contextlib.ExitStack) -> list[int]:
    """Descriptors of the sealed bytes, for a child to read and seek in; they live as long as ``held``."""
    if original.body is not None:
        return [held.enter_context(in_memory([original.body]))]
    return [_descriptor(name, bench, held=held) for name in original.blob_names]


def _descriptor(blob_name: str, bench: Workbench, *, held: contextlib.ExitStack) -> int:
    reader = held.enter_context(bench.blobs.open(blob_name))
    if (number := getattr(reader, "fileno", None)) is not None:
        return int(number())
    return held.enter_context(in_memory(iter(lambda: reader.read(COPY_BYTES), b"")))


def _have_cleaned(
    original: _Original, bench: Workbench, *, sources: Sequence[int], into: BlobWriter, may_wait: bool
) -> Cleaned:
    """Clean it; where the child meets its limits, a second child says so without decoding anything.

    A child that was killed may have been innocent: while there is patience, the whole job is tried again.
    """
    request = original.request
    try:
        try:
            return bench.cleaner.clean(
                request, source_fds=sources, file_key=original.file_key, clean_out=into
            )
        except ChildDied as died:
            if died.ending.was_killed and may_wait:
                raise CleanerSilent from None
            told = replace(request, reason=Reason.OVER_LIMITS)
            return bench.cleaner.clean(told, source_fds=sources, file_key=original.file_key, clean_out=into)
    except SandboxUnavailable:
        raise SandboxAbsent from None
    except (ChildDied, CleanerLost):
        raise CleanerSilent from None


def _store(
    work: Work, bench: Workbench, *, request: CleanRequest, cleaned: Cleaned, writer: BlobWriter
) -> None:
    """Rows for the report and the clean copy, and the end of the cleaner's access, in one transaction.

    The blob is durable before the row that names it commits; it is removed again if another run was first, or
    if anything went wrong before the commit. A commit that failed may have gone through all the same: then
    the blob stays, and the sweep finds it if no row names it.
    """
    is_committing = False
    day = civil_day(bench.clock)
    if cleaned.clean_grant is None:
        writer.discard()
    else:
        writer.keep(day=day)
    try:
        with completing(work, bench) as session:
            if cleaned.clean_grant is not None:
                clean = SealedObject(
                    id=request.clean_id,
                    kind=ObjectKind.CLEAN,
                    blob_name=writer.name,
                    sealed_bytes=cleaned.clean_bytes,
                    stored_on=day,
                )
                _add(session, clean, grant=cleaned.clean_grant, to=request.recipient_key_id)
            report = SealedObject(
                id=request.report_id,
                kind=ObjectKind.REPORT,
                body=cleaned.report,
                sealed_bytes=len(cleaned.report),
                stored_on=day,
            )
            _add(session, report, grant=cleaned.report_grant, to=request.recipient_key_id)
            _conclude(session, request, is_clean=cleaned.clean_grant is not None)
            session.flush()
            is_committing = True
    except BaseException:
        if cleaned.clean_grant is not None and not is_committing:
            bench.blobs.delete(writer.name)
        raise


def _add(session: Session, sealed: SealedObject, *, grant: bytes, to: uuid.UUID) -> None:
    session.add(sealed)
    session.flush()
    session.add(ObjectGrant(object_id=sealed.id, recipient_key_id=to, sealed_file_key=grant))


def _conclude(session: Session, request: CleanRequest, *, is_clean: bool) -> None:
    stored = session.get(StoredFile, request.object_id, with_for_update=True, populate_existing=True)
    if stored is None or stored.clean_state is not CleanState.WAITING:
        raise AlreadyDone
    stored.clean_state = CleanState.CLEANED if is_clean else CleanState.ORIGINAL_ONLY
    stored.clean_object_id = request.clean_id if is_clean else None
    stored.report_object_id = request.report_id
    _end_cleaners_access(session, request.object_id)


def _end_cleaners_access(session: Session, object_id: uuid.UUID) -> None:
    cleaners = select(RecipientKey.id).where(RecipientKey.purpose == KeyPurpose.CLEANER)
    session.execute(
        delete(ObjectGrant).where(
            ObjectGrant.object_id == object_id, ObjectGrant.recipient_key_id.in_(cleaners)
        )
    )


def _let_go(work: Work, bench: Workbench) -> None:
    """Nothing waits: it was cleaned, is gone, or has no cleaner's grant and so waits for one again."""
    with completing(work, bench) as session:
        stored = session.get(StoredFile, work.subject_id, with_for_update=True, populate_existing=True)
        if stored is not None and stored.clean_state is CleanState.WAITING:
            stored.clean_state = CleanState.AWAITING_GRANT
        _end_cleaners_access(session, work.subject_id)
