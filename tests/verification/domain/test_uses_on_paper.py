"""Uses of a conclusion on paper: approved by whom the rule names, signed for and answered by the unit."""

from __future__ import annotations

import pytest

from tests.support.office import TestOffice
from tests.verification.domain.test_paper_of_anything import on_paper, record
from tests.verification.domain.test_using import Using
from verification.domain import paper, using
from verification.errors import InvalidInput
from verification.models import Case, MeasureKind, MeasureState
from verification.workflow.states import Action


def test_use_goes_its_whole_way_on_paper(office: TestOffice) -> None:
    walk = Using(office)
    walk.delivered()
    walk.proposed_use(MeasureKind.CRITICISM)
    with pytest.raises(InvalidInput) as director:
        record(walk, Action.APPROVE_USE, "director", subject=walk.measure_id)
    assert set(director.value.errors) == {"signed_by"}
    on_paper(walk, Action.APPROVE_USE, "head", subject=walk.measure_id)
    assert walk.measure.approved_by == office.staff_id("head")
    walk.on_use("fan", using.send_use, number="", sent_on=walk.today)
    with pytest.raises(InvalidInput) as other:
        record(walk, Action.CONFIRM_USE, "other", subject=walk.measure_id)
    assert set(other.value.errors) == {"signed_by"}
    on_paper(walk, Action.CONFIRM_USE, "lian", subject=walk.measure_id)
    on_paper(walk, Action.REPLY_USE, "lian", subject=walk.measure_id, note="已整改到位。")
    with walk.acting("fan") as acting:
        (read,) = using.read_uses(acting, [walk.measure])
    assert (read.row.state, read.answer) == (MeasureState.ANSWERED, "已整改到位。")


def test_paper_to_an_organ_has_nobody_here_to_sign_for_it(office: TestOffice) -> None:
    walk = Using(office)
    walk.delivered()
    walk.written(MeasureKind.ADVICE)
    walk.on_use("fan", using.send_use, number="", sent_on=walk.today)
    with walk.acting("fan") as acting:
        case = acting.session.get_one(Case, walk.case_id)
        offered = {one.action for one in paper.signable(acting, case)}
    assert not offered & {Action.CONFIRM_USE, Action.REPLY_USE}
