"""Gathering the values of a document: each group is opened only for the kinds that may see it.

Must not know: templates, layout.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from verification.documents.chinese import in_chinese
from verification.documents.gatherer import Gatherer
from verification.documents.gathering_case import (
    brief_values,
    case_values,
    conclusion_values,
    exhibits_values,
    file_values,
    findings_values,
    office_values,
    plan_values,
    record_values,
    taken_values,
    unit_values,
    units_values,
)
from verification.documents.gathering_outcome import (
    assignment_values,
    item_values,
    items_values,
    referral_values,
    review_values,
    tip_values,
    use_values,
)
from verification.documents.values import Group, Values, shaped


def gather(gatherer: Gatherer, groups: Iterable[Group]) -> Values:
    """The values of these groups, in Chinese. Raises NotHere, KeyLocked."""
    with in_chinese():
        return {group.value: shaped(group, _GROUPS[group](gatherer)) for group in groups}


_GROUPS: Final[dict[Group, Callable[[Gatherer], Values]]] = {
    Group.OFFICE: office_values,
    Group.CASE: case_values,
    Group.UNITS: units_values,
    Group.UNIT: unit_values,
    Group.BRIEF: brief_values,
    Group.FINDINGS: findings_values,
    Group.PLAN: plan_values,
    Group.RECORD: record_values,
    Group.TAKEN: taken_values,
    Group.EXHIBITS: exhibits_values,
    Group.CONCLUSION: conclusion_values,
    Group.FILE: file_values,
    Group.ITEMS: items_values,
    Group.ITEM: item_values,
    Group.REVIEW: review_values,
    Group.REFERRAL: referral_values,
    Group.ASSIGNMENT: assignment_values,
    Group.USE: use_values,
    Group.TIP: tip_values,
}
