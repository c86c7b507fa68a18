"""The rules as data: every rule of law (locked) and every office default (editable), read from rules.toml.

A lawyer reviews rules.toml and the transition table alone; nothing in the code says "according to the
Regulation" but through a rule's own text. Source: 2-domain head.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

RULES_FILE = Path(__file__).with_name("rules.toml")


class RuleKind(StrEnum):
    """Whether a rule is law, and locked, or this office's default."""

    LAW = "law"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. ``value`` and ``unit`` are set where it carries a number (days, hours, people)."""

    id: str
    kind: RuleKind
    article: str
    source: str
    source_en: str
    text: str
    text_en: str
    value: int | None
    unit: str | None

    @property
    def editable(self) -> bool:
        """Law is locked."""
        return self.kind is RuleKind.DEFAULT


class Rulebook:
    """All rules by id."""

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self._rules = {rule.id: rule for rule in rules}
        if len(self._rules) != len(rules):
            raise ValueError("two rules share an id")

    def __getitem__(self, rule_id: str) -> Rule:
        return self._rules[rule_id]

    def __contains__(self, rule_id: object) -> bool:
        return rule_id in self._rules

    def all(self) -> tuple[Rule, ...]:
        """Every rule, in the order of the file."""
        return tuple(self._rules.values())

    def number(self, rule_id: str) -> int:
        """The number a rule carries; KeyError where there is no such rule, ValueError where it has none."""
        value = self._rules[rule_id].value
        if value is None:
            raise ValueError(f"{rule_id} carries no number")
        return value


def parse_rules(document: dict[str, Any]) -> Rulebook:
    """Build a rulebook from parsed TOML, one ``[[rule]]`` each. Raises KeyError or ValueError."""
    return Rulebook(
        tuple(
            Rule(
                id=entry["id"],
                kind=RuleKind(entry["kind"]),
                article=entry["article"],
                source=entry["source"],
                source_en=entry["source_en"],
                text=entry["text"],
                text_en=entry["text_en"],
                value=entry.get("value"),
                unit=entry.get("unit"),
            )
            for entry in document["rule"]
        )
    )


@cache
def shipped_rules() -> Rulebook:
    """The rules that ship with this version."""
    return parse_rules(tomllib.loads(RULES_FILE.read_text(encoding="utf-8")))
