"""Looking at files: every kind has its page, parts come by ranges, and each opening is traced once."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from PIL import Image

from tests.support.desk import Desk
from tests.verification.web.looking import Sent, one_of_each, send_cleaned
from tests.verification.web.test_tips import events_of, text_of
from verification.jobs.cleaning.cleaner import Cleaner
from verification.models import Staff
from verification.web.serving import safe_name

pytestmark = [pytest.mark.slow, pytest.mark.databases("sqlite")]


@pytest.fixture(scope="module")
def cleaner() -> Iterator[Cleaner]:
    started = Cleaner()
    started.start()
    yield started
    started.close()


@pytest.fixture
def sent(desk: Desk, cleaner: Cleaner, tmp_path: Path) -> Sent:
    files = one_of_each()
    del files["说明.txt"], files["图.svg"]
    return send_cleaned(desk, files, cleaner=cleaner, folder=tmp_path)


def address_in(page: str, pattern: str) -> str:
    found = re.search(pattern, page)
    assert found is not None, pattern
    return unescape(found[1])


def test_picture_lies_among_its_files_under_the_mark(desk: Desk, sent: Sent) -> None:
    fan = desk.person("fan")
    page = text_of(fan.get(sent.view("门前的路.jpg")))
    assert "1 of 5" in page
    assert f'href="{sent.view("合同.pdf")}"' in page
    assert "SHA-256" in page
    source = address_in(page, r'class="view-picture" src="([^"]+)"')
    answer = fan.client.get(source)
    assert Image.open(io.BytesIO(answer.data)).size == (320, 240)
    with desk.office.database.read() as session:
        name = session.get_one(Staff, desk.office.staff_id("fan")).name
    assert f">{name} " in page


def test_office_may_do_without_the_mark(desk: Desk, sent: Sent, tmp_path: Path) -> None:
    assert "view-mark" in text_of(desk.person("fan").get(sent.view("门前的路.jpg")))
    plain = Desk(desk.office, tmp_path / "blobs", viewer_mark=False)
    assert "view-mark" not in text_of(plain.person("shen").get(sent.view("门前的路.jpg")))


def test_opening_is_traced_once_and_its_parts_are_not_traced_again(desk: Desk, sent: Sent) -> None:
    fan, clean = desk.person("fan"), sent.stored["门前的路.jpg"].clean_object_id
    assert clean is not None
    page = text_of(fan.get(sent.view("门前的路.jpg")))
    source = address_in(page, r'class="view-picture" src="([^"]+)"')
    fan.client.get(source)
    fan.client.get(source)
    assert events_of(desk, clean) == ["file.viewed"]
    fan.client.get(f"/files/{clean}")
    assert events_of(desk, clean) == ["file.viewed"] * 2


def test_pass_of_one_person_is_none_for_another(desk: Desk, sent: Sent) -> None:
    clean = sent.stored["门前的路.jpg"].clean_object_id
    assert clean is not None
    page = text_of(desk.person("fan").get(sent.view("门前的路.jpg")))
    source = address_in(page, r'class="view-picture" src="([^"]+)"')
    assert desk.person("shen").client.get(source).status_code == 200
    assert events_of(desk, clean) == ["file.viewed"] * 2
    assert desk.person("du").client.get(source).status_code == 404


def test_document_is_turned_page_by_page(desk: Desk, sent: Sent) -> None:
    fan, view = desk.person("fan"), sent.view("合同.pdf")
    widths = []
    for number in (1, 2, 3):
        page = text_of(fan.get(f"{view}?page={number}"))
        assert f"Page {number} of 3" in page
        picture = fan.client.get(address_in(page, r'class="view-picture" src="([^"]+)"')).data
        widths.append(Image.open(io.BytesIO(picture)).width)
    assert widths == sorted(set(widths))
    assert "Next page" not in text_of(fan.get(f"{view}?page=3"))
    assert "Page 3 of 3" in text_of(fan.get(f"{view}?page=99"))
    assert "Page 1 of 3" in text_of(fan.get(f"{view}?page=x"))
    saved = fan.client.get(address_in(page, r'href="([^"]+)" download'))
    assert saved.data.startswith(b"%PDF-")
    assert saved.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''copy-")


def test_recordings_play_and_archives_are_listed(desk: Desk, sent: Sent) -> None:
    fan = desk.person("fan")
    assert "<audio" in text_of(fan.get(sent.view("录音.wav")))
    film = text_of(fan.get(sent.view("现场.mp4")))
    assert "<video" in film
    assert 'poster="/files/' in film
    listing = text_of(fan.get(sent.view("材料.zip")))
    assert "照片/1.jpg" in listing
    assert "300 bytes" in listing
    assert "nothing is unpacked" in listing


def test_text_is_shown_and_a_drawing_is_not(desk: Desk, cleaner: Cleaner, tmp_path: Path) -> None:
    files = {name: one_of_each()[name] for name in ("说明.txt", "图.svg")}
    sent = send_cleaned(desk, files, cleaner=cleaner, folder=tmp_path)
    fan = desk.person("fan")
    assert "路坏了半年。\n没有人修。" in text_of(fan.get(sent.view("说明.txt")))
    drawing = text_of(fan.get(sent.view("图.svg")))
    assert "Original only" in drawing
    assert "alert(1)" not in drawing


RANGES = [
    ("bytes=0-0", 0, 1),
    ("bytes=0-", 0, None),
    ("bytes=-5", -5, None),
    ("bytes=100-199", 100, 200),
    ("bytes=100-999999999", 100, None),
]


@pytest.mark.parametrize(("asked", "start", "end"), RANGES)
def test_range_gives_those_bytes(desk: Desk, sent: Sent, asked: str, start: int, end: int | None) -> None:
    fan, address = desk.person("fan"), f"/files/{sent.stored['现场.mp4'].clean_object_id}"
    whole = fan.client.get(address)
    assert (whole.status_code, whole.headers["Accept-Ranges"]) == (200, "bytes")
    answer = fan.client.get(address, headers={"Range": asked})
    wanted = whole.data[start:end]
    assert answer.data == wanted
    first = start % len(whole.data)
    if wanted != whole.data:
        assert answer.status_code == 206
        said = f"bytes {first}-{first + len(wanted) - 1}/{len(whole.data)}"
        assert answer.headers["Content-Range"] == said
    assert int(answer.headers["Content-Length"]) == len(wanted)
    assert answer.headers["Content-Type"] == "video/mp4"


def test_range_beyond_the_end_is_refused_and_several_are_answered_whole(desk: Desk, sent: Sent) -> None:
    fan, address = desk.person("fan"), f"/files/{sent.stored['现场.mp4'].clean_object_id}"
    length = len(fan.client.get(address).data)
    beyond = fan.client.get(address, headers={"Range": f"bytes={length}-"})
    assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, f"bytes */{length}")
    for other in ("bytes=0-1,5-6", "lines=0-1", "bytes=x", ""):
        assert len(fan.client.get(address, headers={"Range": other}).data) == length
    head = fan.client.head(address)
    assert (head.data, int(head.headers["Content-Length"])) == (b"", length)


def test_many_originals_come_in_one_archive_each_traced(desk: Desk, sent: Sent) -> None:
    fan = desk.person("fan")
    ids = [str(row.object_id) for row in sent.stored.values()]
    refused = text_of(fan.post("/files/originals?lang=en", {"reason": "核对", "file": []}), 422)
    assert "Choose at least one file" in refused
    refused = text_of(fan.post("/files/originals?lang=en", {"reason": "", "file": ids}), 422)
    assert "Please write something here." in refused
    answer = fan.post("/files/originals", {"reason": "核对全部原件。", "file": [*ids, ids[0]]})
    assert answer.headers["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == sent.originals
    for row in sent.stored.values():
        assert events_of(desk, row.object_id) == ["file.original-taken"]


@pytest.mark.parametrize("login", ["du", "director", "lian", "auditor"])
def test_stranger_sees_none_of_it(desk: Desk, sent: Sent, login: str) -> None:
    person, row = desk.person(login), sent.stored["门前的路.jpg"]
    assert person.get(sent.view("门前的路.jpg")).status_code == 404
    assert person.get(f"/files/{row.clean_object_id}/part/0").status_code == 404
    taken = person.post("/files/originals", {"reason": "看看", "file": [str(row.object_id)]})
    assert taken.status_code == 404


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("现场.jpg", "现场.jpg"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("CON.txt", "_CON.txt"),
        ("a\x00b:c|d?.jpg", "a_b_c_d_.jpg"),
        (".hidden", "hidden"),
        ("...", "file"),
        ("x" * 300 + ".jpg", "x" * 116 + ".jpg"),
    ],
)
def test_names_are_safe_on_any_computer(name: str, safe: str) -> None:
    assert safe_name(name) == safe
