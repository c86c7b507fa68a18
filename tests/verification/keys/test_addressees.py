"""Whose key it is: a pointer to any other key, however validly signed, is never sealed to."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from portal.crypto.header import ObjectKind
from portal.errors import UnsignedKey
from portal.models import KeyPurpose, ObjectGrant, RecipientKey, StoredFile, Tip
from portal.trust import KeyOf
from tests.support.journey import Journey
from tests.support.office import TestOffice
from verification.domain.acting import Acting
from verification.domain.readers import give_case_key
from verification.keys.addressees import first_desk, of_case, of_clean_copy, of_staff, of_unit
from verification.keys.records import make_key
from verification.models import Case, KeyWrap, Staff, Unit


def swapped_case_key(acting: Acting, case_id: uuid.UUID) -> uuid.UUID:
    """A key of this person's own making under a case's name, wrapped to them and to all who had the old."""
    case = acting.session.get_one(Case, case_id)
    held = select(Staff).join(KeyWrap, KeyWrap.holder_key_id == Staff.key_id)
    readers = acting.session.scalars(held.where(KeyWrap.key_id == case.key_id)).all()
    me = acting.session.get_one(Staff, acting.staff_id)
    return make_key(
        acting.session, purpose=KeyPurpose.CASE, holder=case_id.hex, generation=2, keyring=acting.keyring,
        holders=[of_staff(person) for person in (*readers, me)], sealing=acting.sealing,
    )  # fmt: skip


@pytest.mark.parametrize("thief", ["lian", "du", "director", "head", "reviewer"])
def test_case_key_of_ones_own_making_is_not_sealed_to(office: TestOffice, thief: str) -> None:
    walk = Journey(office).signed()
    walk.logged()
    with office.acting(thief) as acting:
        acting.session.get_one(Case, walk.case_id).key_id = swapped_case_key(acting, walk.case_id)
    with pytest.raises(UnsignedKey):
        walk.logged()
    assert len(walk.records()) == 1


def test_case_key_made_by_a_supervisor_is_vouched_for(office: TestOffice) -> None:
    walk = Journey(office).docketed()
    for login in ("fan", "alternate"):
        with office.acting(login) as acting:
            key = KeyOf(swapped_case_key(acting, walk.case_id), KeyPurpose.CASE, walk.case_id.hex)
            acting.trust.public(acting.session, key, on=acting.sealing.day)


def test_unit_key_signed_by_staff_is_refused(office: TestOffice) -> None:
    with office.acting("fan") as acting:
        unit = acting.session.get_one(Unit, office.unit_id("transport"))
        acting.trust.public(acting.session, of_unit(unit), on=acting.sealing.day)
        unit.key_id = make_key(
            acting.session, purpose=KeyPurpose.UNIT, holder=unit.id.hex, holders=[], generation=2,
            keyring=acting.keyring, sealing=acting.sealing,
        )  # fmt: skip
        with pytest.raises(UnsignedKey):
            acting.trust.public(acting.session, of_unit(unit), on=acting.sealing.day)


def _case_to_other_case(office: TestOffice, acting: Acting) -> KeyOf:
    cases = acting.session.scalars(select(Case)).all()
    cases[0].key_id = cases[1].key_id
    return of_case(cases[0])


def _case_to_unit(office: TestOffice, acting: Acting) -> KeyOf:
    case = acting.session.scalars(select(Case)).first()
    unit = acting.session.get_one(Unit, office.unit_id("transport"))
    assert case is not None
    assert unit.key_id is not None
    case.key_id = unit.key_id
    return of_case(case)


def _unit_to_other_unit(office: TestOffice, acting: Acting) -> KeyOf:
    mine = acting.session.get_one(Unit, office.unit_id("transport"))
    mine.key_id = acting.session.get_one(Unit, office.unit_id("housing")).key_id
    return of_unit(mine)


def _staff_to_other_staff(office: TestOffice, acting: Acting) -> KeyOf:
    person = acting.session.get_one(Staff, office.staff_id("head"))
    return KeyOf(office.secrets_of("lian").key_id, KeyPurpose.STAFF, person.id.hex)


def _desk_to_alternate(office: TestOffice, acting: Acting) -> KeyOf:
    tip = acting.session.scalars(select(Tip)).first()
    assert tip is not None
    assert office.keys.alternate is not None
    tip.desk_key_id = office.keys.alternate.id
    return first_desk(tip)


def _desk_to_staff(office: TestOffice, acting: Acting) -> KeyOf:
    tip = acting.session.scalars(select(Tip)).first()
    assert tip is not None
    tip.desk_key_id = office.secrets_of("lian").key_id
    return first_desk(tip)


@pytest.mark.parametrize(
    "swap",
    [
        _case_to_other_case,
        _case_to_unit,
        _unit_to_other_unit,
        _staff_to_other_staff,
        _desk_to_alternate,
        _desk_to_staff,
    ],
)
def test_pointer_to_another_holders_signed_key_is_refused(
    office: TestOffice, swap: Callable[[TestOffice, Acting], KeyOf]
) -> None:
    Journey(office).docketed()
    Journey(office).docketed()
    with office.acting("fan") as acting:
        key = swap(office, acting)
        row = acting.session.get_one(RecipientKey, key.key_id)
        right = KeyOf(row.id, row.purpose, row.holder.partition(":")[0])
        acting.trust.public(acting.session, right, on=acting.sealing.day)  # validly signed
        with pytest.raises(UnsignedKey):
            acting.trust.public(acting.session, key, on=acting.sealing.day)
        before = acting.session.scalar(select(func.count()).select_from(ObjectGrant))
        with pytest.raises(UnsignedKey):
            acting.seal({"text": "秘密"}, kind=ObjectKind.RECORD, to=[key])
        assert acting.session.scalar(select(func.count()).select_from(ObjectGrant)) == before


def test_renaming_the_holder_of_a_key_breaks_its_signature(office: TestOffice) -> None:
    with office.acting("fan") as acting:
        liaison = acting.session.get_one(RecipientKey, office.secrets_of("lian").key_id)
        liaison.holder = office.staff_id("head").hex
        acting.session.flush()
        with pytest.raises(UnsignedKey, match="signature"):
            acting.trust.public(
                acting.session, KeyOf(liaison.id, KeyPurpose.STAFF, liaison.holder), on=acting.sealing.day
            )


def test_reader_whose_key_was_swapped_is_given_no_case_key(office: TestOffice) -> None:
    walk = Journey(office).docketed()
    own = office.secrets_of("du").key_id
    with office.database.write() as session:
        session.get_one(Staff, office.staff_id("other")).key_id = office.keys.director.id
        session.flush()
        session.get_one(Staff, office.staff_id("chen")).key_id = office.secrets_of("other").key_id
    with office.acting("fan") as acting:
        case = acting.session.get_one(Case, walk.case_id)
        give_case_key(acting, case, staff_ids=[office.staff_id("du")])
        assert acting.session.get(KeyWrap, (case.key_id, own)) is not None
        with pytest.raises(UnsignedKey):
            give_case_key(acting, case, staff_ids=[office.staff_id("chen")])
        assert acting.session.get(KeyWrap, (case.key_id, office.secrets_of("other").key_id)) is None


def test_clean_copy_goes_to_the_desk_or_case_of_its_file_alone(office: TestOffice) -> None:
    walk = Journey(office).signed()
    walk.logged()
    with office.acting("du") as acting:
        stored = acting.session.scalars(select(StoredFile)).first()
        assert stored is not None
        acting.trust.public(acting.session, of_clean_copy(acting.session, stored), on=acting.sealing.day)
        stored.clean_for = office.secrets_of("lian").key_id
        with pytest.raises(UnsignedKey):
            acting.trust.public(acting.session, of_clean_copy(acting.session, stored), on=acting.sealing.day)
        nothing = StoredFile(object_id=uuid.uuid4(), clean_for=stored.clean_for)
        with pytest.raises(UnsignedKey):
            of_clean_copy(acting.session, nothing)
