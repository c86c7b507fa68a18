"""职务违法移送及回执: handed over the same day with nobody's approval, closed with a receipt alone."""

from __future__ import annotations

import pytest

from tests.support.desk import Desk
from tests.support.law import rules_of
from tests.support.story import Story
from verification.domain import answering, referring
from verification.errors import Refused
from verification.models import DocumentKind as K
from verification.models import ReferralState


def test_duty_violation_goes_today_and_its_receipt_comes_back(story: Story, desk: Desk) -> None:
    story.went_through()
    story.noted("du")
    story.told()
    with pytest.raises(Refused) as unsent:
        story.on_case("fan", answering.close_case)
    assert rules_of(unsent) == {"refer-receipt"}
    story.sent("fan")
    assert story.referral.sent_on == story.today
    sheet = story.paper_on(K.REFERRAL, story.referral_id)
    assert "安督移〔2026〕3号" in "".join(sheet.texts()) or "监察" in "".join(sheet.texts())
    with pytest.raises(Refused) as unsigned:
        story.on_case("fan", answering.close_case)
    assert rules_of(unsigned) == {"refer-receipt"}
    story.received()
    story.closed()
    given = {"outcome_on": story.today, "note": "已立案。"}
    story.on_referral("fan", referring.record_outcome, **given)
    assert story.referral.state is ReferralState.ANSWERED
    story.is_lawful(desk)
