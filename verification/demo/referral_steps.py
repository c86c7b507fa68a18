"""What cases of the demo hand over to the competent organs, from reviews.toml."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from verification.demo.case_run import CaseRun
from verification.demo.county import HERE, read_toml
from verification.demo.diary import Diary
from verification.domain import referring
from verification.models import Matter, Referral
from verification.workflow.guards_referral import ORGAN_OF

#: After whatever happens to the case on the same day.
REFERRALS = 130

#: Days after it was found on which each step comes; it is sent the same day.
_DAYS = {"found": 0, "sent": 0, "received": 1, "answered": 8}


@dataclass(slots=True, repr=False)
class ReferralRun:
    """One matter on its way."""

    run: CaseRun
    story: dict[str, Any]
    referral_id: uuid.UUID | None = None


def enter_referrals(runs: Mapping[str, CaseRun], diary: Diary) -> None:
    """Enter every referral of this profile's cases into the diary."""
    for story in read_toml(HERE / "reviews.toml")["referral"]:
        if story["case"] not in runs:
            continue
        matter = ReferralRun(runs[story["case"]], story)
        found = diary.ago(int(story["ago"]))
        for name, after in _DAYS.items():
            day = diary.working_day(found + timedelta(days=after))
            diary.enter(day, partial(_STEPS[name], matter), order=REFERRALS)
            if name == story["until"]:
                break


def _find(matter: ReferralRun) -> None:
    with matter.run.as_(matter.run.opener) as (acting, case):
        row = referring.note_matter(
            acting, case_id=case.id, matter=Matter(matter.story["matter"]), facts=matter.story["facts"]
        )
        matter.referral_id = row.id


def _send(matter: ReferralRun) -> None:
    organ = ORGAN_OF[Matter(matter.story["matter"])]
    given = {"organ": organ, "number": matter.story["number"], "sent_on": matter.run.today}
    _step(matter, referring.send_referral, given)


def _receive(matter: ReferralRun) -> None:
    given = {"received_on": matter.run.today, "note": matter.story["receipt"]}
    _step(matter, referring.record_receipt, given)


def _hear(matter: ReferralRun) -> None:
    given = {"outcome_on": matter.run.today, "note": matter.story["outcome"]}
    _step(matter, referring.record_outcome, given)


def _step(matter: ReferralRun, verb: Callable[..., object], given: Mapping[str, Any]) -> None:
    with matter.run.as_(matter.run.opener) as (acting, _case):
        row = acting.session.get_one(Referral, matter.referral_id)
        verb(acting, referral_id=row.id, version=row.version, **given)


_STEPS: dict[str, Callable[[ReferralRun], None]] = {
    "found": _find,
    "sent": _send,
    "received": _receive,
    "answered": _hear,
}
