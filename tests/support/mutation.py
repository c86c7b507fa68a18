"""The law with one rule taken out, so that a test can be seen to fail without it.

``with law_without("team-two"):`` removes the rule everywhere at once, and puts it back:

- its **refusals**: no guard and no verb refuses with it any more (their code is compiled anew without it);
- its **clock**: none of this rule is started;
- its **number**: nought people, days or hours are asked for;
- its **text**: the rulebook does not know it, and no row of the table names it.

Nothing in the packages knows of this: what runs otherwise is the code as it is.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any, TypeGuard

from sqlalchemy import event
from sqlalchemy.orm import Session

from verification.errors import Refusal
from verification.models import Deadline
from verification.policy.rulebook import Rule, RuleKind, shipped_rules
from verification.workflow.facts import Facts, Guard
from verification.workflow.table import TRANSITIONS

PACKAGE = Path(__file__).resolve().parents[2] / "verification"
#: Where something can be refused.
REFUSING = ("workflow", "domain", "policy", "documents")


@contextmanager
def law_without(rule_id: str) -> Iterator[None]:
    """Everything as it would be if there were no rule ``rule_id``. Raises KeyError for an unknown one."""
    shipped_rules()[rule_id]
    with ExitStack() as undo:
        undo.enter_context(_rulebook_without(rule_id))
        undo.enter_context(_table_without(rule_id))
        undo.enter_context(_clocks_without(rule_id))
        undo.enter_context(_refusals_without(rule_id))
        yield


class _Holed(dict[str, Rule]):
    """The rules without one: who asks for it all the same gets an empty rule that asks for nothing."""

    def __missing__(self, rule_id: str) -> Rule:
        return Rule(rule_id, RuleKind.DEFAULT, "", "", "", "", "", 0, "days")


@contextmanager
def _rulebook_without(rule_id: str) -> Iterator[None]:
    book = shipped_rules()
    whole = book._rules
    book._rules = _Holed({key: rule for key, rule in whole.items() if key != rule_id})
    try:
        yield
    finally:
        book._rules = whole


@contextmanager
def _table_without(rule_id: str) -> Iterator[None]:
    before = [(row, row.rules, row.guards) for row in TRANSITIONS]
    for row, rules, guards in before:
        object.__setattr__(row, "rules", tuple(one for one in rules if one != rule_id))
        object.__setattr__(row, "guards", tuple(_silenced(guard, rule_id) for guard in guards))
    try:
        yield
    finally:
        for row, rules, guards in before:
            object.__setattr__(row, "rules", rules)
            object.__setattr__(row, "guards", guards)


def _silenced(guard: Guard, rule_id: str) -> Guard:
    """A guard that takes the rule from elsewhere (a kind of burden, say) does not refuse with it either."""

    def without(facts: Facts) -> Refusal | None:
        refusal = guard(facts)
        return None if refusal is not None and refusal.rule_id == rule_id else refusal

    return without


@contextmanager
def _clocks_without(rule_id: str) -> Iterator[None]:
    def drop(session: Session, *_: object) -> None:
        for row in list(session.new):
            if isinstance(row, Deadline) and row.rule_id == rule_id:
                session.expunge(row)

    event.listen(Session, "before_flush", drop)
    try:
        yield
    finally:
        event.remove(Session, "before_flush", drop)


@contextmanager
def _refusals_without(rule_id: str) -> Iterator[None]:
    changed: list[tuple[FunctionType, CodeType]] = []
    try:
        for module, source in _modules_naming(rule_id):
            tree = _Without(rule_id, constants=_constants(source)).visit(ast.parse(source))
            whole = ast.fix_missing_locations(tree)
            compiled = compile(whole, module.__file__ or "", "exec", dont_inherit=True)
            codes = {code.co_qualname: code for code in _codes(compiled)}
            for function in _functions(module):
                code = codes.get(function.__code__.co_qualname)
                if code is not None and code.co_freevars == function.__code__.co_freevars:
                    changed.append((function, function.__code__))
                    function.__code__ = code
        yield
    finally:
        for function, before in changed:
            function.__code__ = before


def rules_refused_with() -> frozenset[str]:
    """Every rule that some guard or verb refuses with, as it stands in the code."""
    found: set[str] = set()
    for name, source in _sources().items():
        constants = _constants(source)
        for node in ast.walk(ast.parse(source)):
            if _is_refusal(node):
                found |= _ids_of(node, constants) or _kinds_that_are_rules(name)
    return frozenset(found)


def _kinds_that_are_rules(module_name: str) -> set[str]:
    """Rules that are the values of a kind, where a module refuses with ``kind.value``."""
    values = vars(importlib.import_module(module_name)).values()
    kinds = [one for one in values if isinstance(one, type) and issubclass(one, StrEnum)]
    return {member.value for kind in kinds for member in kind if member.value in shipped_rules()}


@cache
def _sources() -> dict[str, str]:
    """Module name → source, of every module in which something can be refused."""
    return {
        ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts): path.read_text(encoding="utf-8")
        for folder in REFUSING
        for path in sorted((PACKAGE / folder).rglob("*.py"))
    }


def _modules_naming(rule_id: str) -> list[tuple[ModuleType, str]]:
    return [
        (importlib.import_module(name), source)
        for name, source in _sources().items()
        if f'"{rule_id}"' in source and "Refusal(" in source
    ]


def _constants(source: str) -> dict[str, set[str]]:
    """What each name is ever set to, where that is a plain string: ``rule = "hand-back-once"``."""
    values: dict[str, set[str]] = {}
    for node in ast.walk(ast.parse(source)):
        targets: list[ast.expr] = []
        if isinstance(node, ast.Assign):
            targets = node.targets
        elif isinstance(node, ast.AnnAssign):
            targets = [node.target]
        else:
            continue
        pairs = [(target, node.value) for target in targets]
        for target, value in [pair for pair in pairs if pair[1] is not None]:
            names = target.elts if isinstance(target, ast.Tuple) else [target]
            parts = value.elts if isinstance(value, ast.Tuple) else [value]
            for name, part in zip(names, parts, strict=False):
                if isinstance(name, ast.Name) and isinstance(part, ast.Constant):
                    values.setdefault(name.id, set()).add(str(part.value))
    return values


def _is_refusal(node: ast.AST | None) -> TypeGuard[ast.Call]:
    return isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Refusal" and bool(node.args)


def _ids_of(call: ast.Call, constants: dict[str, set[str]]) -> set[str]:
    first = call.args[0]
    if isinstance(first, ast.Constant):
        return {str(first.value)}
    if isinstance(first, ast.IfExp):
        return {str(one.value) for one in (first.body, first.orelse) if isinstance(one, ast.Constant)}
    return constants.get(first.id, set()) if isinstance(first, ast.Name) else set()


class _Without(ast.NodeTransformer):
    """Takes a rule's refusals out of a module: a guard lets pass, a verb goes on."""

    def __init__(self, rule_id: str, *, constants: dict[str, set[str]]) -> None:
        self.rule_id, self.constants = rule_id, constants

    def visit(self, node: ast.AST) -> Any:
        """A node without the rule: itself, changed, or another in its place."""
        if isinstance(node, ast.Return) and self._gone(node.value):
            return ast.copy_location(ast.Return(ast.Constant(None)), node)
        if isinstance(node, ast.Raise):
            return self._raise(node)
        appended = node.value.args if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) else []
        if isinstance(node, ast.Expr) and any(self._gone(part) for part in appended):
            return ast.copy_location(ast.Pass(), node)  # refusals.append(Refusal(…))
        self.generic_visit(node)
        if isinstance(node, (ast.List, ast.Tuple)):
            node.elts = [part for part in node.elts if not self._gone(part)]
        return node

    def _raise(self, node: ast.Raise) -> ast.stmt:
        """Nothing, where nothing is left to refuse with."""
        call = node.exc
        refusals = call.args[0] if isinstance(call, ast.Call) and call.args else None
        had_some = isinstance(refusals, ast.Tuple) and bool(refusals.elts)
        self.generic_visit(node)
        if had_some and isinstance(refusals, ast.Tuple) and not refusals.elts:
            return ast.copy_location(ast.Pass(), node)
        return node

    def _gone(self, node: ast.AST | None) -> bool:
        return _is_refusal(node) and self.rule_id in _ids_of(node, self.constants)


def _codes(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _codes(constant)


def _functions(module: ModuleType) -> Iterator[FunctionType]:
    for value in vars(module).values():
        if isinstance(value, FunctionType) and value.__module__ == module.__name__:
            yield value
        elif isinstance(value, type) and value.__module__ == module.__name__:
            yield from (one for one in vars(value).values() if isinstance(one, FunctionType))
