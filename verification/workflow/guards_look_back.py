"""Guards of look-backs: who looks again, what a report needs, who settles it, and what a relapse opens.

Source: 2-domain §3 "look-back 90 d", §5 "fake rectification"; issue 4; rules.toml look-back-*.
"""

from __future__ import annotations

import uuid

from flask_babel import lazy_gettext as _l
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from verification.audit.events import Event
from verification.errors import Refusal
from verification.models import (
    RELAPSES,
    AuditEntry,
    Exhibit,
    ItemState,
    LookBack,
    LookBackFinding,
    LookBackMember,
    LookBackResult,
    LookBackState,
    RectificationItem,
    Staff,
    VerifiedHow,
)
from verification.workflow.facts import Facts
from verification.workflow.guards_asking import informants_of


def closers_of(session: Session, case_id: uuid.UUID) -> frozenset[uuid.UUID]:
    """Whoever ever verified an item of a case or signed it off: the rows name the last, the trail all."""
    items = session.scalars(select(RectificationItem).where(RectificationItem.case_id == case_id)).all()
    people = {person for item in items for person in (item.verified_by, item.signer_id)}
    query = select(AuditEntry.actor_id, AuditEntry.facts).where(
        AuditEntry.subject_id.in_([item.id for item in items]),
        AuditEntry.event.in_((Event.ITEM_VERIFIED.value, Event.ITEM_CLOSED_OFF.value)),
    )
    for actor_id, facts in session.execute(query):
        # On paper it is the act of whoever signed, not of who confirmed the paper.
        people.add(uuid.UUID(facts["signed_by"]) if "paper" in facts else actor_id)
    return frozenset(person for person in people if person is not None)


def lookers_of(session: Session, look_back_id: uuid.UUID) -> frozenset[uuid.UUID]:
    """Whoever is named to look again."""
    query = select(LookBackMember.staff_id).where(LookBackMember.look_back_id == look_back_id)
    return frozenset(session.scalars(query))


def closed_off_items(session: Session, case_id: uuid.UUID) -> frozenset[uuid.UUID]:
    """Items of a case that there is to look back at."""
    query = select(RectificationItem.id).where(
        RectificationItem.case_id == case_id, RectificationItem.state == ItemState.CLOSED_OFF
    )
    return frozenset(session.scalars(query))


def is_drawn_once(facts: Facts) -> Refusal | None:
    if facts.subject.sample_id is None:
        return None
    return Refusal("look-back-sample", _l("This case was drawn already."))


def one_has_fresh_eyes(facts: Facts) -> Refusal | None:
    if set(facts.given.get("team", ())) - closers_of(facts.session, facts.case_id):
        return None
    text = _l("Name at least one who neither verified nor signed off an item of this case.")
    return Refusal("look-back-fresh-eyes", text, "team")


def actor_looks_again(facts: Facts) -> Refusal | None:
    if facts.actor.staff_id in lookers_of(facts.session, facts.subject.id):
        return None
    return Refusal("team-two", _l("Only whoever was named to look again can do this."))


def lookers_are_whole(facts: Facts) -> Refusal | None:
    """Two of those named are still there and free of the case."""
    named = lookers_of(facts.session, facts.subject.id)
    active = select(Staff.id).where(Staff.id.in_(named), Staff.active.is_(True))
    free = set(facts.session.scalars(active)) - facts.recused()
    if len(free) >= facts.rules.number("team-two"):
        return None
    return Refusal("team-two", _l("Somebody named must keep away or has left. Have another named first."))


def item_is_looked_back_at(facts: Facts) -> Refusal | None:
    if facts.given.get("item") in closed_off_items(facts.session, facts.case_id):
        return None
    return Refusal("look-back-each", _l("This item was not closed off, so there is nothing to look back at."))


def every_item_is_looked_at(facts: Facts) -> Refusal | None:
    noted = select(LookBackResult.item_id).where(LookBackResult.look_back_id == facts.subject.id)
    left = closed_off_items(facts.session, facts.case_id) - set(facts.session.scalars(noted))
    if not left:
        return None
    return Refusal("look-back-each", _l("Say of each item whether it holds, or why it was not checked."))


def results_are_shown(facts: Facts) -> Refusal | None:
    bare = select(LookBackResult.id).where(
        LookBackResult.look_back_id == facts.subject.id,
        LookBackResult.finding != LookBackFinding.UNCHECKED,
        ~exists().where(Exhibit.look_back_result_id == LookBackResult.id),
    )
    if facts.session.scalar(bare.limit(1)) is None:
        return None
    text = _l("Whatever was checked is shown by at least one photo or document.")
    return Refusal("look-back-each", text)


def settler_did_not_look(facts: Facts) -> Refusal | None:
    if facts.actor.staff_id not in lookers_of(facts.session, facts.subject.id):
        return None
    return Refusal("look-back-separate", _l("You looked again yourself, so somebody else must settle it."))


def somebody_is_to_be_told(facts: Facts) -> Refusal | None:
    if facts.subject.told_on is None and informants_of(facts.session, facts.case_id):
        return None
    return Refusal("look-back-told", _l("There is nobody left to be told of this look-back."))


def relapse_was_told(facts: Facts) -> Refusal | None:
    """Nobody is asked whether it is fixed now who has not heard that it was not."""
    query = (
        select(LookBack.id)
        .join(LookBackResult, LookBackResult.look_back_id == LookBack.id)
        .where(
            LookBack.case_id == facts.case_id,
            LookBack.state == LookBackState.SETTLED,
            LookBack.told_on.is_(None),
            LookBackResult.finding.in_(RELAPSES),
        )
    )
    if facts.session.scalar(query.limit(1)) is None or not informants_of(facts.session, facts.case_id):
        return None
    return Refusal("look-back-told", _l("Tell the informants first that it was found again."))


def relapsed_one_is_seen_on_site(facts: Facts) -> Refusal | None:
    if not facts.subject.relapses or facts.given.get("how") is VerifiedHow.ON_SITE:
        return None
    text = _l("This item relapsed once, so it is verified on the spot and not by documents.")
    return Refusal("look-back-relapse", text, "how")


def _settled(facts: Facts) -> LookBack | None:
    """The settled look-back that an act names, if it is one of this case."""
    row = facts.named(LookBack, "look_back")
    if row is None or row.case_id != facts.case_id or row.state is not LookBackState.SETTLED:
        return None
    return row


def _findings(facts: Facts) -> set[LookBackFinding]:
    """What it found: of the item where an item is opened, of all of them otherwise."""
    row = _settled(facts)
    if row is None:
        return set()
    query = select(LookBackResult.finding).where(LookBackResult.look_back_id == row.id)
    if isinstance(facts.subject, RectificationItem):
        query = query.where(LookBackResult.item_id == facts.subject.id)
    return set(facts.session.scalars(query))


def look_back_found_relapse(facts: Facts) -> Refusal | None:
    if _findings(facts) & set(RELAPSES):
        return None
    return Refusal("look-back-relapse", _l("Only a settled look-back that found a relapse opens this again."))


def item_has_relapsed(facts: Facts) -> Refusal | None:
    if LookBackFinding.RELAPSED in _findings(facts):
        return None
    return Refusal("look-back-relapse", _l("No settled look-back says that this item has relapsed."))


def item_was_never_done(facts: Facts) -> Refusal | None:
    if LookBackFinding.NEVER_DONE in _findings(facts):
        return None
    return Refusal("item-false", _l("No settled look-back says that this item was never put right."))
