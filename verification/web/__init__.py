"""The internal side's pages: requests in, answers out, one module a screen.

HTTP status is chosen here and nowhere else on this side. Must not hold: rules, states, keys.
"""

from __future__ import annotations

from flask import Blueprint

from verification.web import (
    admin,
    answers,
    approvals,
    arriving,
    audit_pages,
    briefs,
    cases,
    comparing,
    compliance,
    conclusions,
    destroying,
    dispatch,
    exhibits,
    files,
    findings,
    home,
    inbox,
    law,
    login,
    notices,
    paper,
    planning,
    queue,
    records,
    rectification,
    reviews,
    staff,
    tasks,
    tips,
    unit_desk,
    viewer,
)

#: Every screen. A new one is a module with a ``blueprint``, added here.
BLUEPRINTS: tuple[Blueprint, ...] = (
    login.blueprint,
    home.blueprint,
    notices.blueprint,
    inbox.blueprint,
    tips.blueprint,
    briefs.blueprint,
    answers.blueprint,
    cases.blueprint,
    approvals.blueprint,
    paper.blueprint,
    arriving.blueprint,
    files.blueprint,
    destroying.blueprint,
    exhibits.blueprint,
    viewer.blueprint,
    law.blueprint,
    audit_pages.blueprint,
    admin.blueprint,
    staff.blueprint,
    planning.blueprint,
    dispatch.blueprint,
    queue.blueprint,
    tasks.blueprint,
    records.blueprint,
    findings.blueprint,
    conclusions.blueprint,
    reviews.blueprint,
    rectification.blueprint,
    comparing.blueprint,
    compliance.blueprint,
    unit_desk.blueprint,
)
