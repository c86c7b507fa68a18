"""Opening a case that no tip began: from an instruction, a superior, the hotline, another case.

What it rests on is a paper: from whom, its number, its day. These words are sealed to the case; the code of
the source alone is plain. An instruction does not docket by being noted here: that takes its signed paper and
a second person (``paper``). Source: Reg. art. 11, 14; issue 4 "Cases of all five types".
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date

from flask_babel import lazy_gettext as _l

from portal.crypto.header import ObjectKind
from verification.domain.acting import Acting
from verification.domain.casework import Brief, CaseFrame, open_case, revise_case
from verification.domain.inputs import SHORT, Inputs
from verification.keys.addressees import of_case
from verification.models import Case, CaseSource
from verification.policy.redaction import find_identifiers

NUMBER_CHARACTERS = 60

#: Where a case without tips can come from.
SOURCES: tuple[CaseSource, ...] = tuple(source for source in CaseSource if source is not CaseSource.TIP)


@dataclass(frozen=True, slots=True, repr=False)
class Origin:
    """The paper that a case without tips rests on. ``number`` is empty where the paper has none."""

    from_whom: str
    number: str
    day: date | None


def open_from_paper(
    acting: Acting, *, source: CaseSource | None, origin: Origin, brief: Brief, frame: CaseFrame
) -> Case:
    """Open a draft case of any type that rests on a paper instead of tips.

    Raises InvalidInput (source, from_whom, number, day; title, brief, allegations, units, category), Refused.
    """
    source, checked = _checked(acting, source, origin)
    case = open_case(acting, tips=(), brief=brief, frame=frame, source=source)
    case.origin_id = _seal(acting, case, checked)
    acting.session.flush()
    return case


def revise_with_paper(
    acting: Acting,
    *,
    case: Case,
    version: int,
    source: CaseSource | None,
    origin: Origin,
    brief: Brief,
    frame: CaseFrame,
    copied_accepted: bool = False,
) -> Case:
    """Rewrite brief, frame and reference of a draft that no tip began. Raises as ``revise_case`` does."""
    source, checked = _checked(acting, source, origin)
    case = revise_case(
        acting, case=case, version=version, brief=brief, frame=frame, copied_accepted=copied_accepted
    )
    case.source, case.origin_id = source, _seal(acting, case, checked)
    acting.session.flush()
    return case


def read_origin(acting: Acting, case: Case) -> Origin | None:
    """The paper a case rests on; None for one from tips. Raises KeyLocked."""
    if case.origin_id is None:
        return None
    record = acting.open(case.origin_id)
    return Origin(str(record["from"]), str(record["number"]), date.fromisoformat(str(record["day"])))


def _checked(acting: Acting, source: CaseSource | None, origin: Origin) -> tuple[CaseSource, Origin]:
    inputs, today = Inputs(), acting.sealing.day
    known = inputs.among("source", source, SOURCES)
    whom = inputs.text("from_whom", origin.from_whom, most=SHORT)
    number = inputs.text("number", origin.number, most=NUMBER_CHARACTERS, needed=False)
    day = inputs.day("day", origin.day, today=today)
    if day > today:
        inputs.wrong("day", _l("This lies in the future."))
    for name, text in (("from_whom", whom), ("number", number)):
        if find_identifiers(text):
            inputs.wrong(name, _l("This holds a phone, identity or account number. Take it out."))
    inputs.done()
    assert known is not None
    return known, Origin(whom, number, day)


def _seal(acting: Acting, case: Case, origin: Origin) -> uuid.UUID:
    assert origin.day is not None
    record = {"from": origin.from_whom, "number": origin.number, "day": origin.day.isoformat()}
    return acting.seal(record, kind=ObjectKind.RECORD, to=[of_case(case)])
