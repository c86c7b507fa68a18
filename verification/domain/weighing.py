"""Weighing evidence: what each exhibit and each record says to an allegation, and what is still missing.

One row of the matrix is judged at a time; every cell has a version of its own, so that two inspectors who
look at different photographs do not stand in each other's way.
Source: Reg. art. 16; issue 4 "Allegations × evidence"; rules.toml finding-exhibit, off-plan.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from portal.crypto.header import ObjectKind
from portal.models import new_id
from verification.audit.events import Event
from verification.domain.acting import Acting
from verification.domain.findings import open_allegation
from verification.domain.inputs import MEDIUM, Inputs
from verification.errors import StaleSubject
from verification.keys.addressees import of_case
from verification.models import Allegation, Case, EvidenceCell, Stance
from verification.policy.evidence import Source, sources_of


@dataclass(frozen=True, slots=True)
class Mark:
    """A cell as it was typed. ``stance`` None: left as it is. ``version``: 0 where nobody had judged it."""

    stance: Stance | None
    version: int


def weigh_evidence(
    acting: Acting,
    *,
    allegation_id: uuid.UUID,
    version: int,
    marks: Mapping[uuid.UUID, Mark],
    needed: str = "",
) -> Allegation:
    """Set cells of an allegation's row, by the ids of exhibits and records, and say what is still missing.

    Only what changes is compared and written. version: the allegation's, which ``needed`` was read with.
    Raises InvalidInput (marks, needed), Refused (not the team at work, not the state), StaleSubject, NotHere.
    """
    inputs = Inputs()
    words = inputs.text("needed", needed, most=MEDIUM, needed=False)
    inputs.done()
    allegation, case = open_allegation(acting, allegation_id, version=None)
    known = {source.id: source for source in sources_of(acting.session, case.id)}
    inputs.all_among("marks", marks, known)
    inputs.done()
    query = select(EvidenceCell).where(EvidenceCell.allegation_id == allegation_id)
    cells = {cell.exhibit_id or cell.record_id: cell for cell in acting.session.scalars(query)}
    changed = []
    for source_id, mark in marks.items():
        cell = cells.get(source_id)
        before = None if cell is None else cell.stance
        if mark.stance is None or mark.stance is before:
            continue
        if mark.version != (0 if cell is None else cell.version):
            raise StaleSubject(0 if cell is None else cell.version)
        _set(acting, allegation, known[source_id], cell=cell, stance=mark.stance)
        changed.append({"source": source_id.hex, "from": before, "to": mark.stance})
    lacks = _say_what_is_needed(acting, case, allegation, words=words, version=version)
    if changed or lacks:
        facts = {"allegation": allegation_id.hex, "cells": changed}
        acting.trace(Event.EVIDENCE_WEIGHED, subject_kind="case", subject_id=case.id, facts=facts)
    acting.session.flush()
    return allegation


def _set(
    acting: Acting, allegation: Allegation, source: Source, *, cell: EvidenceCell | None, stance: Stance
) -> None:
    if cell is None:
        cell = EvidenceCell(
            id=new_id(acting.rng),
            allegation_id=allegation.id,
            exhibit_id=source.id if source.is_exhibit else None,
            record_id=None if source.is_exhibit else source.id,
            version=0,
        )
        acting.session.add(cell)
    cell.stance, cell.version = stance, cell.version + 1
    cell.set_by, cell.set_at = acting.staff_id, acting.clock.now()


def _say_what_is_needed(
    acting: Acting, case: Case, allegation: Allegation, *, words: str, version: int
) -> bool:
    """Whether it changed."""
    before = str(acting.open(allegation.needed_id)["text"]) if allegation.needed_id else ""
    if words == before:
        return False
    if allegation.version != version:
        raise StaleSubject(allegation.version)
    sealed = acting.seal({"text": words}, kind=ObjectKind.RECORD, to=[of_case(case)]) if words else None
    allegation.needed_id, allegation.version = sealed, allegation.version + 1
    return True
