"""The records inside sealed texts: what is written is read, and nothing else is taken for it."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest

from portal.crypto.compartments import JsonValue, decode_record, encode_record
from portal.errors import Tampered
from portal.models import MessageKind
from portal.models.records import (
    AttachmentEntry,
    Identity,
    InformantMessage,
    OfficeMessage,
    Reporter,
    Statement,
    Subject,
)
from tests.support.intake import a_statement

FILE = AttachmentEntry(uuid.UUID(int=7), "照片.jpg", "image/jpeg", 12)
STATEMENT = a_statement(
    reporter=Reporter.OFFICIAL,
    subject=Subject.TOO_MANY_INSPECTIONS,
    urgent=True,
    informant_fingerprint=bytes(range(32)),
    attachments=(FILE,),
)
RECORDS: list[Statement | Identity | InformantMessage | OfficeMessage] = [
    a_statement(),
    STATEMENT,
    Identity(),
    Identity("王小明", "138"),
    OfficeMessage("已收到。", uuid.UUID(int=7, version=4), bytes(range(64))),
    InformantMessage(MessageKind.REPLY, "好", (FILE,)),
    InformantMessage(MessageKind.MATERIAL, "", (), STATEMENT, uuid.UUID(int=9)),
]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_record_written_is_read_the_same(
    record: Statement | Identity | InformantMessage | OfficeMessage,
) -> None:
    read = type(record).from_record(decode_record(encode_record(record.to_record())))
    assert read == record
    assert str(record) == f"<{type(record).__name__} hidden>"


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_record_with_a_field_more_or_less_or_of_another_kind_is_refused(
    record: Statement | Identity | InformantMessage | OfficeMessage,
) -> None:
    good = record.to_record()
    kind = type(record)
    assert kind.from_record(good) == record
    with pytest.raises(Tampered):
        kind.from_record(good | {"more": 1})
    for name in good:
        with pytest.raises(Tampered):
            kind.from_record({key: value for key, value in good.items() if key != name})
        with pytest.raises(Tampered):
            kind.from_record(good | {name: {"not": "this"}})


BAD: list[dict[str, JsonValue]] = [
    {"v": 2},
    {"reporter": "spy"},
    {"subject": 9},
    {"subject": True},
    {"subject": "1"},
    {"urgent": 1},
    {"informant": "AB"},
    {"informant": "0"},
    {"informant": "zz"},
    {"attachments": [{"object_id": str(uuid.UUID(int=7)), "name": "a", "type": "b"}]},
    {"attachments": [FILE.to_record() | {"object_id": "{00000000-0000-0000-0000-000000000007}"}]},
    {"attachments": [FILE.to_record() | {"object_id": "7"}]},
    {"attachments": [FILE.to_record() | {"bytes": -1}]},
    {"attachments": [FILE.to_record() | {"bytes": True}]},
    {"attachments": ["a"]},
]


@pytest.mark.parametrize("change", BAD, ids=str)
def test_statement_with_a_bad_value_is_refused(change: dict[str, JsonValue]) -> None:
    with pytest.raises(Tampered):
        Statement.from_record(STATEMENT.to_record() | change)


def test_identity_is_empty_when_neither_name_nor_contact_was_left() -> None:
    assert Identity().is_empty
    assert not Identity(name="王").is_empty
    assert not Identity(contact="138").is_empty


def test_statement_s_eight_subjects_are_numbered_as_in_the_form() -> None:
    assert [subject.value for subject in Subject] == list(range(1, 9))
    assert replace(STATEMENT, subject=Subject(1)).to_record()["subject"] == 1
