"""The ledger of cases: what it lists for whom, and what it costs."""

from __future__ import annotations

import re

from tests.support.desk import Desk
from tests.support.journey import Journey
from tests.verification.web.cases import opened_case
from tests.verification.web.test_inbox import counting, newer, older
from tests.verification.web.test_tips import text_of


def _rows(page: str) -> list[str]:
    return re.findall(r'<th scope="row"[^>]*>\s*<a href="/cases/([0-9a-f-]{36})"', page)


def test_ledger_lists_what_the_reader_can_open_and_nothing_else(desk: Desk) -> None:
    docketed = str(Journey(desk.office).docketed().case_id)
    draft = str(opened_case(desk))
    assert set(_rows(text_of(desk.person("fan").get("/cases")))) == {draft, docketed}
    assert set(_rows(text_of(desk.person("head").get("/cases")))) == {docketed}
    assert _rows(text_of(desk.person("du").get("/cases"))) == []
    walk = Journey(desk.office).signed()
    assert _rows(text_of(desk.person("du").get("/cases"))) == [str(walk.case_id)]


def test_ledger_number_of_queries_is_the_same_for_one_row_and_for_three(desk: Desk) -> None:
    counts = []
    for cases in (1, 2):
        for _one in range(cases):
            Journey(desk.office).docketed()
        head = desk.person("head")
        with counting(desk) as sent:
            page = text_of(head.get("/cases"))
        counts.append((len(_rows(page)), len(sent)))
    assert [rows for rows, _queries in counts] == [1, 3]
    assert counts[0][1] == counts[1][1]


def test_ledger_has_no_page_before_the_first_nor_after_the_last(desk: Desk) -> None:
    opened_case(desk)
    page = text_of(desk.person("fan").get("/cases"))
    assert (older(page), newer(page)) == (None, None)
    assert _rows(text_of(desk.person("fan").get("/cases?shelf=closed"))) == []
