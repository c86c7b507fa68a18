"""One bad row takes nothing else away: lists say which could not be opened, keyrings pass bad wraps over."""

from __future__ import annotations

import secrets
import uuid

import pytest
from sqlalchemy import select

from portal.crypto.recipients import PrivateKey, wrap_private_key
from portal.errors import Tampered
from portal.models import ObjectGrant, SealedObject, Tip
from tests.support.desk import Desk
from tests.support.journey import Journey
from tests.support.office import TestOffice
from tests.verification.web.tips import opened, send
from verification.models import Case, KeyWrap
from verification.queries.inbox import Tray, Wanted, list_tips

WORDS = "Could not be opened"
WHAT_TO_DO = "Tell the system administrator and the security officer today"


@pytest.fixture
def desk(office: TestOffice, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """The internal app on the test's office."""
    return Desk(office, tmp_path_factory.mktemp("blobs"))


def spoil(office: TestOffice, tip_id: uuid.UUID, part: str) -> None:
    """Damage one stored part of a tip, as somebody who can write rows could."""
    with office.database.write() as session:
        tip = session.get_one(Tip, tip_id)
        grant = session.get_one(ObjectGrant, (tip.statement_id, tip.desk_key_id))
        statement = session.get_one(SealedObject, tip.statement_id)
        if part == "grant":
            grant.sealed_file_key = bytes(1168)
        elif part == "short grant":
            grant.sealed_file_key = b"x"
        elif part == "statement":
            statement.body = secrets.token_bytes(16480)
        elif part == "no statement":
            statement.body = None
        else:
            tip.digest = secrets.token_bytes(1024)


@pytest.mark.parametrize("part", ["grant", "short grant", "statement", "no statement", "digest"])
def test_tip_that_cannot_be_opened_is_listed_as_such_and_all_others_show(desk: Desk, part: str) -> None:
    bad, good = send(desk), send(desk, account="河边的垃圾堆了三个月,夏天臭得开不了窗。")
    if part == "digest":
        opened(desk, bad)
    fan = desk.person("fan")
    assert WORDS not in fan.get("/inbox").get_data(as_text=True)
    spoil(desk.office, bad, part)
    with desk.office.acting("fan") as acting:
        rows = {row.id: row for row in list_tips(acting, Wanted(Tray.TRIAGE)).rows}
    assert (rows[bad].damaged, rows[bad].digest) == (True, None)
    assert (rows[good].damaged, rows[good].digest is None) == (False, False)
    answer = fan.get("/inbox")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert page.count(f">{WORDS}<") == 1
    assert WHAT_TO_DO in page
    assert "河边的垃圾堆了三个月" in page
    assert fan.get("/").status_code == 200
    # A digest is for lists alone: the statement itself still opens.
    assert fan.get(f"/tips/{bad}").status_code == {"digest": 200, "no statement": 404}.get(part, 500)
    assert fan.get(f"/tips/{good}").status_code == 200


def test_wraps_that_open_nothing_or_another_key_are_passed_over(office: TestOffice) -> None:
    tip_id, _receipt = office.send_tip()
    with office.database.write() as session:
        tip = session.get_one(Tip, tip_id)
        real = session.scalars(select(KeyWrap).where(KeyWrap.key_id == tip.desk_key_id)).all()
        thief = PrivateKey.generate()
        fan = office.secrets_of("fan").key_id
        mine = office.secrets_of("fan").keys.recipient.public()
        kept = next(wrap.sealed_private for wrap in real if wrap.holder_key_id == fan)
        for wrap in real:
            wrap.sealed_private = b"nothing"
        session.get_one(KeyWrap, (tip.desk_key_id, fan)).sealed_private = wrap_private_key(
            thief, to=mine, key_id=tip.desk_key_id, holder_key_id=fan
        )
    with office.acting("fan") as acting:
        assert not acting.keyring.holds(acting.session, tip.desk_key_id)
        with pytest.raises(Tampered):
            acting.keyring.private(acting.session, tip.desk_key_id)
    with office.database.write() as session:
        session.get_one(KeyWrap, (tip.desk_key_id, fan)).sealed_private = kept
    with office.acting("fan") as acting:
        assert len(list_tips(acting, Wanted(Tray.TRIAGE)).rows) == 1


def test_case_whose_brief_or_key_is_damaged_is_listed_beside_the_others(desk: Desk) -> None:
    whole, bad = Journey(desk.office).docketed(), Journey(desk.office).docketed()
    director = desk.person("director")
    assert WORDS not in director.get("/cases").get_data(as_text=True)
    with desk.office.database.write() as session:
        case = session.get_one(Case, bad.case_id)
        for wrap in session.scalars(select(KeyWrap).where(KeyWrap.key_id == case.key_id)):
            wrap.sealed_private = bytes(1232)
    page = director.get("/cases").get_data(as_text=True)
    assert page.count(WORDS) == 1
    assert str(whole.case_id) in page
    assert str(bad.case_id) in page
