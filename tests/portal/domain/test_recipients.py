"""Whom the public side seals to: signed, valid today, newest; nobody else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event, update

from portal.clock import FixedClock
from portal.crypto.signing import SigningKey
from portal.db import Database
from portal.domain.errors import DeskClosed
from portal.domain.intake import Intake
from portal.domain.recipients import REFRESH_SECONDS, Recipients
from portal.models import Desk, KeyPurpose, RecipientKey, Rng
from tests.support.intake import SigningDesk


@pytest.fixture
def recipients(signing: SigningDesk, clock: FixedClock) -> Recipients:
    return Recipients(signing.database, root=signing.root.verify_key(), clock=clock)


def test_keys_of_a_tip_are_those_the_root_signed(recipients: Recipients, signing: SigningDesk) -> None:
    keys = recipients.for_tip(Desk.DESK)
    assert (keys.desk.key_id, keys.desk.public) == (signing.desk.key_id, signing.desk.private.public())
    assert keys.director.key_id == signing.director.key_id
    assert keys.cleaner is None


def test_cleaner_is_the_one_of_the_day(
    recipients: Recipients, signing: SigningDesk, clock: FixedClock
) -> None:
    signing.open_cleaner(day=signing.day - timedelta(days=1))
    today = signing.open_cleaner()
    cleaner = recipients.for_tip(Desk.DESK).cleaner
    assert cleaner is not None
    assert cleaner.key_id == today.key_id
    clock.advance(timedelta(days=1))
    assert recipients.for_tip(Desk.DESK).cleaner is None


def test_alternate_desk_is_closed_until_it_has_a_key(recipients: Recipients, signing: SigningDesk) -> None:
    assert (recipients.offers(Desk.DESK), recipients.offers(Desk.ALTERNATE)) == (True, False)
    with pytest.raises(DeskClosed) as caught:
        recipients.for_tip(Desk.ALTERNATE)
    assert caught.value.desk is Desk.ALTERNATE
    alternate = signing.found(KeyPurpose.ALTERNATE)
    recipients.forget()
    assert recipients.for_tip(Desk.ALTERNATE).desk.key_id == alternate.key_id


def test_newest_generation_is_sealed_to(recipients: Recipients, signing: SigningDesk) -> None:
    newer = signing.found(KeyPurpose.DESK, generation=2)
    assert recipients.for_tip(Desk.DESK).desk.key_id == newer.key_id


def test_key_signed_by_somebody_else_closes_the_desk(
    recipients: Recipients, signing: SigningDesk, rng: Rng
) -> None:
    assert recipients.offers(Desk.DESK)
    signing.found(KeyPurpose.DESK, generation=9, signer=SigningKey.from_bytes(rng(32)))
    recipients.forget()
    assert not recipients.offers(Desk.DESK)


def test_key_swapped_in_the_database_is_not_sealed_to(recipients: Recipients, signing: SigningDesk) -> None:
    thief = signing.found(KeyPurpose.STAFF).private.public().to_bytes()
    with signing.database.write() as session:
        session.execute(
            update(RecipientKey).where(RecipientKey.id == signing.desk.key_id).values(public=thief)
        )
    with pytest.raises(DeskClosed):
        recipients.for_tip(Desk.DESK)


def test_missing_director_closes_both_desks(recipients: Recipients, signing: SigningDesk) -> None:
    with signing.database.write() as session:
        session.execute(
            update(RecipientKey).where(RecipientKey.id == signing.director.key_id).values(retired=True)
        )
    assert not recipients.offers(Desk.DESK)


def test_keys_are_read_once_a_minute(recipients: Recipients, database: Database, clock: FixedClock) -> None:
    queries = []

    @event.listens_for(database.engine, "before_cursor_execute")
    def count(*call: object) -> None:
        queries.append(call[2])

    recipients.for_tip(Desk.DESK)
    first = len(queries)
    assert first > 0
    clock.advance(timedelta(seconds=REFRESH_SECONDS - 1))
    recipients.for_tip(Desk.DESK)
    assert len(queries) == first
    clock.advance(timedelta(seconds=1))
    recipients.for_tip(Desk.DESK)
    assert len(queries) == 2 * first


def test_keys_are_read_again_when_the_day_changes(
    recipients: Recipients, intake: Intake, signing: SigningDesk, clock: FixedClock
) -> None:
    clock.set(
        clock.now().replace(hour=15, minute=59, second=50)
    )  # ten seconds to midnight in the office's zone
    signing.open_cleaner()
    assert recipients.for_tip(Desk.DESK).cleaner is not None
    clock.advance(timedelta(seconds=20))
    assert recipients.for_tip(Desk.DESK).cleaner is None
