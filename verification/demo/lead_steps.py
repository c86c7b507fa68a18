"""What teams of the demo found beyond their cases, and what became of it, from reviews.toml."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from portal.models import Priority
from verification.demo.case_run import CaseRun
from verification.demo.county import HERE, read_toml
from verification.demo.diary import Diary
from verification.domain import leads
from verification.domain.casework import Brief, CaseFrame
from verification.models import CaseType, ContentBasis, DerivedLead, FieldRecord

#: After whatever happens to the case on the same day.
LEADS = 135


@dataclass(slots=True, repr=False)
class LeadRun:
    """One lead on its way."""

    run: CaseRun
    story: dict[str, Any]
    lead_id: uuid.UUID | None = None


def enter_leads(runs: Mapping[str, CaseRun], diary: Diary) -> None:
    """Enter every lead of this profile's cases into the diary."""
    for story in read_toml(HERE / "reviews.toml")["lead"]:
        if story["case"] not in runs:
            continue
        lead = LeadRun(runs[story["case"]], story)
        found = diary.ago(int(story["ago"]))
        diary.enter(diary.working_day(found), partial(_note, lead), order=LEADS)
        if step := _STEPS.get(story["until"]):
            diary.enter(diary.working_day(found + timedelta(days=1)), partial(step, lead), order=LEADS)


def _note(lead: LeadRun) -> None:
    with lead.run.as_(lead.run.team[0]) as (acting, case):
        shown = acting.session.query(FieldRecord.id).filter(FieldRecord.case_id == case.id).limit(1)
        row = leads.note_lead(
            acting,
            case_id=case.id,
            text=lead.story["text"],
            is_sweep=lead.story.get("sweep", False),
            records=[record for (record,) in shown],
        )
        lead.lead_id = row.id


def _take_up(lead: LeadRun) -> None:
    story = lead.story
    with lead.run.as_(lead.run.opener) as (acting, case):
        row = acting.session.get_one(DerivedLead, lead.lead_id)
        leads.take_up_lead(
            acting,
            lead_id=row.id,
            version=row.version,
            brief=Brief(story["title"], story["brief"], tuple(story["claims"])),
            frame=CaseFrame(
                case_type=CaseType.SPECIAL,
                content_basis=ContentBasis.DUTIES,
                category=case.category,
                priority=Priority.P3,
                town_id=None,
                unit_ids=tuple(lead.run.stage.units[unit] for unit in story["units"]),
            ),
        )


def _decline(lead: LeadRun) -> None:
    with lead.run.as_(lead.run.opener) as (acting, _case):
        row = acting.session.get_one(DerivedLead, lead.lead_id)
        leads.decline_lead(acting, lead_id=row.id, version=row.version, note=lead.story["reason"])


_STEPS: dict[str, Callable[[LeadRun], None]] = {"taken-up": _take_up, "declined": _decline}
