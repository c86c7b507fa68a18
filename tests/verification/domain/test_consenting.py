"""Who reported it goes along only by their consent and an opening by two; the referral does not wait."""

from __future__ import annotations

import secrets
import uuid
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.crypto.receipt import Receipt
from portal.domain.drafts import DraftSecrets
from portal.domain.mailbox import open_mailbox, send
from portal.models import Message, MessageKind, Tip
from tests.support.law import rules_of
from tests.support.office import TestOffice
from tests.verification.domain.test_referring import Referring
from verification.domain import consenting, identity
from verification.domain.informant_events import apply_informant_event
from verification.errors import InvalidInput, NotHere, Refused
from verification.models import IdentityConsent
from verification.policy.rulebook import shipped_rules

QUESTION = "是否同意将您的姓名和联系方式一并移送？"


class Consenting(Referring):
    """A referral that was sent, and the informant of its case."""

    tip_id = uuid.UUID(int=0)

    @property
    def receipt(self) -> Receipt:
        """What the informant holds."""
        return self.receipts[-1]

    def begun(self) -> Consenting:
        """Noted and sent."""
        self.delivered()
        self.noted().sent()
        with self.office.database.read() as session:
            self.tip_id = session.scalars(select(Tip.id)).one()
        return self

    @property
    def consent(self) -> IdentityConsent:
        """As it stands."""
        with self.office.database.read() as session:
            return session.scalars(select(IdentityConsent)).one()

    def asked(self) -> Consenting:
        """The desk asks."""
        with self.acting("fan") as acting:
            consenting.ask_consent(acting, referral_id=self.referral_id, tip_id=self.tip_id, text=QUESTION)
        return self

    def answered(self, kind: MessageKind) -> Consenting:
        """The informant answers in the mailbox, and the worker takes it in."""
        mailbox = open_mailbox(self.office.intake, receipt=self.receipt)
        draft = DraftSecrets(secrets.token_bytes(32), secrets.token_bytes(32))
        send(
            self.office.intake,
            receipt=self.receipt,
            draft=draft,
            kind=kind,
            text="",
            reply_to=mailbox.open_consent,
        )
        with self.office.database.write() as session:
            message_id = session.scalars(select(Message.id).where(Message.kind == kind)).one()
            apply_informant_event(
                session,
                message_id,
                clock=self.office.clock,
                rng=self.office.rng,
                rules=shipped_rules(),
            )
        return self

    def opened(self) -> Consenting:
        """Two people open the identity."""
        with self.acting("fan") as acting:
            tip = acting.session.get_one(Tip, self.tip_id)
            opening = identity.ask_identity(acting, tip=tip, reason="移送需要联系来件人。")
            opening_id = opening.id
        with self.acting("director") as acting:
            identity.agree_identity(acting, opening_id=opening_id)
        return self

    def goes(self, login: str = "fan") -> None:
        """It goes along."""
        given = {"consent_id": self.consent.id, "went_on": self.today}
        self.on_referral(login, consenting.send_identity, **given)


@pytest.fixture
def walk(office: TestOffice) -> Consenting:
    """A sent referral."""
    return Consenting(office).begun()


@pytest.mark.rule("refer-identity", "identity-two")
def test_identity_goes_along_after_consent_and_opening_and_not_before(walk: Consenting) -> None:
    walk.asked()
    with pytest.raises(Refused) as nothing:
        walk.goes()
    assert rules_of(nothing) == {"refer-identity", "identity-two"}
    walk.answered(MessageKind.CONSENT_GIVEN)
    assert (walk.consent.given, walk.consent.answered_on) == (True, walk.today)
    with pytest.raises(Refused) as closed:
        walk.goes()
    assert rules_of(closed) == {"identity-two"}
    walk.opened()
    with pytest.raises(Refused) as director:
        walk.goes("director")
    assert rules_of(director) == {"permission"}
    walk.goes()
    assert (walk.consent.went_on, walk.consent.went_by) == (walk.today, walk.office.staff_id("fan"))
    assert walk.consent.opening_id is not None


def test_refusal_is_final_and_the_referral_goes_on(walk: Consenting) -> None:
    walk.asked().answered(MessageKind.CONSENT_REFUSED).opened()
    assert walk.consent.given is False
    with pytest.raises(Refused) as refused:
        walk.goes()
    assert rules_of(refused) == {"refer-identity"}
    with pytest.raises(Refused) as twice:
        walk.asked()
    assert rules_of(twice) == {"refer-identity"}
    walk.received()


def test_answer_that_stands_in_a_row_alone_does_not_count(walk: Consenting) -> None:
    walk.asked().opened()
    with walk.office.database.write() as session:
        session.scalars(select(IdentityConsent)).one().given = True
    with pytest.raises(Refused) as forged:
        walk.goes()
    assert rules_of(forged) == {"refer-identity"}


def test_mailbox_offers_the_question_until_it_is_answered(walk: Consenting) -> None:
    assert open_mailbox(walk.office.intake, receipt=walk.receipt).open_consent is None
    walk.asked()
    mailbox = open_mailbox(walk.office.intake, receipt=walk.receipt)
    assert mailbox.open_consent == walk.consent.message_id
    assert mailbox.messages[-1].text == QUESTION
    walk.answered(MessageKind.CONSENT_GIVEN)
    assert open_mailbox(walk.office.intake, receipt=walk.receipt).open_consent is None


def test_question_is_asked_of_an_informant_of_the_case_and_says_something(walk: Consenting) -> None:
    other, _receipt = walk.office.send_tip()
    with walk.acting("fan") as acting, pytest.raises(NotHere):
        consenting.ask_consent(acting, referral_id=walk.referral_id, tip_id=other, text=QUESTION)
    with walk.acting("du") as acting, pytest.raises(Refused):
        consenting.ask_consent(acting, referral_id=walk.referral_id, tip_id=other, text=QUESTION)
    with walk.acting("fan") as acting, pytest.raises(InvalidInput) as ahead:
        consenting.send_identity(
            acting,
            referral_id=walk.referral_id,
            version=walk.referral.version,
            consent_id=None,
            went_on=walk.today + timedelta(days=1),
        )
    assert set(ahead.value.errors) == {"went_on"}
