"""Handing over on the page: noted, sent, received, the outcome; what is missing stands beside its field."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tests.support.desk import Desk
from tests.support.journey import Journey
from tests.verification.web.test_tips import text_of
from verification.models import Referral, ReferralState

FACTS = "收据与账册不符，见证据1。"


@pytest.fixture
def walk(desk: Desk) -> Journey:
    """A delivered conclusion."""
    return Journey(desk.office).delivered()


def _referral(desk: Desk) -> Referral:
    with desk.office.database.read() as session:
        return session.scalars(select(Referral)).one()


def test_matter_goes_its_way_on_one_page(desk: Desk, walk: Journey) -> None:
    page, du, fan = f"/cases/{walk.case_id}/referrals", desk.person("du"), desk.person("fan")
    assert "Nothing to hand over" in text_of(du.get(page))
    wrong = text_of(du.post(page, {"matter": "", "facts": FACTS}), 422)
    assert FACTS in wrong
    text_of(du.post(page, {"matter": "duty-crime", "facts": FACTS}), 303)
    assert "1 noted" in text_of(fan.get(f"/cases/{walk.case_id}"))
    sheet = text_of(fan.get(page))
    assert "No approval is needed" in sheet
    row, today = _referral(desk), walk.today.isoformat()
    sent = {"version": row.version, "organ": "supervision-commission", "sent_on": today, "number": "3号"}
    text_of(fan.post(f"/referrals/{row.id}/send", sent), 303)
    empty = {"version": _referral(desk).version, "received_on": today, "note": ""}
    assert "Please write something here." in text_of(fan.post(f"/referrals/{row.id}/receipt", empty), 422)
    text_of(fan.post(f"/referrals/{row.id}/receipt", empty | {"note": "收文88号"}), 303)
    known = {"version": _referral(desk).version, "outcome_on": today, "note": "已立案审查。"}
    text_of(fan.post(f"/referrals/{row.id}/outcome", known), 303)
    assert _referral(desk).state is ReferralState.ANSWERED
    assert "已立案审查。" in text_of(fan.get(page))
    compliance = text_of(fan.get(f"/cases/{walk.case_id}/compliance"))
    assert "handed over, with a receipt" in compliance


def test_inspector_notes_and_does_not_send_and_strangers_see_nothing(desk: Desk, walk: Journey) -> None:
    page = f"/cases/{walk.case_id}/referrals"
    text_of(desk.person("du").post(page, {"matter": "duty-violation", "facts": FACTS}), 303)
    row = _referral(desk)
    assert "Record that it was sent" not in text_of(desk.person("du").get(page))
    text_of(desk.person("wei").get(page), 404)
    stale = {"version": 9, "organ": "supervision-commission", "sent_on": walk.today.isoformat()}
    text_of(desk.person("shen").post(f"/referrals/{row.id}/send", stale), 409)
