"""Drafts: files survive errors in the form, and nobody without form and cookie learns of them."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.clock import FixedClock
from portal.crypto.compartments import encode_record
from portal.domain.drafts import DraftSecrets, choose_files, keep_files, list_files
from portal.domain.errors import FilesGone, TooManyFiles
from portal.domain.intake import Intake
from portal.models import Desk, Draft, DraftFile, ObjectGrant, Rng, SealedObject
from tests.support.files import put_files, seal_files


def test_files_of_a_draft_are_listed_in_order_with_all_that_was_said_of_them(
    intake: Intake, draft: DraftSecrets
) -> None:
    sealed = put_files(intake, draft, [("一.jpg", b"1"), ("二.jpg", b"22")])
    sealed += put_files(intake, draft, [("三.jpg", b"333")])
    listed = list_files(intake, draft=draft)
    assert [(info.name, info.true_bytes, info.submitted) for info in listed] == [
        ("一.jpg", 1, False),
        ("二.jpg", 2, False),
        ("三.jpg", 3, False),
    ]
    assert [(i.object_id, i.file_key, i.blob_name, i.declared_type) for i in listed] == [
        (f.object_id, f.file_key, f.blob_name, f.declared_type) for f in sealed
    ]


def test_draft_with_another_cookie_or_form_lists_nothing(intake: Intake, rng: Rng) -> None:
    form, cookie = rng(32), rng(32)
    put_files(intake, DraftSecrets(form, cookie), [("a", b"1")])
    assert len(list_files(intake, draft=DraftSecrets(form, cookie))) == 1
    assert list_files(intake, draft=DraftSecrets(form, rng(32))) == ()
    assert list_files(intake, draft=DraftSecrets(rng(32), cookie)) == ()


def test_draft_rows_tell_neither_name_nor_key_nor_length_and_grant_nobody(
    intake: Intake, draft: DraftSecrets
) -> None:
    [short] = put_files(intake, draft, [("秘密.jpg", b"1")])
    put_files(intake, draft, [("a" * 200 + ".jpg", b"22")])
    with intake.reading() as session:
        rows = session.scalars(select(DraftFile).order_by(DraftFile.ordinal)).all()
        grants = session.scalars(select(ObjectGrant)).all()
        objects = session.scalars(select(SealedObject)).all()
    assert {len(row.sealed_meta) for row in rows} == {len(rows[0].sealed_meta)}
    for secret in ("秘密.jpg".encode(), short.file_key, short.file_key.hex().encode()):
        assert all(secret not in row.sealed_meta for row in rows)
    assert grants == []
    assert {row.sealed_bytes for row in objects} == {objects[0].sealed_bytes}


def test_draft_keeps_the_day_it_was_begun_on(intake: Intake, draft: DraftSecrets, clock: FixedClock) -> None:
    put_files(intake, draft, [("a", b"1")])
    begun = intake.today
    clock.advance(timedelta(days=1))
    keep_files(intake, draft=draft, desk=Desk.ALTERNATE, files=seal_files(intake, [("b", b"2")]))
    with intake.reading() as session:
        row = session.scalars(select(Draft)).one()
    assert row.begun_on == begun


def test_files_are_listed_by_id_where_only_some_are_asked_for(intake: Intake, draft: DraftSecrets) -> None:
    _, two, three = put_files(intake, draft, [("1", b"1"), ("2", b"2"), ("3", b"3")])
    asked = [three.object_id, two.object_id, uuid.UUID(int=1)]
    assert [info.name for info in list_files(intake, draft=draft, object_ids=asked)] == ["2", "3"]


def test_no_files_make_no_draft(intake: Intake, draft: DraftSecrets) -> None:
    keep_files(intake, draft=draft, desk=Desk.DESK, files=[])
    with intake.reading() as session:
        assert session.scalars(select(Draft)).all() == []


def test_chosen_files_come_in_the_order_asked_for_and_once(intake: Intake, draft: DraftSecrets) -> None:
    one, two = put_files(intake, draft, [("1", b"1"), ("2", b"2")])
    asked = [two.object_id, one.object_id, two.object_id]
    with intake.reading() as session:
        chosen = choose_files(session, draft=draft, object_ids=asked, limits=intake.limits)
    assert [info.name for info in chosen] == ["2", "1"]


def test_file_of_another_draft_counts_as_gone(intake: Intake, draft: DraftSecrets, rng: Rng) -> None:
    [other] = put_files(intake, DraftSecrets(rng(32), rng(32)), [("theirs", b"1")])
    [mine] = put_files(intake, draft, [("mine", b"1")])
    nowhere = uuid.UUID(int=1)
    asked = [mine.object_id, other.object_id, nowhere]
    with intake.reading() as session, pytest.raises(FilesGone) as caught:
        choose_files(session, draft=draft, object_ids=asked, limits=intake.limits)
    assert caught.value.object_ids == frozenset({other.object_id, nowhere})


@pytest.mark.parametrize(("files", "size", "refused"), [(4, 1000, False), (5, 10, True), (2, 501, True)])
def test_chosen_files_over_the_limits_are_refused(
    intake: Intake, draft: DraftSecrets, files: int, size: int, refused: bool
) -> None:
    put_files(intake, draft, [(f"{number}", bytes(size)) for number in range(min(files, 4))])
    put_files(intake, draft, [(f"{number}", bytes(size)) for number in range(files - 4)])
    asked = [info.object_id for info in list_files(intake, draft=draft)]
    limits = replace(intake.limits, max_message_bytes=1000 if size == 501 else 4000)
    with intake.reading() as session:
        if refused:
            with pytest.raises(TooManyFiles) as caught:
                choose_files(session, draft=draft, object_ids=asked, limits=limits)
            assert (caught.value.files, caught.value.true_bytes) == (files, files * size)
        else:
            assert len(choose_files(session, draft=draft, object_ids=asked, limits=limits)) == files


def test_tag_knows_the_same_content_under_the_same_secrets_alone(rng: Rng) -> None:
    form, cookie = rng(32), rng(32)
    tag = DraftSecrets(form, cookie).tag_of({"a": 1})
    assert DraftSecrets(form, cookie).tag_of({"a": 1}) == tag
    assert DraftSecrets(form, cookie).tag_of({"a": 2}) != tag
    assert DraftSecrets(form, rng(32)).tag_of({"a": 1}) != tag
    assert encode_record({"a": 1}) not in tag


def test_secrets_of_a_draft_are_never_shown(draft: DraftSecrets) -> None:
    assert repr(draft) == "<DraftSecrets hidden>"
    with pytest.raises(ValueError, match="32 bytes"):
        DraftSecrets(b"short", bytes(32))
