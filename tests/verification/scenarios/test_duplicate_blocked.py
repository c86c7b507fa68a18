"""重复督查 blocked: a second inspection of the same unit on the same matter needs a written reason."""

from __future__ import annotations

import pytest

from tests.support.law import rules_of
from tests.support.story import Story
from tests.verification.law.test_docketing import drafted
from verification.domain import casework
from verification.errors import Refused
from verification.models import CaseState


def test_second_inspection_is_blocked_until_somebody_writes_why(story: Story) -> None:
    story.docketed()
    second = drafted(story.office)
    with pytest.raises(Refused) as blocked:
        second.on_case("fan", casework.propose_docketing)
    assert "overlap-reason" in rules_of(blocked)
    assert second.case.state is CaseState.DRAFT
    second.on_case("fan", casework.propose_docketing, overlap_reason="前次督查未涉及此路段。")
    with second.acting("head") as acting:
        assert second.case.overlap_reason_id is not None
        assert acting.open(second.case.overlap_reason_id)["text"] == "前次督查未涉及此路段。"
