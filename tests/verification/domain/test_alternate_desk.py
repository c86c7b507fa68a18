"""A tip about the office or a leader of the county stays with the alternate desk: no case, no director."""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy import select

from portal.clock import FixedClock
from portal.models import Desk, Message, MessageKind, ObjectGrant, Priority, Tip, TipState, new_id
from portal.models.records import Identity
from tests.support.office import TestOffice
from verification.domain import identity, triage
from verification.domain.informant_events import apply_informant_event
from verification.domain.notices import announce_tips
from verification.errors import KeyLocked, NotHere, Refused
from verification.models import Deadline, StaffNotice
from verification.policy.passing import record_passing
from verification.policy.rulebook import RuleKind, shipped_rules
from verification.queries.boards import openings_to_agree
from verification.workflow.states import Action, SubjectKind


def _opened(office: TestOffice, *, desk: Desk = Desk.ALTERNATE, by: str = "alternate") -> uuid.UUID:
    tip_id, _receipt = office.send_tip(identity=Identity(name="李某", contact="0000"), desk=desk)
    with office.acting(by) as acting:
        triage.open_tip(acting, acting.session.get_one(Tip, tip_id))
    return tip_id


def _told(office: TestOffice, tip_id: uuid.UUID) -> set[str]:
    logins = {row.id: login for login, row in office.staff.items()}
    with office.database.read() as session:
        query = select(StaffNotice.staff_id).where(StaffNotice.subject_id == tip_id)
        return {logins[staff_id] for staff_id in session.scalars(query)}


@pytest.mark.rule("alternate-apart")
def test_it_is_never_accepted_and_the_refusal_says_what_to_do(office: TestOffice) -> None:
    tip_id = _opened(office)
    with pytest.raises(Refused) as refused, office.acting("alternate") as acting:
        triage.accept_tip(
            acting, tip_id=tip_id, version=2, category="405", priority=Priority.P3, town_id=None
        )
    assert [refusal.rule_id for refusal in refused.value.refusals] == ["alternate-apart"]
    assert shipped_rules()["alternate-apart"].kind is RuleKind.DEFAULT
    with office.acting("alternate") as acting:
        tip = triage.hand_on_tip(acting, tip_id=tip_id, version=2, channel="higher-office", note="")
        assert tip.state is TipState.HANDED_ON


def test_it_joins_no_case_even_where_it_was_accepted_before(office: TestOffice) -> None:
    tip_id = _opened(office)
    with office.database.write() as session:
        session.get_one(Tip, tip_id).state = TipState.ACCEPTED
    with pytest.raises(Refused) as refused, office.acting("alternate") as acting:
        acting.apply(SubjectKind.TIP, tip_id, Action.JOIN_CASE, version=2)
    assert [refusal.rule_id for refusal in refused.value.refusals] == ["alternate-apart"]


def test_its_arrival_its_messages_and_its_clocks_are_told_to_its_own_desk_alone(
    office: TestOffice, clock: FixedClock
) -> None:
    told: dict[Desk, set[str]] = {}
    for desk, reader in ((Desk.DESK, "fan"), (Desk.ALTERNATE, "alternate")):
        tip_id = _opened(office, desk=desk, by=reader)
        with office.database.write() as session:
            announce_tips(session, [tip_id], clock=clock, rng=office.rng, rules=shipped_rules())
            session.flush()
            tip = session.get_one(Tip, tip_id)
            message = Message(
                id=new_id(office.rng), tip_id=tip_id, ordinal=1, kind=MessageKind.MATERIAL,
                object_id=tip.statement_id, sent_on=office.intake.today,
            )  # fmt: skip
            session.add(message)
            session.flush()
            apply_informant_event(session, message.id, clock=clock, rng=office.rng, rules=shipped_rules())
            deadline = session.scalars(select(Deadline).where(Deadline.subject_id == tip_id)).first()
            assert deadline is not None
            record_passing(session, deadline, clock=clock, rng=office.rng)
        told[desk] = _told(office, tip_id)
    assert told == {Desk.DESK: {"fan", "shen", "director"}, Desk.ALTERNATE: {"alternate"}}


def test_its_identity_takes_two_of_its_own_desk_and_never_the_director(office: TestOffice) -> None:
    tip_id = _opened(office)
    with office.acting("alternate") as acting:
        tip = acting.session.get_one(Tip, tip_id)
        opening_id = identity.ask_identity(acting, tip=tip, reason="核实线索").id
    for login in ("director", "head", "fan", "shen"):
        with office.acting(login) as acting:
            assert openings_to_agree(acting) == []
            with pytest.raises((KeyLocked, NotHere)):
                identity.agree_identity(acting, opening_id=opening_id)
    with pytest.raises(Refused), office.acting("alternate") as acting:
        identity.agree_identity(acting, opening_id=opening_id)
    with office.acting("second") as acting:
        assert [row.row.id for row in openings_to_agree(acting)] == [opening_id]
        identity.agree_identity(acting, opening_id=opening_id)
    with pytest.raises(KeyLocked), office.acting("second") as acting:
        triage.open_tip(acting, acting.session.get_one(Tip, tip_id))
    with office.acting("alternate") as acting:
        assert identity.read_identity(acting, opening_id=opening_id).name == "李某"


def test_the_directors_key_is_granted_nothing_of_it(office: TestOffice) -> None:
    grants: dict[Desk, set[uuid.UUID]] = {}
    for desk, reader in ((Desk.DESK, "fan"), (Desk.ALTERNATE, "alternate")):
        tip_id = _opened(office, desk=desk, by=reader)
        with office.database.read() as session:
            tip = session.get_one(Tip, tip_id)
            held = select(ObjectGrant.recipient_key_id).where(
                ObjectGrant.object_id.in_((tip.identity_id, tip.statement_id))
            )
            grants[desk] = set(session.scalars(held))
    assert office.keys.director.id in grants[Desk.DESK]
    assert office.keys.director.id not in grants[Desk.ALTERNATE]
