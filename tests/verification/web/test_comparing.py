"""Before and after side by side: the team's pictures on one side, what was put right on the other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from tests.support.desk import Desk
from tests.support.jobs import make_bench, outbox
from tests.support.journey import Journey
from tests.support.photographs import photograph
from tests.verification.web.test_tips import events_of, text_of
from verification.jobs.clean_file import clean_file
from verification.jobs.cleaning.cleaner import Cleaner
from verification.jobs.running import Work

pytestmark = [pytest.mark.slow, pytest.mark.databases("sqlite")]


@pytest.fixture(scope="module")
def cleaner() -> Iterator[Cleaner]:
    started = Cleaner()
    started.start()
    yield started
    started.close()


@pytest.fixture
def walk(desk: Desk, cleaner: Cleaner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Journey:
    """An item that the unit has reported on, every photograph cleaned."""
    real, picture = Journey.photo, photograph()
    monkeypatch.setattr(Journey, "photo", lambda self, _content=b"": real(self, picture))
    bench = make_bench(desk.office, cleaner=cleaner, folder=tmp_path / "cleaner")
    walk = Journey(desk.office).ordered().reported()
    for row in outbox(desk.office):
        if row.topic.value == "clean-file":
            clean_file(Work(row.id, row.topic, row.subject_id, attempts=1), bench)
    return walk


def pictures_in(page: str) -> list[str]:
    return [unescape(found) for found in re.findall(r'class="view-picture" src="([^"]+)"', page)]


def test_found_and_put_right_lie_side_by_side(desk: Desk, walk: Journey) -> None:
    du, address = desk.person("du"), f"/items/{walk.item_id}/compare"
    assert address in text_of(du.get(f"/items/{walk.item_id}"))
    page = text_of(du.get(address))
    assert page.index("As it was found") < page.index("As it is now")
    pictures = pictures_in(page)
    assert len(set(pictures)) == 2
    for picture in pictures:
        assert du.client.get(picture).content_type == "image/jpeg"
    before = [row for row in walk.exhibits() if row.item_report_id is None]
    after = [row for row in walk.exhibits() if row.item_report_id is not None]
    assert len(before) >= 1
    assert len(after) >= 1
    with desk.office.database.read() as session:
        from portal.models import StoredFile

        clean = [session.get_one(StoredFile, row.object_id).clean_object_id for row in (before[0], after[-1])]
    assert [str(one) in picture for one, picture in zip(clean, pictures, strict=True)] == [True, True]
    assert page.count("view-mark-text") == 2
    for one in clean:
        assert one is not None
        assert events_of(desk, one) == ["file.viewed"]


def test_address_chooses_and_nonsense_shows_the_first(desk: Desk, walk: Journey) -> None:
    du, address = desk.person("du"), f"/items/{walk.item_id}/compare"
    first = pictures_in(text_of(du.get(address)))
    after = next(row for row in walk.exhibits() if row.item_report_id is not None)
    chosen = pictures_in(text_of(du.get(f"{address}?before=nothing&after={after.object_id}")))
    assert [one.partition("?")[0] for one in chosen] == [one.partition("?")[0] for one in first]


def test_side_without_pictures_says_what_is_missing(desk: Desk) -> None:
    walk = Journey(desk.office).ordered()
    page = text_of(desk.person("du").get(f"/items/{walk.item_id}/compare"))
    assert page.count("Nothing to show yet") == 2
    assert "The unit has sent no proof yet" in page


@pytest.mark.parametrize("login", ["lian", "wei"])
def test_others_see_nothing(desk: Desk, walk: Journey, login: str) -> None:
    assert desk.person(login).get(f"/items/{walk.item_id}/compare").status_code == 404
