"""The short forms on a case's pages, a button and perhaps a note: one view for all of them.

A page names its decisions, ``{"approve": (permission, verb), …}``; which of them somebody may take just now
is the workflow table's to say. Must not know: any verb.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Protocol, TypeAlias

from flask import url_for
from flask.typing import ResponseReturnValue

from verification.domain.acting import Acting
from verification.models import Case
from verification.policy.permissions import Permission
from verification.web.forms import Typed
from verification.web.loaders import load_case
from verification.web.office import acting_in
from verification.web.problems import Problem
from verification.web.submit import attempt

Decisions: TypeAlias = Mapping[str, tuple[Permission, Callable[[Acting, uuid.UUID, Typed], object]]]


class CasePage(Protocol):
    """The page that the forms stand on. ``open_form``: the one to show unfolded."""

    def __call__(
        self, acting: Acting, case: Case, *, typed: Typed, problem: Problem, open_form: str = ""
    ) -> str: ...


def permissions_of(decisions: Decisions) -> set[Permission]:
    """What their route asks for: any of these."""
    return {permission for permission, _verb in decisions.values()}


def carry_out(
    decision: str, *, case_id: uuid.UUID, among: Decisions, page: CasePage, onward: str
) -> ResponseReturnValue:
    """Do it and go to the endpoint ``onward`` of the case, or show ``page`` again with what was typed."""
    typed = Typed.sent()

    def act(acting: Acting) -> str:
        load_case(acting, case_id)
        among[decision][1](acting, case_id, typed)
        return url_for(onward, case_id=case_id)

    def again(problem: Problem) -> ResponseReturnValue:
        with acting_in() as acting:
            case = load_case(acting, case_id)
            return page(acting, case, typed=typed, problem=problem, open_form=decision)

    return attempt(act, again=again)
