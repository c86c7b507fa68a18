"""The yearly register of numbers: taken with the document's issue, entered by hand, or void with a reason.

A number is 安政督〔2026〕5号: the office's letters and the kind's, the year, the count. It is taken in the
transaction that makes the document; a void one stays and is never given again. Must not know: pages.
Source: GB/T 9704-2012 §7.2.5; issue 4 "Official documents".
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.models import new_id
from verification.audit.events import Event
from verification.domain.acting import Acting
from verification.domain.inputs import Inputs, require
from verification.errors import InvalidInput, Refusal, Refused
from verification.models import DocumentNumber, DocumentRegister, VoidReason
from verification.policy.permissions import Permission
from verification.workflow.apply import FOR_CHANGE

_BRACKETS: Final = str.maketrans("[]（）()【】［］", "〔〕〔〕〔〕〔〕〔〕")
_FORM: Final = re.compile(r"([\u4e00-\u9fff]{1,20})〔(20\d\d)〕([1-9]\d{0,4})号")
_MARK: Final = re.compile(r"[\u4e00-\u9fff]{1,20}")
EXAMPLE: Final = "安政督〔2026〕5号"
#: The farthest a year may lie from this one.
_YEARS: Final = 1


@dataclass(frozen=True, slots=True)
class Numbered:
    """A number in its parts."""

    mark: str
    year: int
    number: int


def parse_number(text: str) -> Numbered | None:
    """What somebody typed; brackets of any kind and spaces are put right. None for what is no number."""
    match = _FORM.fullmatch(re.sub(r"\s+", "", text).translate(_BRACKETS))
    return None if match is None else Numbered(match[1], int(match[2]), int(match[3]))


def current_number(acting: Acting, document_id: uuid.UUID) -> DocumentNumber | None:
    """The number that a document has now."""
    query = select(DocumentNumber).where(
        DocumentNumber.document_id == document_id, DocumentNumber.void_reason.is_(None)
    )
    return acting.session.scalars(query).one_or_none()


def take_next(acting: Acting, *, document_id: uuid.UUID, mark: str) -> DocumentNumber:
    """The next number of this year under ``mark``. Nobody else takes it, whoever asks at the same time."""
    head = _head(acting, mark, acting.sealing.day.year)
    return _enter(acting, head, head.last + 1, document_id=document_id, by_hand=False)


def take_by_hand(acting: Acting, *, document_id: uuid.UUID, text: str) -> DocumentNumber:
    """A number that was given on paper. Raises InvalidInput (number) for a wrong form, Refused if known."""
    wanted = free_number(acting, text)
    head = _head(acting, wanted.mark, wanted.year)
    free_number(acting, text)  # again, now that nobody else can take it
    return _enter(acting, head, wanted.number, document_id=document_id, by_hand=True)


def free_number(acting: Acting, text: str) -> Numbered:
    """A number as typed, in its parts, that nobody has. Raises InvalidInput (number), Refused if known."""
    wanted = parse_number(text)
    if wanted is None:
        raise InvalidInput({"number": _l("Write it like %(example)s.", example=EXAMPLE)})
    if abs(wanted.year - acting.sealing.day.year) > _YEARS:
        raise InvalidInput({"number": _l("Please check the year.")})
    if _known(acting, wanted) is not None:
        raise Refused((Refusal("doc-number", _l("This number is in the register already."), "number"),))
    return wanted


def void_number(
    acting: Acting, *, mark: str, year: int | None, number: int | None, reason: VoidReason | None
) -> None:
    """A number stands for no document: one that was taken, or one that was never given out.

    Raises InvalidInput (mark, year, number, reason), Refused.
    """
    this_year = acting.sealing.day.year
    inputs = Inputs()
    if not _MARK.fullmatch(mark.strip()):
        inputs.wrong("mark", _l("Write the letters before the year, like %(example)s.", example=EXAMPLE[:3]))
    count = inputs.number("number", number, least=1, most=99_999)
    when = inputs.number("year", year, least=this_year - _YEARS, most=this_year + _YEARS)
    inputs.among("reason", reason, tuple(VoidReason))
    inputs.done()
    require(acting, Permission.DOCUMENT_NUMBER)
    wanted = Numbered(mark.strip(), when, count)
    head = _head(acting, wanted.mark, wanted.year)
    row = _known(acting, wanted) or _enter(acting, head, count, document_id=None, by_hand=True)
    if row.void_reason is not None:
        raise InvalidInput({"number": _l("This number is void already.")})
    row.void_reason, row.voided_by, row.voided_on = reason, acting.staff_id, acting.sealing.day
    acting.session.flush()
    acting.trace(
        Event.NUMBER_VOIDED,
        subject_kind="document-number",
        subject_id=row.id,
        facts={"number": row.said, "reason": reason},
    )


def numbers_of(acting: Acting, year: int) -> Sequence[DocumentNumber]:
    """A year's register, mark by mark, the newest number first."""
    query = select(DocumentNumber).where(DocumentNumber.year == year)
    return acting.session.scalars(query.order_by(DocumentNumber.mark, DocumentNumber.number.desc())).all()


def gaps_in(rows: Sequence[DocumentNumber]) -> dict[str, list[int]]:
    """Mark → numbers below its last one that are neither used nor void."""
    known: dict[str, set[int]] = {}
    for row in rows:
        known.setdefault(row.mark, set()).add(row.number)
    gaps = {mark: sorted(set(range(1, max(used))) - used) for mark, used in known.items()}
    return {mark: missing for mark, missing in gaps.items() if missing}


def _known(acting: Acting, wanted: Numbered) -> DocumentNumber | None:
    query = select(DocumentNumber).where(
        DocumentNumber.mark == wanted.mark,
        DocumentNumber.year == wanted.year,
        DocumentNumber.number == wanted.number,
    )
    return acting.session.scalars(query).one_or_none()


def _head(acting: Acting, mark: str, year: int) -> DocumentRegister:
    """The register's row for a mark and year, locked until this transaction ends."""
    session = acting.session
    head = session.get(DocumentRegister, (mark, year), with_for_update=FOR_CHANGE, populate_existing=True)
    if head is None:
        try:
            with session.begin_nested():
                session.add(DocumentRegister(mark=mark, year=year, last=0))
        except IntegrityError:
            pass  # somebody else began it in this very moment: theirs is waited for below
        head = session.get_one(
            DocumentRegister, (mark, year), with_for_update=FOR_CHANGE, populate_existing=True
        )
    return head


def _enter(
    acting: Acting, head: DocumentRegister, number: int, *, document_id: uuid.UUID | None, by_hand: bool
) -> DocumentNumber:
    row = DocumentNumber(
        id=new_id(acting.rng),
        mark=head.mark,
        year=head.year,
        number=number,
        by_hand=by_hand,
        document_id=document_id,
        taken_by=acting.staff_id,
        taken_on=acting.sealing.day,
    )
    head.last = max(head.last, number)
    acting.session.add(row)
    acting.session.flush()
    return row


def years_of(acting: Acting) -> list[int]:
    """The years that have numbers, the newest first."""
    query = select(DocumentNumber.year).distinct().order_by(DocumentNumber.year.desc())
    return list(acting.session.scalars(query))
