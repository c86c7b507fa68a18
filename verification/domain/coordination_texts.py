"""Texts of coordination items: checking what is typed, sealing it, opening it for the case or a department.

What goes to a department is looked through like the unit's version of a conclusion (``wording``): people
outside the office read it, and it may not hint at who told the office. Departments hold no key of the case:
each opens its own part, and title and goal. Source: issue 4; Petitions Regulation 30.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from portal.crypto.header import ObjectKind
from verification.domain.acting import Acting
from verification.domain.inputs import LONG, MEDIUM, SHORT, Inputs
from verification.domain.items import unit_key
from verification.domain.wording import check_unit_text
from verification.keys.addressees import of_case
from verification.models import (
    INSPECTABLE,
    Case,
    Coordination,
    CoordinationPart,
    Exhibit,
    PartState,
    Unit,
)
from verification.models import CoordinationReport as Report
from verification.policy.wording import Wording

#: What a text between the office and a department is called inside its seal: nothing else is given on to one.
OUTWARD: Final = "department"
#: Where a ruling on a refusal stands, and its department may read it.
RULED: Final = (
    PartState.TAKEN_ON, PartState.REPORTED, PartState.RETURNED, PartState.DONE, PartState.RELEASED,
)  # fmt: skip
#: How many departments one item may have.
MOST_PARTS = 8


@dataclass(frozen=True, slots=True, repr=False)
class NewPart:
    """A department's part as typed. number: its row in the form, from 1; after: the row that it waits for."""

    number: int
    unit_id: uuid.UUID | None
    work: str
    due_on: date | None
    after: int | None = None


@dataclass(frozen=True, slots=True, repr=False)
class NewItem:
    """An item as typed; the first part is the lead department's."""

    title: str
    obstacle: str
    goal: str
    parts: Sequence[NewPart]


@dataclass(frozen=True, slots=True, repr=False)
class ItemWords:
    """An item opened for readers of its case. mechanism: empty unless carried on."""

    title: str
    obstacle: str
    goal: str
    note: str
    mechanism: str


@dataclass(frozen=True, slots=True, repr=False)
class ReadReport:
    """A department's report opened. returned: why it was sent back, if it was."""

    row: Report
    done: str
    returned: str
    proofs: tuple[Exhibit, ...]


def departments(acting: Acting) -> list[Unit]:
    """Bodies of the county that can be asked: they have a liaison's key."""
    query = select(Unit).where(Unit.kind.in_(INSPECTABLE), Unit.key_id.is_not(None))
    return list(acting.session.scalars(query.order_by(Unit.code)))


def checked_item(
    acting: Acting, case: Case, new: NewItem, *, inputs: Inputs, accepted: bool
) -> tuple[NewItem, Wording]:
    """The item without outer space; problems go into ``inputs`` beside title, obstacle, goal and the rows.

    accepted: this person has seen what the check of the wording found, and means it.
    """
    title = inputs.text("title", new.title, most=SHORT)
    obstacle = inputs.text("obstacle", new.obstacle, most=LONG)
    goal = inputs.text("goal", new.goal, most=MEDIUM)
    known = {unit.id for unit in departments(acting)}
    parts = [_checked_part(acting, one, inputs, known) for one in new.parts]
    if len(parts) > MOST_PARTS:
        inputs.wrong("unit-1", _l("Please name at most %(count)s departments.", count=MOST_PARTS))
    _check_rows(parts, inputs)
    outward = {"title": title, "goal": goal, **{f"work-{one.number}": one.work for one in parts}}
    wording = check_outward(acting, case, outward, inputs=inputs, accepted=accepted)
    return NewItem(title, obstacle, goal, parts), wording


def check_outward(
    acting: Acting, case: Case, texts: Mapping[str, str], *, inputs: Inputs, accepted: bool
) -> Wording:
    """Look through texts for departments, by field; what was found in all of them together."""
    found = [
        check_unit_text(acting, case, text, inputs=inputs, field=name, accepted=accepted)
        for name, text in texts.items()
    ]
    return Wording(
        identifiers=any(one.identifiers for one in found),
        words=tuple(dict.fromkeys(word for one in found for word in one.words)),
        complete=all(one.complete for one in found),
    )


def outward_text(
    acting: Acting, case: Case, field: str, typed: str, *, most: int = MEDIUM, accepted: bool
) -> str:
    """Words that a department will read, checked; may be empty, because a guard asks for them.

    On paper they were signed as they are: only identifiers are refused then. Raises InvalidInput (field,
    wording).
    """
    inputs, accepted = Inputs(), accepted or acting.paper is not None
    words = inputs.text(field, typed, most=most, needed=False)
    check_outward(acting, case, {field: words}, inputs=inputs, accepted=accepted)
    inputs.done()
    return words


def too_early(parts: Sequence[NewPart]) -> int | None:
    """The first row that is due before the row it waits for."""
    due = {one.number: one.due_on for one in parts}
    for one in parts:
        before = due.get(one.after) if one.after is not None else None
        if before is not None and one.due_on is not None and one.due_on < before:
            return one.number
    return None


def _checked_part(acting: Acting, one: NewPart, inputs: Inputs, known: set[uuid.UUID]) -> NewPart:
    today, row = acting.sealing.day, one.number
    inputs.among(f"unit-{row}", one.unit_id, known)
    work = inputs.text(f"work-{row}", one.work, most=MEDIUM)
    inputs.day(f"due-{row}", one.due_on, today=today, least=today)
    return NewPart(row, one.unit_id, work, one.due_on, one.after)


def _check_rows(parts: Sequence[NewPart], inputs: Inputs) -> None:
    """No department twice, and what a part waits for is another part that does not wait for it."""
    seen: set[uuid.UUID] = set()
    for one in parts:
        if one.unit_id is not None and one.unit_id in seen:
            inputs.wrong(f"unit-{one.number}", _l("This department has a part already."))
        seen |= {one.unit_id} if one.unit_id else set()
    after = {one.number: one.after for one in parts}
    for one in parts:
        step, passed = one.after, {one.number}
        while step is not None:
            if step in passed or step not in after:
                inputs.wrong(f"after-{one.number}", _l("Choose a part that does not wait for this one."))
                break
            passed.add(step)
            step = after[step]


# --- sealing and opening -----------------------------------------------------------------------------------


def seal_for_both(acting: Acting, case: Case, part: CoordinationPart, words: str) -> uuid.UUID:
    """A text between the office and one department."""
    readers = [of_case(case), unit_key(acting, part.unit_id)]
    return acting.seal({OUTWARD: words}, kind=ObjectKind.RECORD, to=readers)


def words_in(record: Mapping[str, Any]) -> str:
    """The words of a text, whether it is for a department or for the case alone."""
    return str(record[OUTWARD] if OUTWARD in record else record["text"])


def papers_of_unit(acting: Acting, unit_id: uuid.UUID) -> Iterator[uuid.UUID]:
    """All that was written to a department that was asked, or by it, and what is said of its proofs."""
    session = acting.session
    asked = select(CoordinationPart, Coordination).join(
        Coordination, Coordination.id == CoordinationPart.coordination_id
    )
    mine = asked.where(CoordinationPart.unit_id == unit_id, CoordinationPart.asked_at.is_not(None))
    rows = session.execute(mine).all()
    for part, item in rows:
        ruling = part.ruling_id if part.state in RULED else None
        written = (part.body_id, part.reason_id, ruling, item.shared_id, item.mechanism_id)
        yield from (one for one in written if one is not None)
    reports = session.scalars(
        select(Report).where(Report.part_id.in_([part.id for part, _item in rows]))
    ).all()
    yield from (one for row in reports for one in (row.body_id, row.returned_note_id) if one is not None)
    proofs = select(Exhibit.meta_id).where(Exhibit.part_report_id.in_([row.id for row in reports]))
    yield from session.scalars(proofs)


def parts_of(acting: Acting, item_id: uuid.UUID) -> list[CoordinationPart]:
    """An item's parts, the lead department's first."""
    query = select(CoordinationPart).where(CoordinationPart.coordination_id == item_id)
    return list(acting.session.scalars(query.order_by(CoordinationPart.ordinal)))


def read_item(acting: Acting, row: Coordination) -> ItemWords:
    """An item's texts, for readers of its case. Raises KeyLocked."""
    ids = [row.body_id, row.shared_id, row.note_id, row.mechanism_id]
    texts = acting.open_all(one for one in ids if one)
    shared = texts[row.shared_id]
    return ItemWords(
        title=str(shared["title"]),
        obstacle=str(texts[row.body_id]["obstacle"]),
        goal=str(shared["goal"]),
        note=str(texts[row.note_id]["text"]) if row.note_id else "",
        mechanism=words_in(texts[row.mechanism_id]) if row.mechanism_id else "",
    )


def read_part_reports(acting: Acting, part_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[ReadReport]]:
    """Reports by part, the newest first; a constant number of queries. Raises KeyLocked."""
    session = acting.session
    query = select(Report).where(Report.part_id.in_(part_ids)).order_by(Report.reported_at.desc(), Report.id)
    rows = session.scalars(query).all()
    texts = acting.open_all(one for row in rows for one in (row.body_id, row.returned_note_id) if one)
    proofs: dict[uuid.UUID | None, list[Exhibit]] = {}
    brought = select(Exhibit).where(Exhibit.part_report_id.in_([row.id for row in rows]))
    for exhibit in session.scalars(brought.order_by(Exhibit.ordinal)):
        proofs.setdefault(exhibit.part_report_id, []).append(exhibit)
    found: dict[uuid.UUID, list[ReadReport]] = {part_id: [] for part_id in part_ids}
    for row in rows:
        found[row.part_id].append(
            ReadReport(
                row=row,
                done=words_in(texts[row.body_id]),
                returned=words_in(texts[row.returned_note_id]) if row.returned_note_id else "",
                proofs=tuple(proofs.get(row.id, ())),
            )
        )
    return found
