"""One report's whole way through a running county, and what came of it for everybody concerned.

Walked in real browsers by a citizen (JavaScript off), a supervisor, the head, the director, two inspectors,
the unit's liaison and an uninvolved signer; see ``journey_walk``. Source: issue 2 "How it is shown".
"""

from __future__ import annotations

import io
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from PIL import Image, ImageStat
from playwright.sync_api import expect

from tests.e2e.journey_county import County
from tests.e2e.journey_marks import has_position
from tests.e2e.journey_people import ids_in
from tests.support import machine

pytestmark = pytest.mark.slow

#: Everybody who can log in to the small office: one of each role at least, both supervisors and inspectors.
DESK = {"linxiaoyu", "suwenjing"}
TEAM = {"chenweidong", "weilai"}
APPROVERS = {"zhoumingyuan", "hansong"}
SIGNER = {"gaoyuan"}
OTHERS = {"renjie", "jiangtao", "yaohui", "jiaotong", "zhujian"}
EVERYBODY = DESK | TEAM | APPROVERS | SIGNER | OTHERS
#: What exiftool says of any file, and what a picture cannot be shown without.
NEEDED_TAGS = {
    "SourceFile", "ExifTool", "System", "File", "JFIF", "Composite", "ICC_Profile", "PNG",
}  # fmt: skip


def statuses(county: County, path: str, *, original: str = "") -> dict[str, int]:
    """What everybody gets who asks for a page, or for an original with a reason; by login."""
    got = {}
    for login in sorted(EVERYBODY):
        person = county.walk.colleague_named(login)
        if original:
            got[login], _content = person.take_original(original, reason="核对现场照片")
        else:
            got[login], _content = person.bytes_of(path)
    return got


def allowed(logins: set[str]) -> dict[str, int]:
    """200 for them, 404 for everybody else."""
    return {login: 200 if login in logins else 404 for login in EVERYBODY}


# --- the citizen -------------------------------------------------------------------------------------------


def test_citizen_reads_the_answer_with_the_receipt_alone(county: County) -> None:
    later = county.walk.citizen_again()
    expect(later.page.locator(".said", has_text=county.answer)).to_be_visible()
    question = county.marks.planted["text question"].decode()
    expect(later.page.locator(".said", has_text=question)).to_be_visible()
    # Whoever finds the paper learns nothing of what was written.
    shown = later.page.content()
    for own in ("account", "about", "reply", "name", "contact"):
        assert county.marks.planted[f"text {own}"].decode() not in shown
    assert later.visitor.context.cookies() != []
    assert county.walk.citizen.receipt.replace("-", "") not in str(later.visitor.context.cookies())


def test_case_is_closed_and_its_page_says_what_was_done(county: County) -> None:
    supervisor = county.walk.colleague("supervisor")
    page = supervisor.go(f"/cases/{county.walk.ids.case}")
    assert page.locator('main form[action*="/cases/"]').count() == 0
    expect(page.locator(".claim .badge")).to_have_count(2)
    trail = page.locator("main").text_content() or ""
    for name in ("林晓雨", "周明远", "韩松", "陈卫东", "倪学军", "高原"):
        assert name in trail


def test_audit_chain_holds_and_the_auditor_reads_no_content(county: County) -> None:
    auditor = county.walk.colleague_named("yaohui")
    auditor.go("/audit")
    auditor.send("/audit/verify")
    expect(auditor.page.locator(".notice-good")).to_be_visible()
    shown = auditor.page.content()
    assert [name for name, word in county.marks.planted.items() if word.decode("latin-1") in shown] == []


# --- photographs -------------------------------------------------------------------------------------------


def clean_copies(county: County) -> list[bytes]:
    """The copies that the desk sees, in the order of the report."""
    supervisor = county.walk.colleague("supervisor")
    copies = [supervisor.bytes_of(f"/files/{copy}") for copy in county.walk.ids.copies]
    assert {status for status, _content in copies} == {200}
    return [content for _status, content in copies]


def metadata_groups(content: bytes, *, folder: Path) -> set[str]:
    """Kinds of metadata that exiftool finds in a picture."""
    exiftool = shutil.which("exiftool")
    assert exiftool is not None
    path = folder / "picture"
    path.write_bytes(content)
    said = subprocess.run([exiftool, "-json", "-G1", path], check=True, capture_output=True).stdout
    return {key.partition(":")[0] for key in json.loads(said)[0]}


def test_clean_copy_has_no_metadata_and_shows_the_same_picture(county: County) -> None:
    assert has_position(county.walk.photograph)
    content = clean_copies(county)[0]
    with Image.open(io.BytesIO(content)) as copy, Image.open(io.BytesIO(county.walk.photograph)) as own:
        assert dict(copy.getexif()) == {}
        assert copy.info.keys() & {"exif", "comment", "xmp", "XML:com.adobe.xmp", "photoshop"} == set()
        assert copy.size == own.size
        of_copy, of_own = ImageStat.Stat(copy.convert("L")).mean[0], ImageStat.Stat(own.convert("L")).mean[0]
        assert abs(of_copy - of_own) < 2
    assert [name for name, mark in county.marks.planted.items() if mark in content] == []


def test_clean_copy_says_nothing_to_exiftool(county: County, tmp_path: Path) -> None:
    if shutil.which("exiftool") is None:
        machine.missing("exiftool (Debian: apt-get install libimage-exiftool-perl)")
    assert metadata_groups(county.walk.photograph, folder=tmp_path) >= {"GPS", "IFD0", "ExifIFD"}
    for content in clean_copies(county):
        assert metadata_groups(content, folder=tmp_path) <= NEEDED_TAGS


def test_real_photograph_with_a_position_is_cleaned_as_well(county: County, shared_attachments: Path) -> None:
    assert county.walk.real is not None
    with Image.open(county.walk.real) as own, Image.open(io.BytesIO(clean_copies(county)[1])) as copy:
        assert own.getexif().get_ifd(0x8825) != {}
        assert dict(copy.getexif()) == {}
        assert copy.info.keys() & {"exif", "comment", "xmp", "photoshop"} == set()


def test_clean_copy_is_seen_by_desk_team_and_those_named_in_the_case(county: County) -> None:
    first, *others = county.walk.ids.copies
    assert statuses(county, f"/files/{first}") == allowed(DESK | TEAM | APPROVERS | SIGNER)
    # What was not selected for the team stays at the desk.
    for copy in others:
        assert statuses(county, f"/files/{copy}") == allowed(DESK)


# --- originals ---------------------------------------------------------------------------------------------


def test_original_opens_byte_for_byte_for_the_desk(county: County) -> None:
    for login in sorted(DESK):
        person = county.walk.colleague_named(login)
        sent = [county.walk.photograph]
        if county.walk.real is not None:
            sent.append(county.walk.real.read_bytes())
        originals = [person.take_original(one, reason="核对现场照片") for one in county.walk.ids.files]
        assert originals == [(200, content) for content in sent]


def test_original_opens_for_nobody_but_the_desk(county: County) -> None:
    for original in county.walk.ids.files:
        assert statuses(county, "", original=original) == allowed(DESK)


def test_original_is_not_opened_for_a_stranger_nor_by_an_address_alone(county: County) -> None:
    original = county.walk.ids.files[0]
    supervisor = county.walk.colleague("supervisor")
    stranger = county.walk.new_citizen().visitor.context.request
    url = f"{supervisor.url}/files/{original}"
    answers = [stranger.get(url), stranger.post(f"{url}/original", form={"reason": "x" * 20})]
    assert [answer.status for answer in answers] == [200, 401]  # the login page, twice
    assert [county.walk.photograph[:64] in answer.body() for answer in answers] == [False, False]
    # The original's own address is no picture: pages show copies alone.
    assert supervisor.bytes_of(f"/files/{original}")[0] == 404


def test_exhibits_open_for_those_of_the_case_and_no_unit(county: County) -> None:
    leader = county.walk.colleague("leader")
    exhibit = ids_in(leader.go(f"/tasks/{county.walk.ids.task}"), "/files/{}/original")[0]
    expected = allowed(DESK | TEAM | APPROVERS | SIGNER)
    assert statuses(county, "", original=exhibit) == expected
    assert (
        leader.take_original(exhibit, reason="核对现场照片")[1]
        == (county.folder / "disk/site.jpg").read_bytes()
    )
