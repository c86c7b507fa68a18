"""Closed cases of the demo that are looked back at before their time, from look_backs.toml, and one draw.

Owns: the shape of that file, and the days of its steps. A case that this profile has not is passed over.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import select

from verification.demo.case_run import CaseRun
from verification.demo.county import HERE, read_toml
from verification.demo.diary import Diary
from verification.demo.stage import Stage
from verification.domain import looking_back, sampling
from verification.domain.acting import Acting
from verification.domain.looking_back import Looked
from verification.domain.sampling import Draw
from verification.domain.teams import suggest_team
from verification.models import LookBack, LookBackFinding, Role
from verification.workflow.guards_look_back import closers_of

#: After whatever happens to the case on the same day.
LOOK_BACKS = 150

#: Days after the naming on which each step comes.
_DAYS = {"name": 0, "look": 3, "settle": 5, "tell": 6}


@dataclass(slots=True, repr=False)
class LookRun:
    """One look-back on its way. ``photos``: of each item, by its place in the album."""

    run: CaseRun
    story: dict[str, Any]
    photos: list[int]
    people: list[uuid.UUID] = field(default_factory=list)

    def row(self, acting: Acting) -> LookBack:
        """The look-back as it stands."""
        query = select(LookBack).where(LookBack.case_id == self.run.case_id)
        return acting.session.scalars(query.order_by(LookBack.ordinal)).first() or _missing()


def enter_look_backs(stage: Stage, runs: Mapping[str, CaseRun], diary: Diary) -> None:
    """Enter the draw, then every look-back of this profile's cases, into the diary."""
    data = read_toml(HERE / "look_backs.toml")
    draw = data["draw"]
    diary.enter(diary.working_day(diary.ago(int(draw["ago"]))), partial(_draw, stage, draw), order=LOOK_BACKS)
    for story in data["look_back"]:
        run = runs.get(story["case"])
        if run is None:
            continue
        named = diary.ago(int(story["ago"]))
        looked = named + timedelta(days=_DAYS["look"])
        photos = [
            run.album.ask(one["photo"], day=looked, town=run.story.town, comment="回头看")
            for one in story["look"]
        ]
        look, day = LookRun(run, story, photos), named
        for name, after in _DAYS.items():
            day = max(day, diary.working_day(named + timedelta(days=after)))
            diary.enter(day, partial(_STEPS[name], look), order=LOOK_BACKS)


def _missing() -> LookBack:
    raise ValueError("not closed yet, or without an item")


def _draw(stage: Stage, draw: Mapping[str, Any]) -> None:
    with stage.acting(stage.first(Role.DIRECTOR)) as acting:
        today = acting.sealing.day
        wanted = Draw(
            first=today - timedelta(days=int(draw["days"])),
            last=today,
            number=int(draw["number"]),
            share=None,
            due_on=today + timedelta(days=int(draw["within"])),
        )
        sampling.draw_sample(acting, wanted)


def _name(look: LookRun) -> None:
    """The director names two who are free, one of whom had no part in verifying and closing off."""
    with look.run.as_(look.run.director) as (acting, case):
        row = look.row(acting)
        everybody = suggest_team(acting.session, case_id=case.id, clock=acting.clock, count=2).candidates
        free = [one.staff_id for one in everybody if one.is_free]
        closers = closers_of(acting.session, case.id)
        look.people = sorted(free, key=lambda person: person in closers)[:2]
        looking_back.name_lookers(acting, look_back_id=row.id, version=row.version, people=look.people)


def _look(look: LookRun) -> None:
    """They go there, note each item and report."""
    login = look.run.stage.login_of(look.people[0])
    for item_id, said, photo in zip(look.run.items, look.story["look"], look.photos, strict=True):
        with look.run.as_(login) as (acting, _case):
            looking_back.note_result(
                acting,
                look_back_id=look.row(acting).id,
                item_id=item_id,
                looked=Looked(LookBackFinding(said["finding"]), said["seen"], acting.sealing.day),
                proofs=look.run.exhibits([(photo, "回头看现场")]),
            )
    with look.run.as_(login) as (acting, _case):
        row = look.row(acting)
        looking_back.report_look_back(acting, look_back_id=row.id, version=row.version)


def _settle(look: LookRun) -> None:
    """The director signs; what relapsed is ordered again."""
    story = look.story
    with look.run.as_(look.run.director) as (acting, _case):
        row = look.row(acting)
        looking_back.settle_look_back(
            acting,
            look_back_id=row.id,
            version=row.version,
            note=story["settled"],
            due_on=acting.sealing.day + timedelta(days=int(story.get("days", 30))),
            reasons={
                item_id: said.get("reason", "")
                for item_id, said in zip(look.run.items, story["look"], strict=True)
            },
        )


def _tell(look: LookRun) -> None:
    """The opener tells the informants."""
    with look.run.as_(look.run.opener) as (acting, _case):
        row = look.row(acting)
        looking_back.tell_informants(
            acting, look_back_id=row.id, version=row.version, text=look.story["told"]
        )


_STEPS: dict[str, Callable[[LookRun], None]] = {
    "name": _name,
    "look": _look,
    "settle": _settle,
    "tell": _tell,
}
