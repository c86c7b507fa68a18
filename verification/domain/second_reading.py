"""The second reading: somebody other than its drafter reads a conclusion over and signs, or sends it back.

Its words are compared once more while it is read, because the reader may hold keys that the drafter lacks.
Source: Reg. art. 16; issue 4 "a second reader"; rules.toml conclusion-second-reader, unit-wording.
"""

from __future__ import annotations

import uuid

from verification.domain.acting import Acting
from verification.domain.casework import write_note
from verification.domain.conclusions import latest_conclusion, note_check, read_conclusion
from verification.domain.inputs import Inputs, note_text
from verification.domain.locking import locked_case
from verification.domain.wording import check_unit_text
from verification.models import Case, Conclusion, NoteKind
from verification.workflow.states import Action, SubjectKind


def read_over(
    acting: Acting, *, case_id: uuid.UUID, version: int, wording_accepted: bool = False
) -> Conclusion:
    """Sign that the newest draft was read over.

    Raises InvalidInput (unit_text, wording: what stands in somebody's own words), Refused (one's own draft,
    no draft, not the state), StaleSubject, NotHere.
    """
    case = locked_case(acting, case_id)
    conclusion, inputs = latest_conclusion(acting, case_id), Inputs()
    wording = None
    if conclusion is not None:
        text = read_conclusion(acting, conclusion).unit_text
        wording = check_unit_text(
            acting, case, text, inputs=inputs, field="unit_text", accepted=wording_accepted
        )
        inputs.done()
    acting.apply(
        SubjectKind.CASE,
        case_id,
        Action.READ_CONCLUSION,
        version=version,
        noted={
            "conclusion": conclusion.number if conclusion else 0,
            "wording": len(wording.words) if wording else 0,
        },
    )
    assert conclusion is not None  # a guard saw it
    assert wording is not None
    conclusion.read_by, conclusion.read_at = acting.staff_id, acting.clock.now()
    note_check(acting, conclusion, wording)
    acting.session.flush()
    return conclusion


def send_back(acting: Acting, *, case_id: uuid.UUID, version: int, note: str) -> Case:
    """Send the draft back to who wrote it, with what has to change; whoever had read it over has to again."""
    words = note_text(note)
    case: Case = acting.apply(
        SubjectKind.CASE,
        case_id,
        Action.REMARK_CONCLUSION,
        version=version,
        given={"has_note": bool(words)},
    )
    write_note(acting, case, kind=NoteKind.REMARK, text=words)
    conclusion = latest_conclusion(acting, case_id)
    assert conclusion is not None  # a guard saw it
    conclusion.read_by = conclusion.read_at = None
    acting.session.flush()
    return case
