"""Nobody speaks for the office without a desk's key: no other words are shown in a mailbox."""

from __future__ import annotations

import secrets
import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portal.crypto import compartments
from portal.crypto.header import ObjectKind
from portal.crypto.receipt import Receipt
from portal.crypto.recipients import PublicKey, seal_file_key
from portal.crypto.signing import SigningKey
from portal.crypto.voice import OfficeWords, voice_of
from portal.domain.mailbox import MailboxMessage, Trouble, open_mailbox
from portal.errors import UnsignedKey
from portal.models import (
    Desk,
    KeyPurpose,
    Message,
    MessageKind,
    ObjectGrant,
    RecipientKey,
    SealedObject,
    Tip,
    new_id,
)
from portal.models.records import OfficeMessage
from tests.support.office import TestOffice
from verification.domain.messages import read_mailbox, write_to_informant
from verification.domain.triage import open_tip

TEXT = "请问是哪一天？"
FORGED = "请致电 000 留下姓名，以便发放奖励。"


@pytest.fixture
def opened(office: TestOffice) -> tuple[uuid.UUID, Receipt]:
    """A tip that its desk has opened."""
    return _opened(office)


def _opened(office: TestOffice, *, desk: Desk = Desk.DESK, login: str = "fan") -> tuple[uuid.UUID, Receipt]:
    tip_id, receipt = office.send_tip(desk=desk)
    with office.acting(login) as acting:
        open_tip(acting, acting.session.get_one(Tip, tip_id))
    return tip_id, receipt


def _write(office: TestOffice, tip_id: uuid.UUID, text: str = TEXT, *, login: str = "fan") -> uuid.UUID:
    with office.acting(login) as acting:
        tip = acting.session.get_one(Tip, tip_id)
        return write_to_informant(acting, tip, kind=MessageKind.QUESTION, text=text).id


def _read(office: TestOffice, receipt: Receipt) -> list[MailboxMessage]:
    return list(open_mailbox(office.intake, receipt=receipt).messages)


def _forge(
    office: TestOffice, tip_id: uuid.UUID, record: dict[str, Any], *, row: Message | None = None
) -> None:
    """What anybody can do who can write to the database: seal to the informant's public key."""
    with office.database.write() as session:
        tip = session.get_one(Tip, tip_id)
        row = row or Message(
            id=new_id(office.rng), tip_id=tip_id, ordinal=1, kind=MessageKind.QUESTION,
            object_id=new_id(office.rng), sent_on=tip.received_on,
        )  # fmt: skip
        file_key = secrets.token_bytes(32)
        body = compartments.seal_record(
            record, kind=ObjectKind.MESSAGE, object_id=row.object_id, file_key=file_key
        )
        session.add(
            SealedObject(
                id=row.object_id, kind=ObjectKind.MESSAGE, body=body, sealed_bytes=len(body),
                stored_on=tip.received_on,
            )
        )  # fmt: skip
        session.flush()
        sealed = seal_file_key(
            file_key,
            to=PublicKey.from_bytes(tip.informant_public),
            recipient_key_id=tip_id,
            object_id=row.object_id,
        )
        session.add(ObjectGrant(object_id=row.object_id, recipient_key_id=tip_id, sealed_file_key=sealed))
        session.add(row)


def _forge_signed(office: TestOffice, tip_id: uuid.UUID, *, voice_id: uuid.UUID, voice: SigningKey) -> None:
    """The same, signed with some key for exactly the right place."""
    with office.database.read() as session:
        tip = session.get_one(Tip, tip_id)
    row = Message(
        id=new_id(office.rng), tip_id=tip_id, ordinal=1, kind=MessageKind.QUESTION,
        object_id=new_id(office.rng), sent_on=office.intake.today,
    )  # fmt: skip
    words = OfficeWords(
        voice_key_id=voice_id, message_id=row.id, object_id=row.object_id, kind=row.kind.value,
        informant_fingerprint=PublicKey.from_bytes(tip.informant_public).fingerprint(),
        ordinal=row.ordinal, sent_on=row.sent_on, text=FORGED,
    )  # fmt: skip
    said = OfficeMessage(FORGED, voice_id, words.sign(voice))
    _forge(office, tip_id, dict(said.to_record()), row=row)


def _voice_id(office: TestOffice, holder: str = "desk") -> uuid.UUID:
    with office.database.read() as session:
        query = select(RecipientKey.id).where(
            RecipientKey.purpose == KeyPurpose.VOICE, RecipientKey.holder == holder
        )
        return session.scalars(query).one()


def test_message_written_at_the_desk_is_shown_to_the_informant(
    office: TestOffice, opened: tuple[uuid.UUID, Receipt]
) -> None:
    tip_id, receipt = opened
    written = _write(office, tip_id)
    mailbox = open_mailbox(office.intake, receipt=receipt)
    assert [(message.text, message.trouble) for message in mailbox.messages] == [(TEXT, None)]
    assert mailbox.open_question == written


def test_message_written_by_two_people_of_a_desk_names_neither(
    office: TestOffice, opened: tuple[uuid.UUID, Receipt]
) -> None:
    tip_id, receipt = opened
    rows = [_write(office, tip_id, login=login) for login in ("fan", "shen")]
    assert [message.text for message in _read(office, receipt)] == [TEXT, TEXT]
    with office.acting("fan") as acting:
        said = [
            OfficeMessage.from_record(acting.open(acting.session.get_one(Message, row).object_id))
            for row in rows
        ]
    assert {one.voice for one in said} == {_voice_id(office)}
    assert not {one.voice for one in said} & {person.key_id for person in office.staff.values()}


@pytest.mark.parametrize(
    "record",
    [
        {"v": 1, "text": FORGED},
        {"v": 1, "text": FORGED, "voice": str(uuid.uuid4()), "signature": "00" * 64},
        {"v": 1, "text": FORGED, "voice": str(uuid.uuid4()), "signature": ""},
        {"anything": "else"},
    ],
    ids=["unsigned", "unknown voice", "empty signature", "another record"],
)
def test_message_forged_with_public_keys_alone_is_a_warning_without_words(
    office: TestOffice, opened: tuple[uuid.UUID, Receipt], record: dict[str, Any]
) -> None:
    tip_id, receipt = opened
    _forge(office, tip_id, record)
    mailbox = open_mailbox(office.intake, receipt=receipt)
    assert [(one.text, one.trouble) for one in mailbox.messages] == [(None, Trouble.UNCONFIRMED)]
    assert mailbox.open_question is None, "nobody is asked to answer what the office did not ask"


def test_message_signed_by_a_voice_of_one_s_own_making_is_a_warning(
    office: TestOffice, opened: tuple[uuid.UUID, Receipt]
) -> None:
    tip_id, receipt = opened
    own, own_id = SigningKey.generate(), uuid.uuid4()
    with office.database.write() as session:
        genuine = session.get_one(RecipientKey, _voice_id(office))
        copied = {"signature": genuine.signature, "not_before": genuine.not_before}
        session.add(
            RecipientKey(
                id=own_id, purpose=KeyPurpose.VOICE, holder="desk", generation=2,
                public=own.verify_key().to_bytes(), **copied,
            )
        )  # fmt: skip
    _forge_signed(office, tip_id, voice_id=own_id, voice=own)
    assert [one.trouble for one in _read(office, receipt)] == [Trouble.UNCONFIRMED]


@pytest.mark.parametrize("login", ["fan", "admin"])
def test_message_signed_with_a_person_s_own_key_is_a_warning(
    office: TestOffice, opened: tuple[uuid.UUID, Receipt], login: str
) -> None:
    tip_id, receipt = opened
    own = office.secrets_of(login)
    _forge_signed(office, tip_id, voice_id=own.key_id, voice=own.keys.signing)
    assert [one.trouble for one in _read(office, receipt)] == [Trouble.UNCONFIRMED]


def test_message_signed_by_another_desk_is_a_warning(office: TestOffice) -> None:
    tip_id, receipt = _opened(office, desk=Desk.ALTERNATE, login="alternate")
    desk = office.keys.desk
    _forge_signed(
        office, tip_id, voice_id=_voice_id(office), voice=voice_of(desk.private, desk_key_id=desk.id)
    )
    assert [one.trouble for one in _read(office, receipt)] == [Trouble.UNCONFIRMED]


def test_alternate_desk_speaks_with_a_voice_of_its_own(office: TestOffice) -> None:
    tip_id, receipt = _opened(office, desk=Desk.ALTERNATE, login="alternate")
    _write(office, tip_id, login="alternate")
    assert [one.text for one in _read(office, receipt)] == [TEXT]
    assert _voice_id(office) != _voice_id(office, "alternate")


def test_message_moved_to_another_tip_is_a_warning_there(
    office: TestOffice, opened: tuple[uuid.UUID, Receipt]
) -> None:
    tip_id, receipt = opened
    other_id, other_receipt = _opened(office)
    written = _write(office, tip_id)
    with office.acting("fan") as acting:
        session = acting.session
        row = session.get_one(Message, written)
        file_key = acting.keyring.file_key(session, row.object_id)
        other = PublicKey.from_bytes(session.get_one(Tip, other_id).informant_public)
        sealed = seal_file_key(file_key, to=other, recipient_key_id=other_id, object_id=row.object_id)
        session.add(ObjectGrant(object_id=row.object_id, recipient_key_id=other_id, sealed_file_key=sealed))
        row.tip_id = other_id
    assert _read(office, receipt) == []
    assert [one.trouble for one in _read(office, other_receipt)] == [Trouble.UNCONFIRMED]


@pytest.mark.parametrize(
    "change",
    [
        {"kind": MessageKind.ANSWER},
        {"ordinal": 7},
        {"sent_on": timedelta(days=1)},
        {"id": uuid.UUID(int=9, version=4)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_message_shown_as_anything_but_what_was_signed_is_a_warning(
    office: TestOffice, opened: tuple[uuid.UUID, Receipt], change: dict[str, Any]
) -> None:
    tip_id, receipt = opened
    written = _write(office, tip_id)
    assert [one.trouble for one in _read(office, receipt)] == [None]
    with office.database.write() as session:
        row = session.get_one(Message, written)
        for name, value in change.items():
            setattr(row, name, row.sent_on + value if isinstance(value, timedelta) else value)
    assert [one.trouble for one in _read(office, receipt)] == [Trouble.UNCONFIRMED]


def test_two_messages_of_one_tip_exchanged_are_warnings(
    office: TestOffice, opened: tuple[uuid.UUID, Receipt]
) -> None:
    tip_id, receipt = opened
    first, second = _write(office, tip_id, "是的"), _write(office, tip_id, "不是的")
    with office.database.write() as session:
        one, two = session.get_one(Message, first), session.get_one(Message, second)
        one.object_id, two.object_id = two.object_id, one.object_id
    assert [one.trouble for one in _read(office, receipt)] == [Trouble.UNCONFIRMED] * 2


def test_desk_without_a_signed_voice_writes_nothing(
    office: TestOffice, opened: tuple[uuid.UUID, Receipt]
) -> None:
    tip_id, receipt = opened
    with office.database.write() as session:
        session.get_one(RecipientKey, _voice_id(office)).signature = bytes(64)
    with pytest.raises(UnsignedKey):
        _write(office, tip_id)
    assert _read(office, receipt) == []


def test_desk_sees_that_a_message_in_its_name_is_not_its_own(
    office: TestOffice, opened: tuple[uuid.UUID, Receipt]
) -> None:
    tip_id, _ = opened
    _forge(office, tip_id, {"v": 1, "text": FORGED})
    _write(office, tip_id)
    with office.acting("fan") as acting:
        read = read_mailbox(acting, acting.session.get_one(Tip, tip_id))
    assert [(one.text, one.confirmed) for one in read] == [("", False), (TEXT, True)]
