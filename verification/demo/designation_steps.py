"""Departments that the demo's government designates, from designations.toml."""

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
from verification.domain import designating
from verification.domain.designating import DesignationFrame, Wording
from verification.models import Designation, DesignationDuty

#: After the case was docketed on the same day, before anybody is sent.
DESIGNATIONS = 110

#: What happens on the next working day, by how the story ends.
_ENDS: dict[str, tuple[str, ...]] = {
    "proposed": (),
    "made": ("make",),
    "returned": ("return",),
    "revoked": ("make", "revoke"),
}


@dataclass(slots=True, repr=False)
class DesignationRun:
    """One designation on its way."""

    run: CaseRun
    story: dict[str, Any]
    designation_id: uuid.UUID | None = None


def enter_designations(runs: Mapping[str, CaseRun], diary: Diary) -> None:
    """Enter every designation of this profile's cases into the diary."""
    for number, story in enumerate(read_toml(HERE / "designations.toml")["designation"]):
        if story["case"] not in runs:
            continue
        made = DesignationRun(runs[story["case"]], story)
        day = diary.working_day(diary.ago(int(story["ago"])))
        for index, name in enumerate(("write", *_ENDS[story["until"]])):
            diary.enter(day, partial(_STEPS[name], made), order=DESIGNATIONS + number * 3 + index)


def _write(made: DesignationRun) -> None:
    story, run = made.story, made.run
    frame = DesignationFrame(
        unit_id=run.stage.units[story["unit"]],
        duty=DesignationDuty(story["duty"]),
        starts_on=run.today,
        ends_on=run.today + timedelta(days=int(story["days"])),
        wide=bool(story["wide"]),
        number=story["number"],
    )
    wording = Wording(story["matter"], story["scope"], story["duty_words"])
    with run.as_(run.opener) as (acting, case):
        row = designating.write_designation(acting, case_id=case.id, wording=wording, frame=frame)
        made.designation_id = row.id


def _make(made: DesignationRun) -> None:
    _step(made, designating.make_designation, {})


def _return(made: DesignationRun) -> None:
    _step(made, designating.return_designation, {"note": made.story["note"]})


def _revoke(made: DesignationRun) -> None:
    _step(made, designating.revoke_designation, {"note": made.story["note"]})


def _step(made: DesignationRun, verb: Callable[..., object], given: Mapping[str, Any]) -> None:
    run = made.run
    with run.as_(run.head) as (acting, _case):
        row = acting.session.get_one(Designation, made.designation_id)
        verb(acting, designation_id=row.id, version=row.version, **given)


_STEPS: dict[str, Callable[[DesignationRun], None]] = {
    "write": _write,
    "make": _make,
    "return": _return,
    "revoke": _revoke,
}
