"""Write access to the database does not redirect an answer: what the desk found at first is what counts."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.crypto import compartments
from portal.crypto.bundles import digest_key, seal_digest
from portal.crypto.header import ObjectKind
from portal.crypto.recipients import PrivateKey, PublicKey, seal_file_key, wrap_private_key
from portal.errors import Tampered, UnsignedKey
from portal.models import (
    KeyPurpose,
    Message,
    MessageKind,
    ObjectGrant,
    RecipientKey,
    SealedObject,
    Tip,
    TipState,
)
from portal.models.records import Statement
from tests.support.office import TestOffice
from verification.domain.messages import read_statement, write_to_informant
from verification.domain.triage import open_tip
from verification.keys.addressees import first_desk
from verification.models import KeyWrap


def _opened(office: TestOffice) -> tuple[uuid.UUID, Statement]:
    tip_id, _ = office.send_tip()
    with office.acting("fan") as acting:
        return tip_id, open_tip(acting, acting.session.get_one(Tip, tip_id))


def _write(office: TestOffice, tip_id: uuid.UUID) -> None:
    with office.acting("fan") as acting:
        tip = acting.session.get_one(Tip, tip_id)
        write_to_informant(acting, tip, kind=MessageKind.NOTE, text="答复内容在此")


def _forge(session: Session, tip: Tip, *, statement: Statement, thief: PrivateKey, desk: PublicKey) -> None:
    """Put another statement and another informant's key in the place of the tip's, with public keys alone."""
    sealed, file_key = session.get_one(SealedObject, tip.statement_id), secrets.token_bytes(32)
    forged = replace(statement, informant_fingerprint=thief.public().fingerprint())
    sealed.body = compartments.seal_record(
        forged.to_record(), kind=ObjectKind.STATEMENT, object_id=sealed.id, file_key=file_key
    )
    grant = session.get_one(ObjectGrant, (sealed.id, tip.desk_key_id))
    grant.sealed_file_key = seal_file_key(
        file_key, to=desk, recipient_key_id=tip.desk_key_id, object_id=sealed.id
    )
    tip.informant_public = thief.public().to_bytes()


def _desk_of(office: TestOffice, session: Session, tip: Tip) -> PublicKey:
    return office.trust.public(session, first_desk(tip), on=tip.received_on)


def test_answer_to_a_tip_whose_statement_was_replaced_is_refused(office: TestOffice) -> None:
    tip_id, statement = _opened(office)
    _write(office, tip_id)
    thief = PrivateKey.generate()
    with office.database.write() as session:
        tip = session.get_one(Tip, tip_id)
        _forge(session, tip, statement=statement, thief=thief, desk=_desk_of(office, session, tip))
    with office.acting("fan") as acting:  # the forgery opens like any statement, and names the thief's key
        tip = acting.session.get_one(Tip, tip_id)
        assert read_statement(acting, tip).informant_fingerprint == thief.public().fingerprint()
    with pytest.raises(UnsignedKey):
        _write(office, tip_id)
    with office.database.read() as session:
        assert len(session.scalars(select(Message)).all()) == 1


def test_digest_that_was_taken_away_is_not_made_again_from_what_lies_there(office: TestOffice) -> None:
    tip_id, statement = _opened(office)
    with office.database.write() as session:
        tip = session.get_one(Tip, tip_id)
        tip.digest, tip.state = None, TipState.RECEIVED
        desk = _desk_of(office, session, tip)
        _forge(session, tip, statement=statement, thief=PrivateKey.generate(), desk=desk)
    with office.acting("fan") as acting:
        tip = acting.session.get_one(Tip, tip_id)
        open_tip(acting, tip)
        assert tip.digest is None
    with pytest.raises(UnsignedKey):
        _write(office, tip_id)


def test_digest_under_a_key_planted_as_the_desks_does_not_count(office: TestOffice) -> None:
    tip_id, statement = _opened(office)
    thief, planted = PrivateKey.generate(), PrivateKey.generate()
    with office.database.write() as session:
        tip = session.get_one(Tip, tip_id)
        _forge(session, tip, statement=statement, thief=thief, desk=planted.public())
        fan = session.get_one(RecipientKey, office.secrets_of("fan").key_id)
        desk = session.get_one(RecipientKey, tip.desk_key_id)
        assert desk.purpose is KeyPurpose.DESK
        wrap = session.get_one(KeyWrap, (desk.id, fan.id))
        wrap.sealed_private = wrap_private_key(
            planted, to=office.secrets_of("fan").keys.recipient.public(), key_id=desk.id,
            holder_key_id=fan.id,
        )  # fmt: skip
        record: dict[str, compartments.JsonValue] = {
            "summary": "", "about": "", "place": "", "subject": "", "attachments": 0, "in_attachment": False,
            "informant_fingerprint": thief.public().fingerprint().hex(),
        }  # fmt: skip
        key = digest_key(planted, desk_key_id=desk.id)
        tip.digest = seal_digest(compartments.encode_record(record), key=key, tip_id=tip.id)
    with pytest.raises(Tampered, match="wrap"):
        _write(office, tip_id)
