"""Help across departments in the demo, from coordination.toml: asked, declined, ruled on, reported, late."""

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
from verification.domain import coordinating, coordination_parts
from verification.domain.acting import Acting
from verification.domain.coordination_texts import NewItem, NewPart, parts_of
from verification.models import Coordination, CoordinationPart

#: After whatever happens to the case on the same day.
HELPING = 145


@dataclass(slots=True, repr=False)
class HelpRun:
    """One item on its way."""

    run: CaseRun
    story: dict[str, Any]
    item_id: uuid.UUID | None = None

    def item(self, acting: Acting) -> Coordination:
        """As it stands."""
        return acting.session.get_one(Coordination, self.item_id)

    def part(self, acting: Acting, number: int) -> CoordinationPart:
        """A department's part, by its place from 1."""
        assert self.item_id is not None
        return parts_of(acting, self.item_id)[number - 1]


def enter_coordination(runs: Mapping[str, CaseRun], diary: Diary) -> None:
    """Enter the item into the diary, if this profile has its case."""
    story = read_toml(HERE / "coordination.toml")
    if story["case"] not in runs:
        return
    one = HelpRun(runs[story["case"]], story)
    begun = diary.ago(int(story["ago"]))

    def enter(after: int, step: Callable[[], None]) -> None:
        diary.enter(diary.working_day(begun + timedelta(days=after)), step, order=HELPING)

    enter(0, partial(_propose, one))
    enter(1, partial(_agree, one))
    for number, part in enumerate(story["part"], start=1):
        if "decline" in part:
            enter(2, partial(_decline, one, number, part))
            enter(3, partial(_rule, one, number, part))
            enter(4, partial(_endorse, one, number))
            continue
        enter(2, partial(_take_on, one, number, part))
        day = begun + timedelta(days=int(part["reported"]))
        photo = one.run.album.ask(part["scene"], day=day, town=one.run.story.town, comment="佐证")
        enter(int(part["reported"]), partial(_report, one, number, part, photo))
        if "confirmed" in part:
            enter(int(part["confirmed"]), partial(_confirm, one, number))
    enter(7, partial(_meet, one))


def _propose(one: HelpRun) -> None:
    story = one.story
    with one.run.as_(one.run.opener) as (acting, case):
        parts = [
            NewPart(
                number,
                one.run.stage.units[part["unit"]],
                part["work"],
                acting.sealing.day + timedelta(days=int(part["days"])),
                part.get("after"),
            )
            for number, part in enumerate(story["part"], start=1)
        ]
        row = coordinating.propose_coordination(
            acting,
            case_id=case.id,
            version=case.version,
            new=NewItem(story["title"], story["obstacle"], story["goal"], parts),
        )
        one.item_id = row.id


def _agree(one: HelpRun) -> None:
    with one.run.as_(one.run.director) as (acting, _case):
        row = one.item(acting)
        coordinating.agree_coordination(acting, coordination_id=row.id, version=row.version)


def _meet(one: HelpRun) -> None:
    with one.run.as_(one.run.opener) as (acting, _case):
        row = one.item(acting)
        coordinating.record_meeting(
            acting,
            coordination_id=row.id,
            version=row.version,
            held_on=acting.sealing.day,
            people=one.story["meeting_people"],
            agreed=one.story["meeting_agreed"],
        )


def _take_on(one: HelpRun, number: int, part: Mapping[str, Any]) -> None:
    with one.run.stage.acting(part["unit"]) as acting:
        row = one.part(acting, number)
        coordination_parts.take_on_part(acting, part_id=row.id, version=row.version)


def _decline(one: HelpRun, number: int, part: Mapping[str, Any]) -> None:
    with one.run.stage.acting(part["unit"]) as acting:
        row = one.part(acting, number)
        coordination_parts.decline_part(acting, part_id=row.id, version=row.version, note=part["decline"])


def _rule(one: HelpRun, number: int, part: Mapping[str, Any]) -> None:
    with one.run.as_(one.run.director) as (acting, _case):
        row = one.part(acting, number)
        coordination_parts.rule_part(acting, part_id=row.id, version=row.version, note=part["ruling"])


def _endorse(one: HelpRun, number: int) -> None:
    with one.run.as_(one.run.head) as (acting, _case):
        row = one.part(acting, number)
        coordination_parts.endorse_ruling(acting, part_id=row.id, version=row.version)


def _report(one: HelpRun, number: int, part: Mapping[str, Any], photo: int) -> None:
    with one.run.stage.acting(part["unit"]) as acting:
        row = one.part(acting, number)
        coordination_parts.report_part(
            acting,
            part_id=row.id,
            version=row.version,
            done=part["report"],
            proofs=one.run.exhibits([(photo, "佐证")]),
        )


def _confirm(one: HelpRun, number: int) -> None:
    with one.run.as_(one.run.team[0]) as (acting, _case):
        row = one.part(acting, number)
        coordination_parts.confirm_part(acting, part_id=row.id, version=row.version)
