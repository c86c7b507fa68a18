"""Who is to keep away from cases of the demo, and how their teams go on, from recusals.toml."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from verification.demo.case_run import CaseRun
from verification.demo.county import HERE, read_toml
from verification.demo.diary import Diary
from verification.domain import dispatch, recusing
from verification.domain.recusing import Wish
from verification.domain.teams import suggest_team
from verification.models import InterestKind, RecusalOrigin, RecusalRequest

#: After whatever else happens to the case on the same day.
RECUSALS = 140

#: What has happened by the end of a story.
_STEPS_UNTIL = {
    "asked": ("asked",),
    "refused": ("asked", "refused"),
    "granted": ("asked", "granted"),
    "replaced": ("asked", "granted", "replaced"),
}


@dataclass(slots=True, repr=False)
class RecusalRun:
    """One request on its way."""

    run: CaseRun
    story: dict[str, Any]
    request_id: uuid.UUID | None = None

    @property
    def member(self) -> str:
        """The login of the member it is about."""
        return self.run.team[int(self.story["member"])]


def enter_recusals(runs: Mapping[str, CaseRun], diary: Diary) -> None:
    """Enter every request of this profile's cases into the diary."""
    for story in read_toml(HERE / "recusals.toml")["recusal"]:
        if story["case"] not in runs:
            continue
        one = RecusalRun(runs[story["case"]], story)
        day = diary.working_day(diary.ago(int(story["ago"])))
        for name in _STEPS_UNTIL[story["until"]]:
            diary.enter(day, partial(_STEPS[name], one), order=RECUSALS)


def _ask(one: RecusalRun) -> None:
    story, run = one.story, one.run
    origin = RecusalOrigin(story["origin"])
    wish = Wish(
        person=run.stage.staff[one.member],
        origin=origin,
        ground=InterestKind(story["ground"]),
        asked_by=story.get("asked_by", ""),
        reason=story["reason"],
    )
    with run.as_(one.member if origin is RecusalOrigin.OWN else run.opener) as (acting, case):
        one.request_id = recusing.ask_recusal(acting, case_id=case.id, wish=wish).id


def _refuse(one: RecusalRun) -> None:
    _decide(one, recusing.refuse_recusal)


def _grant(one: RecusalRun) -> None:
    _decide(one, recusing.grant_recusal)


def _decide(one: RecusalRun, verb: Callable[..., object]) -> None:
    with one.run.as_(one.run.director) as (acting, _case):
        row = acting.session.get_one(RecusalRequest, one.request_id)
        verb(acting, request_id=row.id, version=row.version, note=one.story["decision"])


def _replace(one: RecusalRun) -> None:
    """The first who is free comes; a small office may have nobody, and then the task stands still."""
    run = one.run
    with run.as_(run.opener) as (acting, case):
        found = suggest_team(acting.session, case_id=case.id, clock=acting.clock, count=3)
        team = {run.stage.staff[login] for login in run.team}
        free = [one.staff_id for one in found.candidates if one.is_free and one.staff_id not in team]
        if not free:
            return
        task = run.task(acting)
        dispatch.replace_members(
            acting,
            task_id=task.id,
            version=task.version,
            newcomers=free[:1],
            leader=run.stage.staff[run.team[0]],
        )


_STEPS: dict[str, Callable[[RecusalRun], None]] = {
    "asked": _ask,
    "refused": _refuse,
    "granted": _grant,
    "replaced": _replace,
}
