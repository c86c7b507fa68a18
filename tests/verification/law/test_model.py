"""A machine tries legal and illegal acts by everybody, in any order, and the law holds after every step.

Each run takes one case at some stage and does what is next, or anything: every verb, by anybody, with the
right words or others, in any state; ``apply`` itself with any act of the table; days that pass. What must
hold is in ``tests.support.model.oracle`` and asks no guard.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from sqlalchemy.orm import Session

from portal.clock import FixedClock
from portal.db import Database
from tests.conftest import BEGINNING
from tests.support.model.acts import Attempt, Choice
from tests.support.model.attempts import ATTEMPTS, BESIDES
from tests.support.model.oracle import Oracle
from tests.support.model.world import LOGINS, STAGES, Stages, World, build
from tests.support.mutation import law_without
from tests.support.office import FoundedOffice
from verification.audit import events
from verification.audit.events import Event
from verification.domain.acting import Acting
from verification.policy import deadlines
from verification.workflow.states import SUBJECT_MODELS, Action, SubjectKind
from verification.workflow.table import BY_STATE_AND_ACTION, actions_from

pytestmark = pytest.mark.slow

SEEDS = range(10)
STEPS, RUNS = 51, 24
LUCK = st.integers(0, 2**32 - 1)


@pytest.fixture(scope="module")
def stages(founded_in_file: FoundedOffice, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stages]:
    """A case at every stage, walked there once."""
    folder = tmp_path_factory.mktemp("stages")
    database = Database(f"sqlite:///{folder / 'stages.sqlite3'}")
    founded_in_file.copied_file(database)
    office = founded_in_file.standing_in(
        database, clock=FixedClock(BEGINNING), chance=random.Random(1), blob_dir=folder / "blobs"
    )
    yield build(office)
    database.dispose()


class LawMachine(RuleBasedStateMachine):
    """One case and everybody. ``stages``, ``stage_names`` and ``steps`` are set by the test."""

    stages: Stages
    stage_names: tuple[str, ...]
    steps: int
    done: dict[str, int]

    @initialize(luck=LUCK)
    def begin(self, luck: int) -> None:
        stage = random.Random(luck).choice(self.stage_names)
        self.world = World(self.stages, stage)
        self.oracle = Oracle(self.world)

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.world.close()

    def _try(self, name: str, login: str, attempt: Attempt | None, choice: Choice) -> None:
        act = attempt.act if attempt is not None else BESIDES[name][1]
        refused = self.world.attempt(login, lambda acting: act(self.world, acting, choice))
        self._count(name, refused)

    def _count(self, name: str, refused: Exception | None) -> None:
        self.oracle.check(refused)
        type(self).steps += 1
        outcome = f"{name}: {'refused' if refused else 'done'}"
        type(self).done[outcome] = type(self).done.get(outcome, 0) + 1

    def _subjects(self) -> list[tuple[SubjectKind, Any]]:
        return [(kind, row) for kind, model in SUBJECT_MODELS.items() for row in self.world.standing(model)]

    def _within_reach(self) -> list[Attempt]:
        """Attempts on what the case has: on anything else each of them ends before the law is asked."""
        kinds = {kind for kind, _row in self._subjects()}
        return [attempt for attempt in ATTEMPTS if attempt.kind in kinds]

    @rule(luck=LUCK)
    def what_is_next(self, luck: int) -> None:
        """Whoever's turn it is does what the table offers, with the right words."""
        chance = random.Random(luck)
        states = {(kind, row.state) for kind, row in self._subjects()}
        offered = [
            attempt
            for attempt in ATTEMPTS
            for kind, state in states
            if kind is attempt.kind and (kind, state, attempt.action) in BY_STATE_AND_ACTION
        ]
        if not offered or chance.random() < 0.2:
            name = chance.choice(list(BESIDES))
            self._try(name, chance.choice(BESIDES[name][0]), None, Choice(chance, careful=True))
            return
        attempt = chance.choice(offered)
        self._try(attempt.action, chance.choice(attempt.who), attempt, Choice(chance, careful=True))

    @rule(luck=LUCK)
    def right_person_with_any_words(self, luck: int) -> None:
        """Whose act it is, in any state, with words that may be missing or wrong."""
        chance = random.Random(luck)
        attempt = chance.choice(self._within_reach())
        self._try(attempt.action, chance.choice(attempt.who), attempt, Choice(chance, careful=False))

    @rule(luck=LUCK)
    def anybody_tries_anything(self, luck: int) -> None:
        """Every verb by every role."""
        chance = random.Random(luck)
        name = chance.choice([*(attempt.action for attempt in self._within_reach()), *BESIDES])
        attempt = next((one for one in ATTEMPTS if one.action == name), None)
        self._try(name, chance.choice(LOGINS), attempt, Choice(chance, careful=chance.random() < 0.5))

    @rule(luck=LUCK)
    def anybody_applies_any_act_of_the_table(self, luck: int) -> None:
        """Past the verbs: the table and its guards alone, with nothing given."""
        chance = random.Random(luck)
        kind, subject = chance.choice(self._subjects())
        offered = [row.action for row in actions_from(kind, subject.state)]
        action = chance.choice(offered if offered and chance.random() < 0.7 else list(Action))

        def act(acting: Acting) -> None:
            acting.apply(kind, subject.id, action, version=subject.version)

        savepoint = self.world.session.begin_nested()
        refused = self.world.attempt(chance.choice(LOGINS), act)
        # What a verb writes beside an act is missing here: the state is looked at, and taken back.
        if refused is None:
            self.oracle.peek()
        savepoint.rollback()
        self.world.forget()
        self._count("apply", refused)

    @rule(days=st.sampled_from((1, 1, 3, 14)))
    def days_pass(self, days: int) -> None:
        """Clocks run on, terms end."""
        self.world.wait(days)
        type(self).steps += 1


def machine_on(stages: Stages, *, stage_names: tuple[str, ...] = tuple(STAGES)) -> type[LawMachine]:
    """A machine of its own, because it counts."""

    class Machine(LawMachine):
        pass

    Machine.stages, Machine.stage_names, Machine.steps, Machine.done = stages, stage_names, 0, {}
    return Machine


def drive(machine: type[LawMachine], *, runs: int, number: int) -> None:
    """Run it, the same each time for one ``number``."""
    print(f"seed {number}")
    seed(number)(machine)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=runs, stateful_step_count=STEPS, database=None, deadline=None,
            phases=(Phase.generate,), suppress_health_check=list(HealthCheck), report_multiple_bugs=False,
        ),
    )  # fmt: skip


#: A rule → where a case has to stand for the machine to come upon what it forbids, and what it says then.
NOTICED: dict[str, tuple[str, tuple[str, ...]]] = {
    "field-after-docket": ("field work without docketing", ("a team without docketing",)),
    "off-plan": ("outside the plan", ("outside the plan",)),
    "reg-17-apart": ("took part in the conclusion", ("applied for review",)),
    "finding-each": ("closed without a finding", ("without findings",)),
    "finding-exhibit": ("closed without exhibits", ("without exhibits",)),
    "close-items": ("closed with an open item", ("ordered",)),
    "item-verified": ("verified by somebody outside the team", ("reported under review",)),
    "close-off-uninvolved": ("the team signs for itself", ("reported",)),
    "clock-sign": ("task dispatched has", ("planned",)),
    "reg-17-review": ("review applied has", ("delivered",)),
}


@pytest.mark.parametrize("rule_id", NOTICED)
def test_the_machine_notices_a_rule_that_is_gone(stages: Stages, rule_id: str) -> None:
    says, stage_names = NOTICED[rule_id]
    machine = machine_on(stages, stage_names=stage_names)
    with law_without(rule_id), pytest.raises(AssertionError, match=says):
        drive(machine, runs=200, number=1)


def test_the_machine_notices_an_act_that_leaves_no_trace(
    stages: Stages, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forget(session: Session, *, event: Event, **_more: object) -> None:
        if event is not Event.TASK_SIGNED:
            append(session, event=event, **_more)  # type: ignore[arg-type]  # passed on as they came

    append = events.append
    monkeypatch.setattr(events, "append", forget)
    with pytest.raises(AssertionError, match="beside the trail"):
        drive(machine_on(stages, stage_names=("dispatched",)), runs=60, number=1)


def test_the_machine_notices_a_clock_that_ends_on_another_day(
    stages: Stages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadlines, "add_workdays", lambda _session, *, start, count: start + timedelta(count))
    with pytest.raises(AssertionError, match="ends"):
        drive(machine_on(stages, stage_names=("delivered", "reported")), runs=60, number=1)


@pytest.mark.parametrize("number", SEEDS)
def test_law_holds_after_every_step(stages: Stages, number: int) -> None:
    """Twenty thousand steps in all; the seeds of each part are printed."""
    machine, wanted = machine_on(stages), 20_000 // len(SEEDS)
    for part in range(5):
        if machine.steps < wanted:
            drive(machine, runs=RUNS, number=number * 10 + part)
    print(machine.steps, sorted(machine.done.items()))
    assert machine.steps >= wanted
