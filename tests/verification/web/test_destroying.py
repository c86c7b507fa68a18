"""Destroying a file: by two people, for good, and without a hole where it was listed."""

from __future__ import annotations

import io
import re
import uuid
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from portal.db import Database
from portal.models import CleanState, ObjectGrant, SealedObject, StoredFile
from portal.storage.sweep import sweep_orphans
from tests.support.desk import Desk, Person
from tests.support.jobs import cleaning_of, keep_file, make_bench
from tests.support.journey import Journey
from tests.support.markers import Search
from tests.support.photographs import photograph
from tests.verification.web.looking import Sent, send_cleaned
from tests.verification.web.test_tips import events_of, text_of
from verification.domain import destroying, evidence
from verification.domain.evidence import share_clean_copy
from verification.errors import KeyLocked, NotHere
from verification.jobs.clean_file import clean_file
from verification.jobs.cleaning.cleaner import Cleaned, Cleaner
from verification.jobs.errors import AlreadyDone
from verification.jobs.reorder import reorder
from verification.keys.addressees import of_case
from verification.models import Case, Destruction, FileMark

pytestmark = pytest.mark.slow

MARK = b"XIANSUO-DESTROY-MARKER-51c9"
NAMES = ("证件.txt", "门前的路.jpg")


@pytest.fixture(scope="module")
def cleaner() -> Iterator[Cleaner]:
    started = Cleaner()
    started.start()
    yield started
    started.close()


@pytest.fixture
def sent(desk: Desk, cleaner: Cleaner, tmp_path: Path) -> Sent:
    files = {NAMES[0]: MARK + "身份证号码写在这里。".encode(), NAMES[1]: photograph()}
    return send_cleaned(desk, files, cleaner=cleaner, folder=tmp_path)


def ask(person: Person, sent: Sent, name: str = NAMES[0], *, reason: str = "误传了证件照片") -> str:
    """Ask for a file's destruction; returns the address where it is decided on."""
    address = f"/files/{sent.stored[name].object_id}/destroy"
    assert person.post(address, {"reason": reason}).status_code == 303
    page = text_of(person.get(sent.view(name)))
    found = re.search(r'action="(/destructions/[^"]+)"', page)
    assert found is not None
    return found[1]


def stored(desk: Desk, sent: Sent, name: str = NAMES[0]) -> StoredFile:
    with desk.office.database.read() as session:
        return session.get_one(StoredFile, sent.stored[name].object_id)


def destroy(desk: Desk, sent: Sent) -> None:
    decision = ask(desk.person("fan"), sent)
    assert desk.person("shen").post(decision, {"decision": "agree"}).status_code == 303


def test_two_people_destroy_a_file_and_nobody_opens_it_again(desk: Desk, sent: Sent) -> None:
    before = sent.stored[NAMES[0]]
    decision = ask(desk.person("fan"), sent)
    shen = desk.person("shen")
    assert "误传了证件照片" in text_of(shen.get("/approvals"))
    assert shen.post(decision, {"decision": "agree"}).status_code == 303
    after = stored(desk, sent)
    assert (after.clean_state, after.clean_object_id, after.report_object_id) == (
        CleanState.DESTROYED, None, None,
    )  # fmt: skip
    with desk.office.database.read() as session:
        gone = [before.object_id, before.clean_object_id, before.report_object_id]
        assert session.scalars(select(ObjectGrant).where(ObjectGrant.object_id.in_(gone))).all() == []
        left = session.scalars(select(SealedObject).where(SealedObject.id.in_(gone))).all()
        assert [(row.id, row.body, row.blob_name) for row in left] == [(before.object_id, None, None)]
        assert session.get(FileMark, before.object_id) is None
    for login in ("fan", "shen", "director"):
        with desk.office.acting(login) as acting, pytest.raises(KeyLocked):
            evidence.open_original(acting, before.object_id, blobs=desk.equipment.blobs)
    events = events_of(desk, before.object_id)
    assert [event for event in events if "destr" in event] == ["file.destruction-asked", "file.destroyed"]


def test_nothing_of_it_is_left_after_the_sweep_not_even_for_every_key(
    desk: Desk, sent: Sent, tmp_path: Path
) -> None:
    office = desk.office
    blobs = {blob.name for blob in office.blobs.stored()}
    destroy(desk, sent)
    office.clock.advance(timedelta(days=2))
    swept = sweep_orphans(office.database, blobs=office.blobs, clock=office.clock)
    gone = blobs - {blob.name for blob in office.blobs.stored()}
    assert (swept.orphans, len(gone)) == (2, 2)
    assert not any(list(tmp_path.rglob(name)) for name in gone)
    search = Search({"content": MARK})
    assert search.in_folders([tmp_path]) == set()
    assert search.in_database(office.database.url.render_as_string(hide_password=False)) == set()
    kept = sent.stored[NAMES[1]]
    assert cleaning_of(office, kept.object_id).copy is not None


@pytest.mark.databases("sqlite")
def test_not_even_the_sealed_bytes_and_grants_are_left_in_the_database_file(desk: Desk, sent: Sent) -> None:
    database, before = desk.office.database, sent.stored[NAMES[0]]
    with database.read() as session:
        report = session.get_one(SealedObject, before.report_object_id).body or b""
        wanted = [before.object_id, before.clean_object_id, before.report_object_id]
        grants = session.scalars(select(ObjectGrant).where(ObjectGrant.object_id.in_(wanted))).all()
        sealed = [report[200:264], *(grant.sealed_file_key[-64:] for grant in grants)]
    reorder(database)
    assert [piece in file_of(database) for piece in sealed] == [True] * len(sealed)
    destroy(desk, sent)
    reorder(database)
    assert [piece in file_of(database) for piece in sealed] == [False] * len(sealed)


def file_of(database: Database) -> bytes:
    """All that SQLite has on disk."""
    path = Path(database.url.database or "")
    return b"".join(each.read_bytes() for each in path.parent.glob(f"{path.name}*"))


@pytest.mark.rule("destroy-two")
def test_who_asks_cannot_agree_but_can_withdraw(desk: Desk, sent: Sent) -> None:
    fan = desk.person("fan")
    decision = ask(fan, sent)
    refused = text_of(fan.post(f"{decision}?lang=en", {"decision": "agree"}), 409)
    assert "Somebody else must agree to this." in refused
    assert stored(desk, sent).clean_state is CleanState.CLEANED
    again = fan.post(f"/files/{sent.stored[NAMES[0]].object_id}/destroy?lang=en", {"reason": "再来一次"})
    assert "waits for a decision" in text_of(again, 409)
    assert fan.post(decision, {"decision": "decline"}).status_code == 303
    assert desk.person("shen").post(decision, {"decision": "agree"}).status_code == 404
    assert stored(desk, sent).clean_state is CleanState.CLEANED
    ask(fan, sent)


def test_colleague_declines_and_the_file_stays(desk: Desk, sent: Sent) -> None:
    decision = ask(desk.person("fan"), sent)
    desk.person("shen").post(decision, {"decision": "decline"})
    page = text_of(desk.person("fan").get(sent.view(NAMES[0])))
    assert "and not agreed to" in page
    assert MARK.decode() in page


def test_director_decides_from_what_waits_without_seeing_the_file(desk: Desk, sent: Sent) -> None:
    decision, director = ask(desk.person("fan"), sent), desk.person("director")
    page = text_of(director.get("/approvals"))
    assert decision in page
    assert "误传了证件照片" in page
    assert director.get(sent.view(NAMES[0])).status_code == 404
    assert director.post(decision, {"decision": "agree"}).headers["Location"] == "/approvals"
    assert stored(desk, sent).clean_state is CleanState.DESTROYED


@pytest.mark.parametrize("login", ["head", "deputy", "du", "reviewer", "lian"])
def test_others_neither_ask_nor_decide(desk: Desk, sent: Sent, login: str) -> None:
    decision, other = ask(desk.person("fan"), sent), desk.person(login)
    address = f"/files/{sent.stored[NAMES[1]].object_id}/destroy"
    assert other.post(address, {"reason": "不该有的申请"}).status_code == 404
    assert other.post(decision, {"decision": "agree"}).status_code == 404
    assert stored(desk, sent).clean_state is CleanState.CLEANED


@pytest.mark.databases("sqlite")
def test_reason_is_needed_and_what_was_typed_stays(desk: Desk, sent: Sent) -> None:
    fan, address = desk.person("fan"), f"/files/{sent.stored[NAMES[0]].object_id}/destroy?lang=en"
    page = text_of(fan.post(address, {"reason": "  "}), 422)
    assert "f-destroy-reason" in page
    long = "很长的理由" * 100
    assert long in text_of(fan.post(address, {"reason": long}), 422)
    with desk.office.database.read() as session:
        assert session.scalars(select(func.count()).select_from(Destruction)).one() == 0


@pytest.mark.rule("destroy-evidence")
def test_file_that_a_case_team_works_with_stays(desk: Desk, sent: Sent) -> None:
    walk = Journey(desk.office).docketed()
    decision = ask(desk.person("fan"), sent)
    with desk.office.acting("fan") as acting:
        case = acting.session.get_one(Case, walk.case.id)
        share_clean_copy(acting, sent.stored[NAMES[0]].object_id, to=of_case(case))
    refused = text_of(desk.person("shen").post(f"{decision}?lang=en", {"decision": "agree"}), 409)
    assert "A case team works with this file." in refused
    assert "Archives Law" in refused
    assert stored(desk, sent).clean_state is CleanState.CLEANED


@pytest.mark.databases("sqlite")
def test_pages_that_list_it_go_on_and_say_what_happened(desk: Desk, sent: Sent) -> None:
    destroy(desk, sent)
    fan = desk.person("fan")
    page = text_of(fan.get(sent.view(NAMES[0])))
    assert "This file was destroyed" in page
    assert "agreed by" in page
    assert "35 days" in page
    assert "Take out the original" not in page
    tip = text_of(fan.get(f"/tips/{sent.tip_id}"))
    assert "Destroyed" in tip
    assert "Take out several originals" not in tip
    ids = [str(sent.stored[name].object_id) for name in NAMES]
    answer = fan.post("/files/originals?lang=en", {"file": ids, "reason": "旧页面上的选择"})
    assert "This file was destroyed." in text_of(answer, 422)
    whole = fan.post("/files/originals", {"file": ids[1:], "reason": "剩下的"})
    assert zipfile.ZipFile(io.BytesIO(whole.data)).namelist() == [NAMES[1]]
    before = sent.stored[NAMES[0]]
    assert fan.get(f"/files/{before.clean_object_id}").status_code == 404
    assert fan.post(f"/files/{before.object_id}/original", {"reason": "还想看"}).status_code == 422


def test_cleaner_that_finishes_afterwards_brings_nothing_back(
    desk: Desk, cleaner: Cleaner, tmp_path: Path
) -> None:
    office = desk.office
    bench = make_bench(office, cleaner=cleaner, folder=tmp_path / "cleaner")
    work = keep_file(office, photograph())
    with office.acting("fan") as acting:
        request = destroying.ask_destruction(acting, object_id=work.subject_id, reason="误传").id

    class Overtaken(Cleaner):
        def clean(self, *args: object, **kwargs: object) -> Cleaned:
            cleaned = cleaner.clean(*args, **kwargs)  # type: ignore[arg-type]  # passed on as they came
            with office.acting("shen") as acting:
                destroying.decide_destruction(acting, request_id=request, agreed=True)
            return cleaned

    bench = replace(bench, cleaner=Overtaken())
    with pytest.raises(AlreadyDone):
        clean_file(work, bench)
    after = cleaning_of(office, work.subject_id)
    assert (after.state, after.copy, after.report, after.grants) == (CleanState.DESTROYED, None, None, set())
    clean_file(work, bench)
    assert cleaning_of(office, work.subject_id).state is CleanState.DESTROYED


def test_file_in_parts_goes_with_all_of_them(desk: Desk, tmp_path: Path) -> None:
    office = desk.office
    make_bench(office, cleaner=Cleaner(), folder=tmp_path / "cleaner")
    before = {blob.name for blob in office.blobs.stored()}
    work = keep_file(office, MARK * 1000, part_bytes=len(MARK) * 300)
    with office.acting("fan") as acting:
        request = destroying.ask_destruction(acting, object_id=work.subject_id, reason="误传").id
    with office.acting("shen") as acting:
        destroying.decide_destruction(acting, request_id=request, agreed=True)
    office.clock.advance(timedelta(days=2))
    assert sweep_orphans(office.database, blobs=office.blobs, clock=office.clock).orphans == 4
    assert {blob.name for blob in office.blobs.stored()} == before


@pytest.mark.databases("sqlite")
def test_what_came_with_no_tip_is_not_here(desk: Desk) -> None:
    with desk.office.acting("fan") as acting, pytest.raises(NotHere):
        destroying.ask_destruction(acting, object_id=uuid.uuid4(), reason="不存在的文件")
