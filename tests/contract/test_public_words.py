"""Every code that the internal side may write on a tip has its words on the public side."""

from __future__ import annotations

from portal.web import words
from verification.policy.codes import CHANNELS, DECLINE_REASONS


def test_every_reason_and_channel_has_words_for_the_informant() -> None:
    assert words.REASONS.keys() == DECLINE_REASONS.keys()
    assert words.CHANNELS.keys() == CHANNELS.keys() - {"none"}
