"""The informant's identity beside a referral: asked, not answered yet, and for the desk alone."""

from __future__ import annotations

import uuid

from sqlalchemy import select

from portal.models import MessageKind, Tip
from tests.support.desk import Desk
from tests.verification.domain.test_consenting import Consenting
from tests.verification.web.test_tips import text_of


def test_desk_asks_and_notes_that_it_went_along_and_others_see_no_such_page(desk: Desk) -> None:
    walk, fan = Consenting(desk.office).begun(), desk.person("fan")
    page = f"/referrals/{walk.referral_id}/identity"
    assert page in text_of(fan.get(f"/cases/{walk.case_id}/referrals"))
    assert page not in text_of(desk.person("director").get(f"/cases/{walk.case_id}/referrals"))
    assert "Not asked" in text_of(fan.get(page))
    ask = f"/referrals/{walk.referral_id}/consent"
    empty = {"tip": str(walk.tip_id), "text": ""}
    assert "Please write something here." in text_of(fan.post(ask, empty), 422)
    text_of(fan.post(ask, empty | {"text": "是否同意一并提供姓名？"}), 303)
    assert "No answer yet" in text_of(fan.get(page))
    send = {"version": walk.referral.version, "consent": str(walk.consent.id)}
    send |= {"went_on": walk.today.isoformat()}
    assert "has not agreed" in text_of(fan.post(page, send), 409)
    walk.answered(MessageKind.CONSENT_GIVEN).opened()
    assert "Agrees" in text_of(fan.get(page))
    text_of(fan.post(page, send), 303)
    assert "Went along" in text_of(fan.get(page))
    for login in ("director", "du", "lian"):
        text_of(desk.person(login).get(page), 404)
    text_of(fan.get(f"/referrals/{uuid.uuid4()}/identity"), 404)
    text_of(fan.post(ask, empty | {"tip": str(uuid.uuid4())}), 404)
    with desk.office.database.read() as session:
        assert session.scalars(select(Tip.identity_opened)).one()
