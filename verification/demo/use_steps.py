"""What is made of the demo's conclusions, from uses.toml: written, approved, sent, signed for, answered."""

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
from verification.domain import using
from verification.domain.using import UsePaper
from verification.models import Measure, MeasureKind
from verification.policy.uses import USES, Approval

#: After whatever happens to the case on the same day.
USES_ORDER = 140

#: Days after it was written on which each step comes.
_DAYS = {"written": 0, "proposed": 0, "approved": 1, "sent": 2, "received": 3, "answered": 7, "withdrawn": 8}


@dataclass(slots=True, repr=False)
class UseRun:
    """One use on its way."""

    run: CaseRun
    story: dict[str, Any]
    measure_id: uuid.UUID | None = None

    @property
    def kind(self) -> MeasureKind:
        """What it is."""
        return MeasureKind(self.story["kind"])

    @property
    def steps(self) -> list[str]:
        """Its steps in order, up to where the story ends."""
        until = str(self.story["until"])
        if until == "withdrawn":
            return ["written", "withdrawn"]
        names = ["written", "proposed", "approved", "sent", "received", "answered"]
        if USES[self.kind].approval is Approval.NONE:
            names = [name for name in names if name not in ("proposed", "approved")]
        return names[: names.index(until) + 1]


def enter_uses(runs: Mapping[str, CaseRun], diary: Diary) -> None:
    """Enter every use of this profile's cases into the diary."""
    for story in read_toml(HERE / "uses.toml")["use"]:
        if story["case"] not in runs:
            continue
        use = UseRun(runs[story["case"]], story)
        written = diary.ago(int(story["ago"]))
        for name in use.steps:
            day = diary.working_day(written + timedelta(days=_DAYS[name]))
            diary.enter(day, partial(_STEPS[name], use), order=USES_ORDER)


def _write(use: UseRun) -> None:
    story, unit = use.story, use.story.get("unit", "")
    paper = UsePaper(
        unit_id=use.run.stage.units[unit] if unit else None,
        organ=story.get("organ", ""),
        addressee=story.get("addressee", ""),
        text=story["text"],
    )
    with use.run.as_(use.run.opener) as (acting, case):
        use.measure_id = using.write_use(acting, case_id=case.id, kind=use.kind, paper=paper).id


def _step(use: UseRun, login: str, verb: Callable[..., object], **given: Any) -> None:
    with use.run.stage.acting(login) as acting:
        row = acting.session.get_one(Measure, use.measure_id)
        verb(acting, measure_id=row.id, version=row.version, **given)


def _propose(use: UseRun) -> None:
    _step(use, use.run.opener, using.propose_use)


def _approve(use: UseRun) -> None:
    director = USES[use.kind].approval is Approval.DIRECTOR
    _step(use, use.run.director if director else use.run.head, using.approve_use)


def _send(use: UseRun) -> None:
    _step(
        use, use.run.opener, using.send_use, number=use.story.get("number", ""), sent_on=use.run.today
    )  # fmt: skip


def _liaison(use: UseRun) -> str:
    """Who signs for it at a unit of ours; nobody at an organ, or where the unit has no liaison."""
    unit: str = use.story.get("unit", "")
    return unit if unit and use.run.stage.has_liaison(unit) else ""


def _receive(use: UseRun) -> None:
    if liaison := _liaison(use):
        _step(use, liaison, using.confirm_use)
        return
    note = use.story.get("receipt", "收发室签收。")
    _step(use, use.run.opener, using.record_use_receipt, received_on=use.run.today, note=note)


def _answer(use: UseRun) -> None:
    note = use.story["answer"]
    if liaison := _liaison(use):
        _step(use, liaison, using.reply_use, text=note)
        return
    _step(use, use.run.opener, using.record_use_outcome, answered_on=use.run.today, note=note)


def _withdraw(use: UseRun) -> None:
    _step(use, use.run.opener, using.withdraw_use, note=use.story["reason"])


_STEPS: dict[str, Callable[[UseRun], None]] = {
    "written": _write,
    "proposed": _propose,
    "approved": _approve,
    "sent": _send,
    "received": _receive,
    "answered": _answer,
    "withdrawn": _withdraw,
}
