"""What people try with coordination items: proposing, agreeing, a department's part, rulings and ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from tests.support.model.acts import NOTE, Attempt, Choice, _stale
from tests.support.model.world import World
from verification.domain import coordinating, coordination_parts
from verification.domain.acting import Acting
from verification.domain.coordination_texts import NewItem, NewPart
from verification.models import Coordination, CoordinationPart
from verification.workflow.states import Action, SubjectKind

K, A = SubjectKind, Action
DESK, TEAM, LEADER, HEAD, DIRECTOR = ("fan", "shen"), ("du", "chen"), ("du",), ("head",), ("director",)
DEPARTMENTS = ("lian", "other")


def new_item(world: World, acting: Acting, choice: Choice) -> NewItem:
    """Two departments, the second waiting for the first; or one alone, or by dates that cannot be."""
    today = acting.sealing.day
    lead = NewPart(1, world.office.unit_id("transport"), "修复路面。", today + timedelta(days=10))
    second = NewPart(2, world.office.unit_id("housing"), "改造管网。", today + timedelta(days=20), 1)
    early = replace(second, due_on=today + timedelta(days=3))
    parts = choice.of((lead, second), (lead,), (lead, early))
    return NewItem("管线迁改", "管线权属不清。", "管线与路面同步完成。", parts)


def _propose(world: World, acting: Acting, choice: Choice) -> None:
    coordinating.propose_coordination(
        acting, case_id=world.case_id, version=world.case.version - _stale(choice),
        new=new_item(world, acting, choice),
    )  # fmt: skip


def _revise(world: World, acting: Acting, choice: Choice) -> None:
    row = world.one(Coordination, choice.luck)
    coordinating.revise_coordination(
        acting, coordination_id=row.id, version=row.version, new=new_item(world, acting, choice)
    )


def _carry_on(world: World, acting: Acting, choice: Choice) -> None:
    row = world.one(Coordination, choice.luck)
    coordinating.carry_on(
        acting, coordination_id=row.id, version=row.version, mechanism=choice.of("管线联席会议", ""),
        note=choice.of(*NOTE),
    )  # fmt: skip


def _meet(world: World, acting: Acting, choice: Choice) -> None:
    row = world.one(Coordination, choice.luck)
    coordinating.record_meeting(
        acting, coordination_id=row.id, version=row.version, held_on=acting.sealing.day, people="两局。",
        agreed="先迁管线。",
    )  # fmt: skip


def _on_item(verb: Callable[..., Any], *, note: bool = False) -> Callable[..., Any]:
    def act(world: World, acting: Acting, choice: Choice) -> Any:
        row = world.one(Coordination, choice.luck)
        more = {"note": choice.of(*NOTE)} if note else {}
        return verb(acting, coordination_id=row.id, version=row.version - _stale(choice), **more)

    return act


def _on_part(verb: Callable[..., Any], *, note: bool = False) -> Callable[..., Any]:
    def act(world: World, acting: Acting, choice: Choice) -> Any:
        row = world.one(CoordinationPart, choice.luck)
        more = {"note": choice.of(*NOTE)} if note else {}
        return verb(acting, part_id=row.id, version=row.version - _stale(choice), **more)

    return act


def _report(world: World, acting: Acting, choice: Choice) -> None:
    row = world.one(CoordinationPart, choice.luck)
    proofs = [world.walk.photo(b"after") for _ in range(choice.of(1, 0))]
    coordination_parts.report_part(
        acting, part_id=row.id, version=row.version, done="已完成。", proofs=proofs
    )


HELPING: tuple[Attempt, ...] = (
    Attempt(K.CASE, A.PROPOSE_COORDINATION, (*DESK, *LEADER), _propose),
    Attempt(K.COORDINATION, A.REVISE_COORDINATION, (*DESK, *LEADER), _revise),
    Attempt(K.COORDINATION, A.CHECK_COORDINATION, DESK, _on_item(coordinating.check_coordination)),
    Attempt(K.COORDINATION, A.AGREE_COORDINATION, DIRECTOR, _on_item(coordinating.agree_coordination)),
    Attempt(
        K.COORDINATION, A.RETURN_COORDINATION, DIRECTOR,
        _on_item(coordinating.return_coordination, note=True),
    ),
    Attempt(
        K.COORDINATION, A.WITHDRAW_COORDINATION, DESK,
        _on_item(coordinating.withdraw_coordination, note=True),
    ),
    Attempt(
        K.COORDINATION, A.FINISH_COORDINATION, (*DESK, *LEADER),
        _on_item(coordinating.finish_coordination, note=True),
    ),
    Attempt(K.COORDINATION, A.CARRY_ON_COORDINATION, DIRECTOR, _carry_on),
    Attempt(K.COORDINATION, A.RECORD_MEETING, (*DESK, *TEAM), _meet),
    Attempt(K.PART, A.TAKE_ON_PART, DEPARTMENTS, _on_part(coordination_parts.take_on_part)),
    Attempt(K.PART, A.DECLINE_PART, DEPARTMENTS, _on_part(coordination_parts.decline_part, note=True)),
    Attempt(K.PART, A.RULE_PART, DIRECTOR, _on_part(coordination_parts.rule_part, note=True)),
    Attempt(K.PART, A.RELEASE_PART, DIRECTOR, _on_part(coordination_parts.release_part, note=True)),
    Attempt(K.PART, A.ENDORSE_RULING, HEAD, _on_part(coordination_parts.endorse_ruling)),
    Attempt(K.PART, A.RETURN_RULING, HEAD, _on_part(coordination_parts.return_ruling, note=True)),
    Attempt(K.PART, A.REPORT_PART, DEPARTMENTS, _report),
    Attempt(K.PART, A.CONFIRM_PART, (*TEAM, *DESK), _on_part(coordination_parts.confirm_part)),
    Attempt(K.PART, A.RETURN_PART, (*TEAM, *DESK), _on_part(coordination_parts.return_part, note=True)),
)  # fmt: skip
