"""Doing what a form asks: one transaction, then a redirect, or the same page again with everything typed.

``attempt`` is what every POST view ends in. Must not know: any page, any verb. Source: 3-architecture
"a request: view → form → domain verb → workflow.apply → one commit → redirect".

    def act(acting):
        triage.accept_tip(acting, tip_id=tip_id, version=typed.version(), …)
        return url_for("tips.show", tip_id=tip_id)

    return attempt(act, again=lambda problem: tip_page(tip_id, typed=typed, problem=problem))
"""

from __future__ import annotations

from collections.abc import Callable

from flask import make_response, redirect
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import DBAPIError

from portal.storage.errors import RetryLater
from verification.domain.acting import Acting
from verification.errors import InvalidInput, Refused, StaleSubject
from verification.web.office import acting_in, office
from verification.web.problems import Problem, problem_of
from verification.web.uploads import uploads


def attempt(
    act: Callable[[Acting], str], *, again: Callable[[Problem], ResponseReturnValue]
) -> ResponseReturnValue:
    """Run ``act`` in one transaction and go to the address it returns; on any refusal show ``again``.

    Nothing of a refused act remains: no row, and no file that came with it. Where the commit itself failed,
    nobody knows whether it went through: the files stay, and the sweep finds what no row names.
    """
    address = None
    try:
        with acting_in(write=True) as acting:
            address = act(acting)
    except (InvalidInput, Refused, StaleSubject, RetryLater, DBAPIError) as error:
        problem = problem_of(error)
        if problem is None:
            raise
        if address is None:
            uploads().discard(office().blobs)
        response = make_response(again(problem))
        response.status_code = problem.status
        if problem.busy:
            response.headers["Retry-After"] = "10"
        return response
    return redirect(address, 303)
