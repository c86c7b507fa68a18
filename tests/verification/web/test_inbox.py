"""The inbox: what it lists, to whom, in which order, and at what cost."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event

from portal.models import Desk as Where
from tests.support.desk import Desk, Person
from tests.verification.web.tips import accepted, opened, send, send_many
from verification.domain.notices import announce_tips
from verification.policy.rulebook import shipped_rules


def listed(page: str) -> list[str]:
    """Ids of the tips a page lists, in order, those pinned above left out."""
    below = page.rpartition("All tips to decide on")[2]
    return re.findall(r'href="/tips/([0-9a-f-]{36})"', below)


def older(page: str) -> str | None:
    found = re.search(r'rel="next" href="([^"]+)"', page)
    return found[1].replace("&amp;", "&") if found else None


def newer(page: str) -> str | None:
    found = re.search(r'rel="prev" href="([^"]+)"', page)
    return found[1].replace("&amp;", "&") if found else None


def _text(person: Person, address: str) -> str:
    answer = person.get(address)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


@contextmanager
def counting(desk: Desk) -> Iterator[list[str]]:
    """Every statement that the block sends to the database."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        sent.append(statement)

    event.listen(desk.office.database.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(desk.office.database.engine, "before_cursor_execute", note)


def test_list_shows_summary_place_files_and_urgency(desk: Desk) -> None:
    send(desk, [("a.jpg", b"x")], account="河边的垃圾堆了三个月,夏天臭得开不了窗。", urgent=True)
    page = _text(desk.person("fan"), "/inbox")
    assert "河边的垃圾堆了三个月" in page
    assert "河东街道东风路" in page
    assert "1 files" in page
    assert page.count("Urgent<") >= 1
    assert "王小明" not in page


def test_list_says_the_same_before_and_after_the_first_opening(desk: Desk) -> None:
    tip_id = send(desk, account="河边的垃圾堆了三个月,夏天臭得开不了窗。")
    before = _text(desk.person("fan"), "/inbox")
    opened(desk, tip_id)
    after = _text(desk.person("fan"), "/inbox")
    row = re.compile(r'<a href="/tips/[^"]+">([^<]+)</a>')
    assert row.findall(before) == row.findall(after) == ["河边的垃圾堆了三个月,夏天臭得开不了窗。"]


def test_other_desk_is_not_listed(desk: Desk) -> None:
    tip_id, _receipt = desk.office.send_tip(desk=Where.ALTERNATE)
    assert listed(_text(desk.person("fan"), "/inbox")) == []
    assert listed(_text(desk.person("alternate"), "/inbox")) == [str(tip_id)]


def test_pages_go_through_every_tip_once_both_ways(desk: Desk) -> None:
    sent = {str(tip_id) for tip_id in send_many(desk, 120)}
    fan, page = desk.person("fan"), ""
    walked: list[list[str]] = []
    address: str | None = "/inbox"
    while address:
        page = _text(fan, address)
        walked.append(listed(page))
        address = older(page)
    assert [len(one) for one in walked] == [50, 50, 20]
    assert {tip for one in walked for tip in one} == sent
    back = [walked[-1]]
    while address := newer(page):
        page = _text(fan, address)
        back.append(listed(page))
    assert back == list(reversed(walked))


def test_triage_shows_what_waits_longest_first_and_other_trays_the_newest(desk: Desk) -> None:
    first = send(desk)
    desk.office.clock.advance(timedelta(days=1))
    second = send(desk)
    fan = desk.person("fan")
    assert listed(_text(fan, "/inbox")) == [str(first), str(second)]
    assert listed(_text(fan, "/inbox?order=new")) == [str(second), str(first)]
    accepted(desk, first)
    accepted(desk, second)
    assert listed(_text(fan, "/inbox?tray=accepted")) == [str(second), str(first)]


def test_filters_narrow_by_category_and_keep_their_choice(desk: Desk) -> None:
    road, food = send(desk), send(desk)
    accepted(desk, road, category="405")
    accepted(desk, food, category="503")
    page = _text(desk.person("fan"), "/inbox?tray=accepted&category=503")
    assert listed(page) == [str(food)]
    assert '<option value="503" selected>' in page


@pytest.mark.parametrize(
    "bad", ["from=f.x.y", "from=b.2026-03-02.zz", "tray=nowhere", "town=x", "category=;"]
)
def test_mistyped_address_shows_the_first_page(desk: Desk, bad: str) -> None:
    tip_id = send(desk)
    assert listed(_text(desk.person("fan"), f"/inbox?{bad}")) == [str(tip_id)]


def test_number_of_queries_is_the_same_for_one_row_and_for_three(desk: Desk) -> None:
    fan = desk.person("fan")
    counts = []
    for tips in (1, 2):
        for tip_id in send_many(desk, tips):
            with desk.office.database.write() as session:
                announce_tips(
                    session, [tip_id], clock=desk.office.clock, rng=desk.office.rng, rules=shipped_rules()
                )
        fan.get("/inbox")
        with counting(desk) as sent:
            page = fan.get("/inbox").get_data(as_text=True)
        counts.append((len(listed(page)), len(sent)))
    assert [rows for rows, _queries in counts] == [1, 3]
    assert counts[0][1] == counts[1][1]


def test_statement_with_markup_is_shown_as_it_was_written(desk: Desk) -> None:
    bad = '<script>alert(1)</script><img src=x onerror="x()">\'"&河边垃圾没人管'
    tip_id = send(desk, account=bad, about=bad, place=bad, keep_away=bad, other_channels=bad)
    fan = desk.person("fan")
    for address in ("/inbox", f"/tips/{tip_id}", "/"):
        page = _text(fan, address)
        assert "<script>alert" not in page
        assert "<img src=x" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in _text(fan, f"/tips/{tip_id}")


def test_late_tip_carries_its_light_in_words(desk: Desk) -> None:
    tip_id = send(desk)
    with desk.office.database.write() as session:
        announce_tips(session, [tip_id], clock=desk.office.clock, rng=desk.office.rng, rules=shipped_rules())
    assert "Due soon" in _text(desk.person("fan"), "/inbox")
    desk.office.clock.advance(timedelta(days=5))
    page = _text(desk.person("fan"), "/inbox")
    assert "Overdue" in page
    assert "table-row-late" in page
