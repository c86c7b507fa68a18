"""Whether an informant's name goes along with a referral: asking them, and noting that it went (Art. 23).

The desk alone: nobody else can read the mailbox that the answer stands in.
"""

from __future__ import annotations

import uuid

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from verification.domain import consenting, referring
from verification.domain.acting import Acting
from verification.errors import NotHere
from verification.models import Case, Referral
from verification.policy.permissions import Permission
from verification.queries.cases import tips_of, titles_of
from verification.web.forms import Typed
from verification.web.loaders import load_case, load_tip, names_of
from verification.web.office import acting_in
from verification.web.problems import NO_PROBLEM, Problem
from verification.web.routing import route
from verification.web.submit import attempt

blueprint = Blueprint("consents", __name__)


@route(blueprint, "/referrals/<uuid:referral_id>/identity", permission=Permission.IDENTITY_ASK)
def show(referral_id: uuid.UUID) -> ResponseReturnValue:
    """Each informant of the case, whether they were asked, and what they said."""
    with acting_in() as acting:
        referral, case = _load(acting, referral_id)
        return _page(acting, referral, case, typed=Typed.empty(), problem=NO_PROBLEM)


@route(
    blueprint,
    "/referrals/<uuid:referral_id>/consent",
    permission=Permission.IDENTITY_ASK,
    methods=["POST"],
)
def ask(referral_id: uuid.UUID) -> ResponseReturnValue:
    """Put the question into one informant's mailbox."""
    typed = Typed.sent()

    def act(acting: Acting) -> str:
        _load(acting, referral_id)
        tip_id = typed.one_id("tip")
        typed.check()
        if tip_id is None:
            raise NotHere
        load_tip(acting, tip_id)
        consenting.ask_consent(acting, referral_id=referral_id, tip_id=tip_id, text=typed.text("text"))
        return url_for("consents.show", referral_id=referral_id)

    return attempt(act, again=lambda problem: _again(referral_id, typed, problem))


@route(
    blueprint,
    "/referrals/<uuid:referral_id>/identity",
    permission=Permission.IDENTITY_ASK,
    methods=["POST"],
)
def send(referral_id: uuid.UUID) -> ResponseReturnValue:
    """Note that who the informant is went along."""
    typed = Typed.sent()

    def act(acting: Acting) -> str:
        _load(acting, referral_id)
        consent_id, day = typed.one_id("consent"), typed.day("went_on")
        typed.check()
        consenting.send_identity(
            acting, referral_id=referral_id, version=typed.version(), consent_id=consent_id, went_on=day
        )
        return url_for("consents.show", referral_id=referral_id)

    return attempt(act, again=lambda problem: _again(referral_id, typed, problem))


def _load(acting: Acting, referral_id: uuid.UUID) -> tuple[Referral, Case]:
    referral = acting.session.get(Referral, referral_id)
    if referral is None:
        raise NotHere
    return referral, load_case(acting, referral.case_id)


def _again(referral_id: uuid.UUID, typed: Typed, problem: Problem) -> ResponseReturnValue:
    with acting_in() as acting:
        referral, case = _load(acting, referral_id)
        return _page(acting, referral, case, typed=typed, problem=problem)


def _page(acting: Acting, referral: Referral, case: Case, *, typed: Typed, problem: Problem) -> str:
    tips = tips_of(acting, case.id)
    consents = {row.tip_id: row for row in consenting.consents_of(acting, [referral.id])}
    (read,) = referring.read_referrals(acting, [referral])
    return render_template(
        "verification/consents.html",
        referral=referral,
        case=case,
        title=titles_of(acting, [case])[case.id],
        facts=read.facts,
        tips=[(tip, consents.get(tip.id)) for tip in tips],
        names=names_of(acting, [row.went_by for row in consents.values()]),
        today=acting.sealing.day,
        typed=typed,
        problem=problem,
    )
