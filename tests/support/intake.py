"""A desk with real keys and a public side that seals to it: what tests of the intake stand on.

The private halves live in the test, so that it can open what the public side has sealed.
"""

from __future__ import annotations

import uuid
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import func, select

from portal.clock import Clock, civil_day
from portal.crypto.compartments import (
    Half,
    JsonValue,
    join_identity,
    open_half,
    open_identity,
    open_record,
    seal_record,
)
from portal.crypto.recipients import PrivateKey, PublicKey, open_file_key, seal_file_key
from portal.crypto.signing import KeyStatement, SigningKey, sign_statement
from portal.crypto.stream import ObjectKind
from portal.crypto.voice import OfficeWords, voice_of
from portal.db import Database
from portal.domain.intake import Intake
from portal.domain.recipients import Recipients
from portal.models import (
    SECOND_OF_ALTERNATE,
    KeyPurpose,
    Message,
    MessageKind,
    ObjectGrant,
    RecipientKey,
    Rng,
    SealedObject,
    Tip,
    new_id,
)
from portal.models.records import Identity, InformantMessage, OfficeMessage, Reporter, Statement, Subject
from portal.storage.filesystem import FileBlobs
from portal.storage.objects import open_stored
from portal.storage.received import Limits

KIB = 1024
SMALL_LIMITS = Limits(max_file_bytes=256 * KIB, max_message_bytes=1024 * KIB, max_files=4)


@dataclass(frozen=True, slots=True)
class HeldKey:
    """A recipient key with its private half."""

    key_id: uuid.UUID
    private: PrivateKey


class SigningDesk:
    """Root, desk and director of one installation, with their rows signed and written."""

    def __init__(self, database: Database, *, clock: Clock, rng: Rng) -> None:
        self.database = database
        self.rng = rng
        self.day = civil_day(clock)
        self.root = SigningKey.from_bytes(rng(32))
        self.issuer = SigningKey.from_bytes(rng(32))
        self.desk = self.found(KeyPurpose.DESK)
        self.voice = voice_of(self.desk.private, desk_key_id=self.desk.key_id)
        self.voice_id = self._write(
            KeyPurpose.VOICE, self.voice.verify_key().to_bytes(), signer=self.root, holder="desk"
        )
        self.director = self.found(KeyPurpose.DIRECTOR)

    def found(self, purpose: KeyPurpose, *, generation: int = 1, signer: SigningKey | None = None) -> HeldKey:
        """Make a key that the root signs, or that ``signer`` pretends to be allowed to."""
        if purpose is KeyPurpose.ALTERNATE:
            self.second = self._found(KeyPurpose.DIRECTOR, signer=self.root, holder=SECOND_OF_ALTERNATE)
        return self._found(purpose, signer=signer or self.root, generation=generation)

    def _found(
        self, purpose: KeyPurpose, *, signer: SigningKey, generation: int = 1, holder: str = ""
    ) -> HeldKey:
        private = PrivateKey.from_bytes(self.rng(96))
        public = private.public().to_bytes()
        key_id = self._write(purpose, public, signer=signer, generation=generation, holder=holder)
        return HeldKey(key_id, private)

    def open_cleaner(self, *, day: date | None = None) -> HeldKey:
        """Make a day's cleaner key, signed by an issuer that the root signed."""
        public = self.issuer.verify_key().to_bytes()
        issuer_id = self._write(KeyPurpose.CLEANER_ISSUER, public, signer=self.root)
        private, day = PrivateKey.from_bytes(self.rng(96)), day or self.day
        public = private.public().to_bytes()
        key_id = self._write(
            KeyPurpose.CLEANER, public, signer=self.issuer, signed_by=issuer_id, days=(day, day)
        )
        return HeldKey(key_id, private)

    def _write(
        self,
        purpose: KeyPurpose,
        public: bytes,
        *,
        signer: SigningKey,
        signed_by: uuid.UUID | None = None,
        generation: int = 1,
        days: tuple[date, date | None] | None = None,
        holder: str = "",
    ) -> uuid.UUID:
        first, last = days or (self.day - timedelta(days=30), None)
        statement = KeyStatement(
            key_id=new_id(self.rng),
            purpose=purpose.value,
            holder=holder,
            generation=generation,
            not_before=first,
            not_after=last,
            public=public,
        )
        row = RecipientKey(
            id=statement.key_id,
            purpose=purpose,
            holder=holder,
            generation=generation,
            public=public,
            signature=sign_statement(statement, signer=signer),
            signed_by=signed_by,
            not_before=first,
            not_after=last,
        )
        with self.database.write() as session:
            session.add(row)
        return statement.key_id

    def file_key(self, object_id: uuid.UUID, *, holder: HeldKey | None = None) -> bytes:
        """The file key that ``holder`` (the desk) was granted."""
        holder = holder or self.desk
        with self.database.read() as session:
            grant = session.get_one(ObjectGrant, (object_id, holder.key_id))
        return open_file_key(
            grant.sealed_file_key,
            private=holder.private,
            recipient_key_id=holder.key_id,
            object_id=object_id,
        )

    def record(
        self, object_id: uuid.UUID, *, kind: ObjectKind, holder: HeldKey | None = None
    ) -> dict[str, JsonValue]:
        """An inline object, opened."""
        file_key = self.file_key(object_id, holder=holder)
        return open_record(self._body(object_id), kind=kind, object_id=object_id, file_key=file_key)

    def statement(self, tip: Tip, *, holder: HeldKey | None = None) -> Statement:
        """A tip's statement."""
        return Statement.from_record(self.record(tip.statement_id, kind=ObjectKind.STATEMENT, holder=holder))

    def said(self, message: Message) -> InformantMessage:
        """What an informant wrote."""
        return InformantMessage.from_record(self.record(message.object_id, kind=ObjectKind.MESSAGE))

    def identity(self, object_id: uuid.UUID) -> Identity:
        """An identity, opened by desk and director together."""
        halves = {}
        with self.database.read() as session:
            for holder, half in ((self.desk, Half.DESK), (self.director, Half.DIRECTOR)):
                grant = session.get_one(ObjectGrant, (object_id, holder.key_id))
                halves[half] = open_half(
                    grant.sealed_file_key,
                    half=half,
                    private=holder.private,
                    recipient_key_id=holder.key_id,
                    object_id=object_id,
                )
        file_key = join_identity(desk_half=halves[Half.DESK], director_half=halves[Half.DIRECTOR])
        sealed = self._body(object_id)
        return Identity.from_record(open_identity(sealed, object_id=object_id, file_key=file_key))

    def original(self, object_id: uuid.UUID, *, intake: Intake, holder: HeldKey | None = None) -> bytes:
        """An attachment's bytes."""
        file_key = self.file_key(object_id, holder=holder)
        with self.database.read() as session:
            row = session.get_one(SealedObject, object_id)
            with closing(open_stored(session, row, file_key=file_key, blobs=intake.blobs)) as reader:
                return b"".join(reader.chunks())

    def write_to(self, tip: Tip, text: str, *, kind: MessageKind = MessageKind.QUESTION) -> uuid.UUID:
        """Put a message of the office into a tip's mailbox; returns its id."""
        message = self.next_message(tip, kind=kind)
        self.put(tip, message, self.signed(tip, message, text))
        return message.id

    def next_message(self, tip: Tip, *, kind: MessageKind = MessageKind.QUESTION) -> Message:
        """A row of the mailbox, not yet written."""
        with self.database.read() as session:
            count = session.scalars(select(func.count()).where(Message.tip_id == tip.id)).one()
        return Message(
            id=new_id(self.rng),
            tip_id=tip.id,
            ordinal=count + 1,
            kind=kind,
            object_id=new_id(self.rng),
            sent_on=self.day,
        )

    def signed(
        self, tip: Tip, message: Message, text: str, *, voice: SigningKey | None = None
    ) -> OfficeMessage:
        """``text`` with the desk's signature for that place in that tip's mailbox, or another key's."""
        words = OfficeWords(
            voice_key_id=self.voice_id,
            informant_fingerprint=PublicKey.from_bytes(tip.informant_public).fingerprint(),
            message_id=message.id,
            object_id=message.object_id,
            kind=message.kind.value,
            ordinal=message.ordinal,
            sent_on=message.sent_on,
            text=text,
        )
        return OfficeMessage(text, self.voice_id, words.sign(voice or self.voice))

    def put(self, tip: Tip, message: Message, said: OfficeMessage) -> None:
        """Seal what is said to the tip's informant and write it: nothing secret is needed for this."""
        file_key, object_id = self.rng(32), message.object_id
        sealed = seal_record(
            said.to_record(), kind=ObjectKind.MESSAGE, object_id=object_id, file_key=file_key
        )
        informant = PublicKey.from_bytes(tip.informant_public)
        grant = seal_file_key(file_key, to=informant, recipient_key_id=tip.id, object_id=object_id)
        body = SealedObject(
            id=object_id,
            kind=kind_of(sealed),
            body=sealed,
            sealed_bytes=len(sealed),
            stored_on=self.day,
        )
        with self.database.write() as session:
            session.add(body)
            session.flush()
            session.add(ObjectGrant(object_id=object_id, recipient_key_id=tip.id, sealed_file_key=grant))
            session.add(message)

    def _body(self, object_id: uuid.UUID) -> bytes:
        with self.database.read() as session:
            return session.get_one(SealedObject, object_id).body or b""


def kind_of(sealed: bytes) -> int:
    """The kind in an object's header."""
    return sealed[5]


def open_intake(office: SigningDesk, *, folder: Path, clock: Clock, limits: Limits = SMALL_LIMITS) -> Intake:
    """The public side of ``office``, with its blobs under ``folder``."""
    return Intake(
        database=office.database,
        blobs=FileBlobs(folder),
        recipients=Recipients(office.database, root=office.root.verify_key(), clock=clock),
        clock=clock,
        rng=office.rng,
        limits=limits,
    )


def a_statement(**changes: object) -> Statement:
    """An ordinary tip."""
    values: dict[str, object] = {
        "reporter": Reporter.CITIZEN,
        "subject": Subject.PROMISE_BROKEN,
        "about": "河东街道办事处",
        "place": "河东街道东风路",
        "when": "上个月",
        "account": "补贴登记三个月了,一直没有发下来,问了几次都说再等等。",
        "in_attachment": False,
        "other_channels": "",
        "urgent": False,
        "keep_away": "街道办的张主任",
        "language": "zh-Hans",
    }
    return Statement(**(values | changes))  # type: ignore[arg-type]  # each value is of its field's type
