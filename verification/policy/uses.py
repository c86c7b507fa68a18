"""What each use of a conclusion needs: whose approval, which receiver, and what it must rest on.

One table, read by guards, pages and documents. Must not know: states, pages.
Source: Reg. art. 13, 19–22, 25; 2-domain §2; the rules named here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from verification.models import MeasureKind as K
from verification.models import Role


class Approval(StrEnum):
    """Who must approve before it is sent."""

    HEAD = "head-of-government"
    DIRECTOR = "director"
    NONE = "nobody"


#: The role of each.
APPROVER: Final[dict[Approval, Role | None]] = {
    Approval.HEAD: Role.HEAD,
    Approval.DIRECTOR: Role.DIRECTOR,
    Approval.NONE: None,
}


class Rests(StrEnum):
    """What must be there before it is made."""

    CONCLUSION = "conclusion"
    UNTRUE = "untrue-finding"
    CRITICISM = "approved-criticism"
    OBSTRUCTION = "obstruction-record"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Use:
    """rule: why it may be made, and who approves. organs: codes it may go to; empty: to a unit of ours."""

    approval: Approval
    rule: str
    rests: Rests
    organs: tuple[str, ...] = ()
    to_unit: bool = False


#: Receivers that are no inspected unit.
ORGANS: Final[dict[str, LazyString]] = {
    "government": _l("The county government and its head"),
    "supervision-commission": _l("The supervision commission"),
    "appointing-organ": _l("The organ or unit that appoints and removes the person"),
    "superior-department": _l("The department in charge of the responsible unit"),
    "law-enforcement-supervision": _l("The organ for law-enforcement supervision"),
    "document-review": _l("The organ for the review of filed documents"),
    "other-organ": _l("Another organ, named in the paper"),
    "public": _l("The public"),
}

_ACCOUNTABLE = ("supervision-commission", "appointing-organ", "superior-department")

#: Every kind of use.
USES: Final[dict[K, Use]] = {
    K.COMMENDATION: Use(Approval.HEAD, "reg-21", Rests.CONCLUSION, to_unit=True),
    K.INCENTIVE: Use(Approval.HEAD, "reg-21", Rests.CONCLUSION, to_unit=True),
    K.CRITICISM: Use(Approval.HEAD, "reg-21", Rests.CONCLUSION, to_unit=True),
    K.ACCOUNTABILITY: Use(Approval.HEAD, "reg-21-organ", Rests.CONCLUSION, _ACCOUNTABLE),
    K.PUBLISH_CASE: Use(Approval.HEAD, "use-publication", Rests.CRITICISM, ("public",)),
    K.PUBLISH_OVERDUE: Use(Approval.HEAD, "use-publication", Rests.CONCLUSION, ("public",)),
    K.CLEARING: Use(Approval.HEAD, "use-clearing", Rests.UNTRUE, to_unit=True),
    K.TALK: Use(Approval.DIRECTOR, "reg-12-7", Rests.NOTHING, to_unit=True),
    K.ORDER: Use(Approval.DIRECTOR, "reg-25", Rests.OBSTRUCTION, to_unit=True),
    K.ADVICE: Use(Approval.NONE, "reg-20", Rests.NOTHING, ("government",)),
    K.CHANGE: Use(Approval.NONE, "reg-19", Rests.CONCLUSION, ("government",)),
    K.RESEARCH: Use(Approval.NONE, "reg-20", Rests.CONCLUSION, ("government",)),
    K.ASSISTANCE: Use(Approval.NONE, "reg-13", Rests.NOTHING, ("other-organ",), to_unit=True),
    K.ENFORCEMENT: Use(Approval.NONE, "reg-22", Rests.NOTHING, ("law-enforcement-supervision",)),
    K.RECORD_REVIEW: Use(Approval.NONE, "reg-22", Rests.NOTHING, ("document-review",)),
}

#: Uses that weigh on somebody: they wait until the time of a review that was applied for is over.
BURDENING: Final = frozenset({K.CRITICISM, K.ACCOUNTABILITY, K.PUBLISH_CASE, K.PUBLISH_OVERDUE})

#: Words that would make an informant an offender; a report that was mistaken is no false accusation.
_LABELS: Final = (
    *("诬告", "诬陷", "造谣", "诽谤", "恶意举报", "恶意投诉", "虚假举报"),
    *("举报人", "投诉人", "反映人", "来件人", "false accusation", "informant"),
)


def labels_informant(text: str) -> str:
    """The first word in ``text`` that names or labels an informant; empty where there is none."""
    flat = "".join(text.split()).lower()
    found = (word for word in _LABELS if word.replace(" ", "") in flat)
    # Whom an allegation was about (被反映人) may be named: it is their name that is cleared.
    return next((word for word in found if word != "反映人" or "反映人" in flat.replace("被反映人", "")), "")
