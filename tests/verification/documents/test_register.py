"""The register of numbers: their form, the next one, by hand, void; a number belongs to its document."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from tests.support.made import Papers, rules
from tests.support.office import TestOffice
from verification.audit.events import Event
from verification.documents import making, register
from verification.documents.making import Numbering, Wanted
from verification.errors import InvalidInput, Refused
from verification.models import Document, DocumentKind, DocumentNumber, VoidReason


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("安政督〔2026〕5号", ("安政督", 2026, 5)),
        (" 安政督 [2026] 12 号 ", ("安政督", 2026, 12)),
        ("安政督（2026）5号", ("安政督", 2026, 5)),
        ("安政督〔2026〕05号", None),
        ("安政督2026-5", None),
        ("〔2026〕5号", None),
        ("安政督〔26〕5号", None),
        ("", None),
    ],
)
def test_number_has_its_form(typed: str, read: tuple[str, int, int] | None) -> None:
    found = register.parse_number(typed)
    assert (None if found is None else (found.mark, found.year, found.number)) == read


def test_numbers_run_by_mark_and_year_and_stay_with_their_document(office: TestOffice) -> None:
    walk = Papers(office)
    walk.proposed()
    year = walk.today.year
    first = walk.make(DocumentKind.DOCKETING_FORM, numbering=Numbering.NEXT)
    second = walk.make(DocumentKind.DOCKETING_FORM, numbering=Numbering.NEXT)
    again = walk.make(
        DocumentKind.DOCKETING_FORM, document_id=first.document_id, numbering=Numbering.NEXT, suggestion="改"
    )
    numbers = [first.number, second.number, again.number]
    assert numbers == [f"安政督立〔{year}〕{count}号" for count in (1, 2, 1)]
    assert walk.sheet(again).number == numbers[0]
    by_hand = walk.make(
        DocumentKind.DOCKETING_FORM, numbering=Numbering.BY_HAND, number=f"安政督立[{year}]5号"
    )
    assert by_hand.number == f"安政督立〔{year}〕5号"
    after = walk.make(DocumentKind.DOCKETING_FORM, numbering=Numbering.NEXT)
    assert after.number.endswith("6号")
    with walk.acting("fan") as acting:
        assert register.gaps_in(register.numbers_of(acting, year)) == {"安政督立": [3, 4]}


@pytest.mark.parametrize(
    ("typed", "field"), [("五号", "number"), ("安政督立〔2019〕1号", "number"), ("", "number")]
)
def test_number_by_hand_is_looked_at(office: TestOffice, typed: str, field: str) -> None:
    walk = Papers(office)
    walk.proposed()
    with pytest.raises(InvalidInput) as wrong:
        walk.make(DocumentKind.DOCKETING_FORM, numbering=Numbering.BY_HAND, number=typed)
    assert set(wrong.value.errors) == {field}
    with walk.acting("fan") as acting:
        assert acting.session.scalars(select(Document)).all() == []


@pytest.mark.rule("doc-number")
def test_number_is_used_once_and_a_refusal_uses_none_up(office: TestOffice) -> None:
    walk = Papers(office)
    walk.proposed()
    year = walk.today.year
    taken = walk.make(DocumentKind.DOCKETING_FORM, numbering=Numbering.NEXT)
    origin, wanted = walk.origin(DocumentKind.DOCKETING_FORM), Wanted({}, Numbering.BY_HAND, taken.number)
    with walk.acting("fan") as acting, pytest.raises(Refused) as refused:
        making.preview(acting, press=walk.press, origin=origin, wanted=wanted)
    assert rules(refused) == ["doc-number"]
    with pytest.raises(Refused):
        walk.make(DocumentKind.DOCKETING_FORM, numbering=Numbering.BY_HAND, number=taken.number)
    with pytest.raises(Refused):
        walk.make(DocumentKind.REPORT, numbering=Numbering.NEXT)
    following = walk.make(DocumentKind.DOCKETING_FORM, numbering=Numbering.NEXT)
    assert following.number == f"安政督立〔{year}〕2号"


def test_void_number_stays_and_is_never_given_again(office: TestOffice) -> None:
    walk = Papers(office)
    walk.proposed()
    year = walk.today.year
    row = walk.make(DocumentKind.DOCKETING_FORM, numbering=Numbering.NEXT)
    given: dict[str, Any] = {"mark": "安政督立", "year": year, "number": 1, "reason": VoidReason.MISPRINT}
    with pytest.raises(Refused), walk.acting("du") as acting:
        register.void_number(acting, **given)
    with walk.acting("director") as acting:
        register.void_number(acting, **given)
        register.void_number(acting, **given | {"number": 3, "reason": VoidReason.SKIPPED})
    with pytest.raises(InvalidInput), walk.acting("fan") as acting:
        register.void_number(acting, **given)
    with pytest.raises(Refused):
        walk.make(DocumentKind.DOCKETING_FORM, numbering=Numbering.BY_HAND, number=row.number)
    renewed = walk.make(DocumentKind.DOCKETING_FORM, document_id=row.document_id, numbering=Numbering.NEXT)
    assert renewed.number == f"安政督立〔{year}〕4号"
    with walk.acting("fan") as acting:
        rows = acting.session.scalars(select(DocumentNumber).order_by(DocumentNumber.number)).all()
        assert [(one.number, one.void_reason) for one in rows] == [
            (1, VoidReason.MISPRINT), (3, VoidReason.SKIPPED), (4, None),
        ]  # fmt: skip
    assert [fact["reason"] for fact in walk.entries(Event.NUMBER_VOIDED)] == ["misprint", "skipped"]
