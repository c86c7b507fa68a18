"""One tip: what was written, files, mailbox, and every decision of triage. Source: 1-mission journey 2."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from portal.models import Priority, Tip
from portal.models.records import Statement
from verification.domain import identity, triage
from verification.domain.acting import Acting
from verification.domain.duplicates import mark_files, same_files
from verification.domain.evidence import grant_waiting_files
from verification.domain.interfering import open_for_tip
from verification.domain.messages import mark_read
from verification.domain.reading import take_note
from verification.errors import Refusal
from verification.labels import PRIORITIES, label
from verification.policy.codes import CATEGORIES, CHANNELS, DECLINE_REASONS
from verification.policy.permissions import Permission
from verification.queries.interference import of_tip
from verification.queries.tips import TipView, read_tip
from verification.queries.units import towns
from verification.web.clocks import explained_clocks
from verification.web.explain import explained
from verification.web.forms import Typed
from verification.web.loaders import load_tip, names_of
from verification.web.office import acting_in
from verification.web.problems import NO_PROBLEM, Problem
from verification.web.routing import route
from verification.web.submit import attempt
from verification.web.words import (
    REPORTERS,
    SUBJECT_NAMES,
    category_name,
    channel_name,
    day,
    reason_name,
    unit_name,
)
from verification.workflow.apply import decide as decide_now
from verification.workflow.apply import possible_actions
from verification.workflow.facts import Facts
from verification.workflow.states import Action, SubjectKind

blueprint = Blueprint("tips", __name__)

_REFERRAL = ("supervision-commission", "judicial-organs")
_NOT_OURS = ("tax", "power", "ecology", "higher-office", "petition-office", "hotline", "police", "market")


@route(blueprint, "/tips/<uuid:tip_id>", permission=Permission.TIP_OPEN)
def show(tip_id: uuid.UUID) -> ResponseReturnValue:
    """Open a tip. Looking at it is traced, and the first look takes it into triage."""
    with acting_in(write=True) as acting:
        tip = load_tip(acting, tip_id)
        triage.open_tip(acting, tip)
        mark_read(acting, tip)
        take_note(acting, subject_id=tip_id)
        grant_waiting_files(acting, tip)
        mark_files(acting, tip)
        open_for_tip(acting, tip)
        return _page(acting, tip, typed=Typed.empty(), problem=NO_PROBLEM)


def tip_page(
    tip_id: uuid.UUID, *, typed: Typed, problem: Problem, open_form: str = ""
) -> ResponseReturnValue:
    """The page again, as the tip stands now, with what was typed in the form ``open_form``."""
    with acting_in() as acting:
        return _page(acting, load_tip(acting, tip_id), typed=typed, problem=problem, open_form=open_form)


def _page(acting: Acting, tip: Tip, *, typed: Typed, problem: Problem, open_form: str = "") -> str:
    view = read_tip(acting, tip)
    people = {opening.row.asked_by for opening in view.openings} | {
        opening.row.agreed_by for opening in view.openings
    }
    return render_template(
        "verification/tip.html",
        view=view, tip=tip, actions=possible_actions(kind=SubjectKind.TIP, subject=tip, actor=acting.actor),
        typed=typed, problem=problem, open_form=open_form, towns=towns(acting.session),
        categories=list(CATEGORIES.items()), priorities=list(PRIORITIES.items()),
        reasons=list(DECLINE_REASONS.items()), channels=list(CHANNELS.items()),
        organs=[(code, CHANNELS[code]) for code in _REFERRAL],
        offices=[(code, CHANNELS[code]) for code in _NOT_OURS],
        same=same_files(acting, tip), names=names_of(acting, people),
        clocks=explained_clocks(acting, view.clocks), A=Action, interference=of_tip(acting, tip.id),
        facts=_facts(view.statement), changes=_changes(view), coarse=_coarse(view),
        no_question=explained(_against_asking(acting, tip)),
        identity_choices=[
            (str(one.object_id), _("left on %(day)s", day=day(one.left_on)))
            for one in reversed(view.identities)
        ],
    )  # fmt: skip


def _against_asking(acting: Acting, tip: Tip) -> list[Refusal]:
    """Why no question may be put now; the page says so in the form's place."""
    facts = Facts(acting.session, tip, acting.actor, acting.clock, acting.rules, {})
    return decide_now(facts, kind=SubjectKind.TIP, action=Action.ASK_INFORMANT)[1]


def _facts(said: Statement) -> list[tuple[LazyString | str, LazyString | str]]:
    pairs: list[tuple[LazyString | str, LazyString | str]] = [
        (_l("About"), said.about),
        (_l("Kind of problem"), SUBJECT_NAMES[said.subject]),
        (_l("Place"), said.place),
        (_l("When"), said.when),
        (_l("From"), REPORTERS[said.reporter]),
        (_l("Tried before"), said.other_channels),
        (_l("Must not see this"), said.keep_away),
    ]
    return [(name, value) for name, value in pairs if value]


def _changes(view: TipView) -> dict[uuid.UUID, list[tuple[LazyString | str, LazyString | str]]]:
    """By message: what a form that was sent again says otherwise than the time before."""
    found, before = {}, view.statement
    for message in view.messages:
        if message.again is not None:
            known = {str(name): value for name, value in _facts(before)}
            found[message.row.id] = [
                (name, value) for name, value in _facts(message.again) if known.get(str(name)) != value
            ]
            before = message.again
    return found


def _coarse(view: TipView) -> list[tuple[LazyString | str, LazyString | str]]:
    tip = view.tip
    pairs = [
        (_l("Category"), category_name(tip.category)),
        (_l("Priority"), label(tip.priority) if tip.priority else ""),
        (_l("Town"), unit_name(view.town)),
        (_l("Reason"), reason_name(tip.closing_code)),
        (_l("Channel"), channel_name(tip.channel_code)),
    ]
    return [(name, value) for name, value in pairs if value]


# --- decisions ---------------------------------------------------------------------------------------------


def _accept(acting: Acting, tip_id: uuid.UUID, typed: Typed) -> None:
    priority = typed.needed("priority", Priority, Priority.P3)
    town_id = typed.one_id("town")
    typed.check()
    triage.accept_tip(
        acting, tip_id=tip_id, version=typed.version(), category=typed.text("category"), priority=priority,
        town_id=town_id,
    )  # fmt: skip


def _ask(acting: Acting, tip_id: uuid.UUID, typed: Typed) -> None:
    triage.ask_informant(acting, tip_id=tip_id, version=typed.version(), question=typed.text("question"))


def _end_wait(acting: Acting, tip_id: uuid.UUID, typed: Typed) -> None:
    triage.end_wait(acting, tip_id=tip_id, version=typed.version())


def _decline(acting: Acting, tip_id: uuid.UUID, typed: Typed) -> None:
    triage.decline_tip(
        acting, tip_id=tip_id, version=typed.version(), reason=typed.text("closing_code"),
        channel=typed.text("channel_code"), note=typed.text("note"),
    )  # fmt: skip


def _refer(acting: Acting, tip_id: uuid.UUID, typed: Typed) -> None:
    triage.refer_tip(
        acting, tip_id=tip_id, version=typed.version(), channel=typed.text("channel_code"),
        note=typed.text("note"),
    )  # fmt: skip


def _hand_on(acting: Acting, tip_id: uuid.UUID, typed: Typed) -> None:
    triage.hand_on_tip(
        acting, tip_id=tip_id, version=typed.version(), channel=typed.text("channel_code"),
        note=typed.text("note"),
    )  # fmt: skip


_DECISIONS: dict[str, Callable[[Acting, uuid.UUID, Typed], None]] = {
    "accept": _accept,
    "ask": _ask,
    "end-wait": _end_wait,
    "decline": _decline,
    "refer": _refer,
    "hand-on": _hand_on,
}


@route(
    blueprint,
    '/tips/<uuid:tip_id>/<any(accept, ask, "end-wait", decline, refer, "hand-on"):decision>',
    permission=Permission.TIP_TRIAGE,
    methods=["POST"],
)
def decide(tip_id: uuid.UUID, decision: str) -> ResponseReturnValue:
    """Carry out one decision."""
    typed = Typed.sent()

    def act(acting: Acting) -> str:
        load_tip(acting, tip_id)
        _DECISIONS[decision](acting, tip_id, typed)
        return url_for("tips.show", tip_id=tip_id)

    return attempt(
        act, again=lambda problem: tip_page(tip_id, typed=typed, problem=problem, open_form=decision)
    )


# --- identity ----------------------------------------------------------------------------------------------


@route(blueprint, "/tips/<uuid:tip_id>/identity", permission=Permission.IDENTITY_ASK, methods=["POST"])
def ask_identity(tip_id: uuid.UUID) -> ResponseReturnValue:
    """Ask the director to agree that the identity is opened."""
    typed = Typed.sent()

    def act(acting: Acting) -> str:
        identity.ask_identity(
            acting,
            tip=load_tip(acting, tip_id),
            reason=typed.text("reason"),
            identity_id=typed.one_id("identity_id"),
        )
        return url_for("tips.show", tip_id=tip_id, _anchor="identity")

    return attempt(
        act, again=lambda problem: tip_page(tip_id, typed=typed, problem=problem, open_form="identity")
    )


@route(
    blueprint,
    "/tips/<uuid:tip_id>/identity/<uuid:opening_id>",
    permission=Permission.IDENTITY_ASK,
    methods=["POST"],
)
def read_identity(tip_id: uuid.UUID, opening_id: uuid.UUID) -> ResponseReturnValue:
    """Show it once: reading is traced each time, so it is asked for with a button, not an address."""
    with acting_in(write=True) as acting:
        tip = load_tip(acting, tip_id)
        opened = identity.read_identity(acting, opening_id=opening_id)
        return render_template("verification/identity.html", tip=tip, identity=opened)
