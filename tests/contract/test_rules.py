"""Every rule is used, is shown by a test that fails without it, and is explained where it refuses.

A rule without such a test: mark the test that shows it with ``@pytest.mark.rule("its-id")`` and run it;
it runs once more without the rule, and has to fail then. ``make law`` runs all of them.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from portal import texts
from tests.support.mutation import law_without, rules_refused_with
from verification.errors import Refusal
from verification.policy.rulebook import shipped_rules
from verification.web.explain import NEXT_STEPS, explained
from verification.workflow.table import TRANSITIONS

TESTS = Path(__file__).resolve().parents[1]
PACKAGE = TESTS.parent / "verification"
CHINESE = re.compile(r"[㐀-鿿]")


def _marked() -> Iterator[str]:
    """Every rule named by a mark on a test."""
    for path in sorted(TESTS.rglob("test_*.py")):
        source = path.read_text(encoding="utf-8")
        if "mark.rule(" not in source:
            continue
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.rule":
                yield from (str(ast.literal_eval(argument)) for argument in node.args)


def test_every_rule_has_a_test_that_fails_without_it() -> None:
    known = {rule.id for rule in shipped_rules().all()}
    assert set(_marked()) == known


def _named_by_the_table() -> set[str]:
    return {
        rule
        for row in TRANSITIONS
        for rule in (*row.rules, *row.meets, *row.starts, *row.pauses, *row.resumes)
    }


def test_every_rule_is_used_by_a_guard_a_clock_or_a_text() -> None:
    """What is said to have been refused (explain) is no use of a rule by itself."""
    elsewhere = "\n".join(
        path.read_text(encoding="utf-8")
        for folder in ("domain", "policy", "queries")
        for path in (PACKAGE / folder).rglob("*.py")
    )
    used = _named_by_the_table() | rules_refused_with()
    used |= {rule.id for rule in shipped_rules().all() if f'"{rule.id}"' in elsewhere}
    assert {rule.id for rule in shipped_rules().all()} - used == set()


def test_every_refusal_names_a_rule_of_the_rulebook_or_state_and_role() -> None:
    known = {rule.id for rule in shipped_rules().all()}
    assert rules_refused_with() - known == {"state", "permission"}
    assert len(rules_refused_with()) > 50


@pytest.fixture(scope="module")
def app() -> Flask:
    """Just enough of an app to speak both languages."""
    bare = Flask(__name__)
    texts.install(bare, ("portal", "verification"))
    return bare


@pytest.mark.parametrize("rule_id", sorted(rules_refused_with()))
def test_refusal_names_its_rule_its_source_and_what_to_do_next_in_both_languages(
    app: Flask, rule_id: str
) -> None:
    assert rule_id in NEXT_STEPS
    for language, locale in texts.LANGUAGES.items():
        with app.test_request_context(), texts.force_locale(locale):
            (shown,) = explained([Refusal(rule_id, "…")])
            said = [str(shown.next_step)]
            if shown.rule is not None:
                said += [shown.rule.text, shown.rule.source]
                assert bool(shown.rule.article) == shown.rule.is_law
            assert (shown.rule is None) == (rule_id in ("state", "permission"))
            for text in said:
                assert text.strip()
                assert bool(CHINESE.search(text)) == (language == "zh"), text


def test_a_law_without_a_rule_is_whole_again_afterwards() -> None:
    before = (shipped_rules().all(), [row.rules for row in TRANSITIONS])
    with law_without("team-two"):
        assert "team-two" not in shipped_rules()
        assert not any("team-two" in row.rules for row in TRANSITIONS)
    assert (shipped_rules().all(), [row.rules for row in TRANSITIONS]) == before


def test_only_a_known_rule_is_taken_out() -> None:
    with pytest.raises(KeyError), law_without("no-such-rule"):
        pass
