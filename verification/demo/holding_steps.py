"""Papers, samples and talks under a code name in cases of the demo, from holdings.toml."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from verification.demo.case_run import CaseRun
from verification.demo.county import HERE, read_toml
from verification.demo.diary import Diary
from verification.domain import fieldwork, holdings
from verification.domain.acting import Acting
from verification.domain.fieldwork import RecordEntry
from verification.domain.holdings import Request
from verification.domain.record_forms import RECORD_FORMS
from verification.models import Holding, RecordKind
from verification.workflow.states import Action

#: After the team's own records, before anybody keeps away.
HOLDINGS = 135

_ENDINGS = {"returned": Action.RETURN_HOLDING, "denied": Action.NOTE_DENIAL}


def enter_holdings(runs: Mapping[str, CaseRun], diary: Diary) -> None:
    """Enter what the teams of this profile's cases asked for and took along."""
    told = read_toml(HERE / "holdings.toml")
    for kind, step in (("holding", _hold), ("talk", _talk)):
        for story in told[kind]:
            if story["case"] in runs:
                day = diary.working_day(diary.ago(int(story["ago"])))
                diary.enter(day, partial(step, runs[story["case"]], story), order=HOLDINGS)


def _hold(run: CaseRun, story: dict[str, Any]) -> None:
    with run.as_(run.team[0]) as (acting, _case):
        task_id = run.task(acting).id
        if story.get("sample"):
            words = {name: story[name] for name in ("what", "count", "from_whom", "kept_at")}
            fieldwork.log_record(acting, task_id=task_id, entry=_entry(run, RecordKind.SAMPLE, words))
            return
        due_on = run.today + timedelta(days=3)
        request = Request(what=story["what"], unit_id=run.unit_ids[0], due_on=due_on)
        row = holdings.ask_for_papers(acting, task_id=task_id, request=request)
        _go_on(acting, row, story)


def _go_on(acting: Acting, row: Holding, story: dict[str, Any]) -> None:
    until, today = story["until"], acting.sealing.day
    if until in ("returned", "copies"):
        holdings.receive(
            acting,
            holding_id=row.id,
            version=row.version,
            originals=until == "returned",
            received_on=today,
            back_on=today,
        )
    if until in _ENDINGS:
        holdings.end_holding(
            acting, holding_id=row.id, version=row.version, action=_ENDINGS[until], note=story["note"]
        )


def _talk(run: CaseRun, story: dict[str, Any]) -> None:
    words = {"questions": story["questions"], "card_shown": True, "read_back": True, "signed": True}
    entry = _entry(run, RecordKind.INTERVIEW, words, true_name=story["true_name"])
    with run.as_(run.team[0]) as (acting, _case):
        fieldwork.log_record(acting, task_id=run.task(acting).id, entry=entry)


def _entry(run: CaseRun, kind: RecordKind, words: dict[str, Any], **more: Any) -> RecordEntry:
    return RecordEntry(
        kind=kind,
        method=RECORD_FORMS[kind].method,
        began_at=run.stage.clock.now() - timedelta(minutes=50),
        minutes=30,
        unit_id=run.unit_ids[0],
        people=tuple(run.stage.staff[login] for login in run.team),
        place="",
        words=words,
        travel_minutes=20,
        **more,
    )
