"""One signed paper that dockets a list of cases: one scan, one record for each case, confirmed together.

Either every case is docketed or none is, and then it is said of each what stands against it: the paper lists
them all, and nobody here may take one off it. Source: 2-domain §2 (Art. 11) "one signed paper may docket a
list of cases", §2a "Paper counts".
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from portal.models import new_id
from portal.storage.received import SealedFile
from verification.domain.acting import Acting
from verification.domain.inputs import Inputs
from verification.domain.locking import locked_case
from verification.domain.paper import OfList, confirm_paper, record_paper, refuse_paper
from verification.errors import NotHere, Refusal, Refused
from verification.keys.addressees import of_case
from verification.keys.records import regrant
from verification.models import Case, CaseState, PaperAct
from verification.policy.actors import actor_for
from verification.policy.permissions import Permission
from verification.workflow.states import Action

MOST_CASES = 50

#: How a case on the list is docketed: the office's proposal is approved, a draft rests on an instruction.
DOCKETED_BY: Final[dict[CaseState, Action]] = {
    CaseState.PROPOSED: Action.APPROVE_DOCKETING,
    CaseState.DRAFT: Action.DOCKET_BY_INSTRUCTION,
}


@dataclass
class ListRefused(Refused):
    """What stands against the cases of a list; ``by_case``: case id to its refusals."""

    by_case: dict[uuid.UUID, tuple[Refusal, ...]]


def record_list(
    acting: Acting,
    *,
    case_ids: Sequence[uuid.UUID],
    signed_by: uuid.UUID | None,
    signed_on: date | None,
    scan: SealedFile | None,
) -> list[PaperAct]:
    """Record a paper that dockets these cases. Nothing changes yet; a second person confirms them together.

    Raises InvalidInput (cases, signed_by, signed_on, scan), Refused, NotHere.
    """
    inputs = Inputs()
    chosen = list(dict.fromkeys(case_ids))
    if not 2 <= len(chosen) <= MOST_CASES:
        inputs.wrong("cases", _l("Choose from two to %(count)s cases.", count=MOST_CASES))
    if signed_by is None or not actor_for(acting.session, signed_by).may(Permission.DOCKET_APPROVE):
        inputs.wrong("signed_by", _l("This person may not sign this."))
    if inputs.day("signed_on", signed_on, today=acting.sealing.day) > acting.sealing.day:
        inputs.wrong("signed_on", _l("The day of signing lies in the future."))
    if scan is None:
        inputs.wrong("scan", _l("Attach a scan or photo of the signed paper."))
    inputs.done()
    cases = [locked_case(acting, case_id) for case_id in sorted(chosen, key=str)]
    if any(case.state not in DOCKETED_BY for case in cases):
        inputs.wrong("cases", _l("One of these cases is docketed already, or closed."))
    inputs.done()
    assert scan is not None
    return _recorded(acting, cases, signed_by=signed_by, signed_on=signed_on, scan=scan)


def _recorded(
    acting: Acting,
    cases: Sequence[Case],
    *,
    signed_by: uuid.UUID | None,
    signed_on: date | None,
    scan: SealedFile,
) -> list[PaperAct]:
    first, *others = cases
    head = record_paper(
        acting, case=first, action=DOCKETED_BY[first.state], signed_by=signed_by, signed_on=signed_on,
        scan=scan, note="",
    )  # fmt: skip
    head.list_id = new_id(acting.rng)
    of_list, rows = OfList(head.list_id, head.scan_id), [head]
    for case in others:
        # The readers of each case can look at the paper that dockets it; there is one scan.
        regrant(
            acting.session, object_id=head.scan_id, to=of_case(case), keyring=acting.keyring,
            sealing=acting.sealing,
        )  # fmt: skip
        rows.append(
            record_paper(
                acting,
                case=case,
                action=DOCKETED_BY[case.state],
                signed_by=signed_by,
                signed_on=signed_on,
                scan=scan,
                note="",
                of_list=of_list,
            )
        )
    acting.session.flush()
    return rows


def papers_of(acting: Acting, list_id: uuid.UUID) -> list[PaperAct]:
    """The records of one paper, by case. NotHere where there is no such paper."""
    query = select(PaperAct).where(PaperAct.list_id == list_id).order_by(PaperAct.case_id)
    rows = list(acting.session.scalars(query))
    if not rows:
        raise NotHere
    return rows


def confirm_list(acting: Acting, *, list_id: uuid.UUID) -> list[PaperAct]:
    """Confirm the paper and docket every case on it.

    Raises ListRefused with what stands against each; the caller's transaction then undoes all of it.
    """
    papers = papers_of(acting, list_id)
    against: dict[uuid.UUID, tuple[Refusal, ...]] = {}
    for row in papers:
        try:
            confirm_paper(acting, paper_id=row.id, list_id=list_id)
        except Refused as refused:
            against[row.case_id] = refused.refusals
    if against:
        every = dict.fromkeys(one for refusals in against.values() for one in refusals)
        raise ListRefused(tuple(every), against)
    return papers


def refuse_list(acting: Acting, *, list_id: uuid.UUID) -> None:
    """Scan and record do not agree: every record of this paper goes, the trail keeps that they were there."""
    for row in papers_of(acting, list_id):
        refuse_paper(acting, paper_id=row.id, list_id=list_id)
