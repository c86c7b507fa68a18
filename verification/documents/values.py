"""What templates may name: the groups of values, each kind of document seeing its own groups alone.

The shapes below are the whole vocabulary: an office's template is checked against them when it is loaded, and
whoever gathers values can fill in nothing else. A group that unit-facing kinds may see holds no statement, no
identity and no witness. Must not know: rows, keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Final, TypeAlias

Values: TypeAlias = dict[str, Any]


class Group(StrEnum):
    """A group of values, by the name templates call it."""

    OFFICE = "office"
    CASE = "case"
    UNITS = "units"
    UNIT = "unit"
    BRIEF = "brief"
    FINDINGS = "findings"
    PLAN = "plan"
    RECORD = "record"
    TAKEN = "taken"
    EXHIBITS = "exhibits"
    CONCLUSION = "conclusion"
    FILE = "file"
    ITEMS = "items"
    ITEM = "item"
    REVIEW = "review"
    REFERRAL = "referral"
    ASSIGNMENT = "assignment"
    USE = "use"
    TIP = "tip"


#: An item, alone or among others.
_ITEM: Final = {
    "number": "", "unit": "", "problem": "", "standard": "", "due_on": "", "state": "", "measures": "",
    "reported_on": "", "verification": "", "verified_by": "", "verified_on": "", "signer": "",
    "closed_on": "",
}  # fmt: skip

#: Every name of every group; a list holds one element that shows its own names.
SHAPES: Final[Mapping[Group, Values]] = {
    Group.OFFICE: {"name": "", "county": "", "government": "", "today": "", "made_by": ""},
    Group.CASE: {
        "number": "", "title": "", "type": "", "source": "", "content": "", "way": "", "category": "",
        "town": "", "opened_on": "", "opened_by": "", "proposed_by": "", "endorsed_by": "",
        "docketed_by": "", "docketed_on": "",
    },
    Group.UNITS: {"names": "", "list": [{"name": ""}]},
    Group.UNIT: {"name": ""},
    Group.BRIEF: {
        "text": "", "overlap": "", "endorsement": "", "claims": "",
        "allegations": [{"number": "", "text": ""}],
    },
    Group.FINDINGS: {
        "result": "",
        "list": [
            {"number": "", "text": "", "finding": "", "reasons": "", "statement": "", "exhibits": ""}
        ],
    },
    Group.PLAN: {
        "version": "", "content": "", "objects": "", "scope": "", "risks": "", "leader": "", "members": "",
        "outside": "", "materials": "", "methods": "", "unannounced": "", "starts_on": "", "ends_on": "",
        "people": "", "hours": "",
        "written_by": "", "approved_by": "", "approved_on": "",
    },
    Group.RECORD: {
        "kind": "", "method": "", "began_at": "", "minutes": "", "place": "", "unit": "", "people": "",
        "written_by": "", "off_plan": "", "arrival": "", "card_shown": "", "people_there": "", "seen": "",
        "person": "", "role": "", "refused": "", "questions": "", "read_back": "", "signed": "",
        "refused_sign": "", "refusal": "",
    },
    Group.TAKEN: {"list": [{"number": "", "what": "", "from_whom": "", "on": "", "remarks": "", "unit": ""}]},
    Group.EXHIBITS: {
        "list": [{"number": "", "name": "", "place": "", "note": "", "taken_on": "", "taken_by": ""}]
    },
    Group.CONCLUSION: {
        "version": "", "text": "", "approved_by": "", "approved_on": "", "delivered_on": "",
        "delivered_by": "",
    },
    Group.FILE: {"text": "", "drafted_by": "", "drafted_on": ""},
    Group.ITEMS: {"list": [_ITEM]},
    Group.ITEM: _ITEM,
    Group.REVIEW: {
        "unit": "", "applied_on": "", "application": "", "outcome": "", "decision": "", "decided_by": "",
        "decided_on": "", "delivered_on": "", "conclusion_on": "",
    },
    Group.REFERRAL: {
        "matter": "", "organ": "", "facts": "", "found_on": "", "found_by": "", "number": "", "sent_on": "",
    },
    Group.ASSIGNMENT: {
        "unit": "", "text": "", "ask": "", "due_on": "", "issued_on": "", "issued_by": "", "signed_on": "",
        "state": "", "asked": "", "questions": [{"number": "", "text": ""}],
    },
    Group.USE: {
        "kind": "", "receiver": "", "addressee": "", "text": "", "approved_by": "", "approved_on": "",
    },
    Group.TIP: {"received_on": "", "reason": "", "channel": ""},
}  # fmt: skip


def empty(groups: Iterable[Group]) -> Values:
    """Every value of these groups, empty; lists have one element."""
    return {group.value: _filled(SHAPES[group], "") for group in groups}


def full(groups: Iterable[Group], word: str) -> Values:
    """Every value of these groups says ``word``: for checking a template's other branches."""
    return {group.value: _filled(SHAPES[group], word) for group in groups}


def shaped(group: Group, given: Mapping[str, Any]) -> Values:
    """``given`` with the names that are missing empty. Raises KeyError for a name the group does not have."""
    return _fitted(SHAPES[group], given)


def fitted(group: Group, name: str, given: Iterable[Mapping[str, Any]]) -> list[Values]:
    """The elements of a list of a group, in its shape."""
    (element,) = SHAPES[group][name]
    return [_fitted(element, one) for one in given]


def _fitted(shape: Mapping[str, Any], given: Mapping[str, Any]) -> Values:
    if unknown := given.keys() - shape.keys():
        raise KeyError(min(unknown))
    blank = {name: [] if isinstance(value, list) else "" for name, value in shape.items()}
    return {**blank, **given}


def _filled(shape: Mapping[str, Any], word: str) -> Values:
    return {
        name: [_filled(value[0], word)] if isinstance(value, list) else word for name, value in shape.items()
    }
