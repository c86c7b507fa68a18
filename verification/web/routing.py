"""Declaring a page: its address, who may open it, and what files it takes.

``route`` is the only way to add a page; the gate refuses whatever was added without it. Must not know: any
page. Source: 3-architecture rule 5 "deny by default"; tests/contract/test_routes.py.

    cases = Blueprint("cases", __name__)

    @route(cases, "/cases/<uuid:case_id>", permission=Permission.CASE_READ)
    def show(case_id): ...

    @route(cases, "/cases/<uuid:case_id>/paper", permission=Permission.PAPER_RECORD, methods=["POST"],
           files={"scan": ObjectKind.EXHIBIT})
    def record(case_id): ...
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeVar

from flask import Blueprint, Flask
from flask.typing import ResponseReturnValue

from portal.crypto.header import ObjectKind
from portal.storage.received import Admission
from verification.policy.permissions import Permission

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])


class Access(Enum):
    """For pages without a permission: open to strangers."""

    PUBLIC = "public"


PUBLIC = Access.PUBLIC


@dataclass(frozen=True, slots=True)
class Declared:
    """What a page declared. ``permissions``: any one of them opens it; empty: it is open to everybody.

    files: file field → what its files are sealed as; a page without takes none. admits: who decides about
    them, where it is not the usual admission.
    """

    permissions: frozenset[Permission]
    files: Mapping[str, ObjectKind] = field(default_factory=dict)
    admits: Callable[[Declared], Admission] | None = None

    @property
    def is_public(self) -> bool:
        """Whether a stranger may see it."""
        return not self.permissions


_DECLARED: dict[Callable[..., Any], Declared] = {}

#: Style sheets and scripts, registered by ``portal.assets``.
_OPEN_ENDPOINTS = frozenset({"static"})


def route(
    blueprint: Blueprint,
    rule: str,
    *,
    permission: Permission | Collection[Permission] | Access,
    methods: Collection[str] = ("GET",),
    files: Mapping[str, ObjectKind] | None = None,
    admits: Callable[[Declared], Admission] | None = None,
) -> Callable[[View], View]:
    """Add a view to ``blueprint`` and declare who may open it. A collection: any one of them is enough."""
    if isinstance(permission, Access):
        permissions: frozenset[Permission] = frozenset()
    elif isinstance(permission, Permission):
        permissions = frozenset({permission})
    else:
        permissions = frozenset(permission)
        if not permissions:
            raise ValueError("no permission named")

    def declare(view: View) -> View:
        _DECLARED[view] = Declared(permissions, dict(files or {}), admits)
        blueprint.add_url_rule(rule, view.__name__, view, methods=list(methods))
        return view

    return declare


def declared(app: Flask, endpoint: str) -> Declared | None:
    """What the page behind ``endpoint`` declared; None: nothing, so nobody may open it."""
    if endpoint in _OPEN_ENDPOINTS:
        return Declared(frozenset())
    return _DECLARED.get(app.view_functions[endpoint])
