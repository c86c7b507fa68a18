"""Requests that somebody keep away: who asks, who decides, who keeps away."""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy import select

from tests.support.office import TestOffice
from tests.support.recusing import REASON, Recusing, notices_of, rules_of
from verification.audit.events import Event
from verification.domain import (
    recusing,
)
from verification.errors import InvalidInput, KeyLocked, NotHere, Refused
from verification.models import (
    AuditEntry,
    Deadline,
    RecusalOrigin,
    RecusalState,
    TaskMember,
)
from verification.queries.recusals import requests_to_decide, who_keeps_away
from verification.workflow.facts import Facts
from verification.workflow.states import Action, SubjectKind
from verification.workflow.table import BY_STATE_AND_ACTION


@pytest.fixture
def walk(office: TestOffice) -> Recusing:
    """A team of du and chen has signed for its task."""
    journey = Recusing(office)
    journey.signed()
    return journey


# --- asking ------------------------------------------------------------------------------------------------


@pytest.mark.rule("clock-recusal")
def test_request_of_a_third_person_is_sealed_timed_and_told_to_the_director(walk: Recusing) -> None:
    walk.asked("du", by="chen")
    assert walk.request.state is RecusalState.ASKED
    assert notices_of(walk.office, "director", Event.RECUSAL_ASKED) == 1
    with walk.acting("director") as acting:
        (read,) = recusing.read_requests(acting, recusing.requests_of(acting, walk.case_id))
        assert (read.asked_by, read.reason) == ("交通运输局办公室主任", REASON)
        clocks = acting.session.scalars(select(Deadline).where(Deadline.subject_id == walk.request_id))
        assert [clock.rule_id for clock in clocks] == ["clock-recusal"]
        assert [one.row.id for one in requests_to_decide(acting)] == [walk.request_id]
    with walk.acting("lian") as acting, pytest.raises(KeyLocked):
        recusing.read_requests(acting, [walk.request])


def test_whom_it_is_about_does_not_read_who_asked(walk: Recusing) -> None:
    walk.asked("du", by="chen")
    with walk.acting("du") as acting:
        (read,) = recusing.read_requests(acting, [walk.request])
        assert (read.asked_by, read.reason) == ("", "")
        assert requests_to_decide(acting) == []


def test_form_says_everything_that_is_missing_and_takes_no_identifier(walk: Recusing) -> None:
    wish = walk.wish(None, origin=None, ground=None, asked_by="", reason="")
    with walk.acting("fan") as acting, pytest.raises(InvalidInput) as empty:
        recusing.ask_recusal(acting, case_id=walk.case_id, wish=wish)
    assert set(empty.value.errors) == {"person", "origin", "ground", "reason"}
    with pytest.raises(InvalidInput) as number:
        walk.asked("du", asked_by="13812345678", reason="电话 13812345678")
    assert set(number.value.errors) == {"asked_by", "reason"}
    with pytest.raises(InvalidInput) as unnamed:
        walk.asked("du", asked_by="")
    assert set(unnamed.value.errors) == {"asked_by"}


def test_own_request_is_ones_own_and_one_waits_at_a_time(walk: Recusing) -> None:
    with pytest.raises(InvalidInput) as for_another:
        walk.asked("du", by="fan", origin=RecusalOrigin.OWN)
    assert set(for_another.value.errors) == {"origin"}
    walk.asked_oneself("du")
    with pytest.raises(InvalidInput) as twice:
        walk.asked("du")
    assert set(twice.value.errors) == {"person"}


@pytest.mark.parametrize("login", ["lian", "auditor", "admin"])
def test_who_reads_no_case_asks_nothing(walk: Recusing, login: str) -> None:
    with pytest.raises(Refused) as refused:
        walk.asked("du", by=login)
    assert rules_of(refused) == ["permission"]


# --- deciding ----------------------------------------------------------------------------------------------


@pytest.mark.rule("recusal-reason")
def test_director_decides_and_a_refusal_has_its_reason(walk: Recusing) -> None:
    walk.asked("du")
    with pytest.raises(Refused) as refused:
        walk.granted(by="fan")
    assert rules_of(refused) == ["permission"]
    with pytest.raises(Refused) as refused:
        walk.refused(note=" ")
    assert rules_of(refused) == ["recusal-reason"]
    walk.refused()
    assert walk.request.state is RecusalState.REFUSED
    assert walk.can_read("du")
    with walk.acting("fan") as acting:
        (clock,) = acting.session.scalars(select(Deadline).where(Deadline.subject_id == walk.request_id))
        assert clock.met_on == walk.today
    walk.asked("du", reason="又提供了新的材料。").granted()
    assert not walk.is_open_to("du")


@pytest.mark.rule("recusal-director", "csl-77")
def test_about_a_director_the_head_decides_and_nobody_about_themselves(walk: Recusing) -> None:
    walk.asked("director")
    assert notices_of(walk.office, "head", Event.RECUSAL_ASKED) == 1
    assert notices_of(walk.office, "director", Event.RECUSAL_ASKED) == 0
    with pytest.raises(Refused) as refused:
        walk.granted(by="director")
    assert set(rules_of(refused)) == {"recusal-director"}
    walk.granted(by="head")
    assert (
        "csl-77" in BY_STATE_AND_ACTION[SubjectKind.RECUSAL, RecusalState.ASKED, Action.GRANT_RECUSAL].rules
    )
    assert not walk.can_read("director")
    assert not walk.is_open_to("director")


def test_about_the_head_the_government_above_decides_and_its_letter_is_named(walk: Recusing) -> None:
    walk.asked("head")
    with pytest.raises(Refused) as refused:
        walk.granted(by="head", note="同意。")
    assert rules_of(refused) == ["recusal-director"]
    with pytest.raises(Refused) as refused:
        walk.granted(by="director")
    assert rules_of(refused) == ["recusal-director"]
    walk.granted(by="director", note="市政府督〔2026〕12号决定。")
    assert not walk.can_read("head")


def test_list_of_who_keeps_away_gives_every_reason(walk: Recusing) -> None:
    walk.asked("du").granted()
    with walk.acting("fan") as acting:
        away = {one.name: one for one in who_keeps_away(acting, walk.case_id)}
    assert set(away) == {"Person du", "Person insider"}
    assert away["Person du"].decided
    assert away["Person du"].ties == ()
    assert [kind for kind, _unit in away["Person insider"].ties] == [None]


def test_who_recorded_or_decided_it_had_a_part_in_the_case(walk: Recusing) -> None:
    walk.asked("wei", by="second").granted()
    with walk.acting("fan") as acting:
        facts = Facts(acting.session, walk.case, acting.actor, acting.clock, acting.rules, {})
        assert walk.office.staff_id("second") in facts.participants()
        assert walk.office.staff_id("director") in facts.participants()


def test_trail_names_the_request_and_nothing_of_its_words(walk: Recusing) -> None:
    walk.asked("du").granted()
    with walk.office.database.read() as session:
        entries = session.scalars(
            select(AuditEntry).where(AuditEntry.event.in_(("recusal.asked", "recusal.granted")))
        ).all()
        assert [entry.event for entry in entries] == ["recusal.asked", "recusal.granted"]
        assert REASON not in str([entry.facts for entry in entries])
        members = session.scalars(select(TaskMember.staff_id)).all()
    assert walk.office.staff_id("du") in members


def test_what_is_not_there_is_not_here(walk: Recusing) -> None:
    with walk.acting("fan") as acting, pytest.raises(NotHere):
        recusing.ask_recusal(acting, case_id=uuid.uuid4(), wish=walk.wish("du"))
    with walk.acting("director") as acting, pytest.raises(NotHere):
        recusing.grant_recusal(acting, request_id=uuid.uuid4(), version=1)
