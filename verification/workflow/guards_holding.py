"""Guards of field work's papers: what is held of a unit, and what an interview record must show.

Source: 2-domain §2 "Two people and showing a card"; rules.toml material-returned, interview-read-back.
"""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from verification.errors import Refusal
from verification.models import Holding, HoldingState, RecordKind, TaskMember
from verification.workflow.facts import Facts


def actor_is_on_its_team(facts: Facts) -> Refusal | None:
    if facts.session.get(TaskMember, (facts.subject.task_id, facts.actor.staff_id)) is not None:
        return None
    return Refusal("team-two", _l("Only the team of this task can do this."))


def return_names_receiver(facts: Facts) -> Refusal | None:
    if facts.given.get("has_note"):
        return None
    return Refusal("material-returned", _l("Write who took it back."), "note")


def keeping_has_reason(facts: Facts) -> Refusal | None:
    if facts.given.get("has_note"):
        return None
    return Refusal("material-returned", _l("Write why it is not given back."), "note")


def nothing_is_held(facts: Facts) -> Refusal | None:
    held = select(Holding.id).where(Holding.task_id == facts.subject.id, Holding.state == HoldingState.HELD)
    if facts.session.scalar(held.limit(1)) is None:
        return None
    text = _l("Papers or samples of this task have not been given back yet.")
    return Refusal("material-returned", text)


def interview_is_read_back(facts: Facts) -> Refusal | None:
    """A record of a talk is read back and signed, or says that the person refused."""
    given = facts.given
    if given.get("kind") is not RecordKind.INTERVIEW or given.get("refused"):
        return None
    if given.get("read_back") and (given.get("signed") or given.get("refused_sign")):
        return None
    text = _l("Read the record back, and note that it was signed or that the person refused to sign.")
    return Refusal("interview-read-back", text, "read_back")
