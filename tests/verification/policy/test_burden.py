"""What burdens a unit is found in a plan's words and numbers; what a text forbids is no finding."""

from __future__ import annotations

import pytest

from verification.policy.burden import Burden, burdens_of


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("请各村逐级自查并于周五前报送。", (Burden.LAYERS,)),
        ("层层上报整改情况。", (Burden.LAYERS,)),
        ("由分管负责人全程陪同。", (Burden.ESCORT,)),
        ("请单位填报统计表。", (Burden.FORMS,)),
        ("另行编制问题台账。", (Burden.FORMS,)),
        ("组织45人参加座谈会。", (Burden.MEETING,)),
        ("召开动员会，约60人参加。", ()),
        ("召开动员会约60人参加。", (Burden.MEETING,)),
        ("召开12人座谈会。", ()),
        ("The unit provides an escort and fills in forms.", (Burden.ESCORT,)),
        ("Call a meeting of 80, then fill in a questionnaire.", (Burden.MEETING, Burden.FORMS)),
    ],
)
def test_burden_is_found_in_words(text: str, found: tuple[Burden, ...]) -> None:
    assert burdens_of([text], meeting_people=0, most_people=30) == found


@pytest.mark.parametrize(
    "text",
    [
        "不发通知、不打招呼、不听汇报、不用陪同接待，直奔基层、直插现场。",
        "不得要求填报表格，严禁逐级自查。",
        "No escort is asked for.",
        "查阅既有巡查台账和维修登记表。",
        "核查社会救助对象50人的发放记录。",
    ],
)
def test_what_is_forbidden_or_only_read_is_no_burden(text: str) -> None:
    assert burdens_of([text], meeting_people=0, most_people=30) == ()


def test_largest_meeting_counts_from_its_own_field_and_the_rule_says_how_many() -> None:
    assert burdens_of([], meeting_people=30, most_people=30) == ()
    assert burdens_of([], meeting_people=31, most_people=30) == (Burden.MEETING,)
    assert burdens_of(["召开12人座谈会"], meeting_people=0, most_people=10) == (Burden.MEETING,)
