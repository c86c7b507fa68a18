"""The macros every form and list is made of: tied together for a screen reader, safe with any value."""

from __future__ import annotations

import re

import pytest
from flask import Flask, render_template_string

from portal import shell
from portal.assets import Side
from tests.portal.test_shell import SETTINGS

IMPORTS = "".join(
    f'{{% import "shared/macros/{name}.html" as {name} %}}'
    for name in ("forms", "feedback", "lists", "places", "charts")
)


@pytest.fixture(scope="module")
def app() -> Flask:
    """An app whose templates can use every macro."""
    return shell.new_app(__name__, Side.INTERNAL, settings=SETTINGS, packages=("portal",))


def render(app: Flask, source: str, **values: object) -> str:
    """One template, in English."""
    with app.test_request_context("/?lang=en"):
        return render_template_string(IMPORTS + source, **values)


CONTROLS = {
    "field": 'forms.field("x", "Label", "v", hint="Hint", error="Wrong")',
    "textarea": 'forms.textarea("x", "Label", "v", hint="Hint", error="Wrong")',
    "checkbox": 'forms.checkbox("x", "Label", hint="Hint", error="Wrong")',
    "radios": 'forms.radios("x", "Label", [("v", "V")], "v", hint="Hint", error="Wrong")',
    "select": 'forms.select("x", "Label", [("v", "V")], "v", hint="Hint", error="Wrong")',
    "files": 'forms.files("x", "Label", hint="Hint", error="Wrong")',
}


#: Those with one label for one control; the others are groups, or wrap their control in its label.
LABELLED = ("field", "textarea", "select", "files")


@pytest.mark.parametrize("control", LABELLED)
def test_control_is_tied_to_its_label_hint_and_error(app: Flask, control: str) -> None:
    html = render(app, "{{ " + CONTROLS[control] + " }}")
    assert '<label class="label" for="f-x">' in html
    assert 'id="f-x"' in html
    assert 'aria-describedby="h-x e-x" aria-invalid="true"' in html
    assert '<p class="hint" id="h-x">Hint</p>' in html
    assert re.search(
        r'<p class="wrong" id="e-x"><span><span class="quiet-text">Error:</span> Wrong</span></p>', html
    )


@pytest.mark.parametrize("control", LABELLED)
def test_control_without_hint_and_error_is_tied_to_nothing(app: Flask, control: str) -> None:
    html = render(app, "{{ " + CONTROLS[control].replace(', hint="Hint", error="Wrong"', "") + " }}")
    assert "aria-" not in html
    assert "field-bad" not in html


@pytest.mark.parametrize("control", CONTROLS)
def test_control_of_the_second_form_on_a_page_has_names_of_its_own(app: Flask, control: str) -> None:
    html = render(app, "{{ " + CONTROLS[control][:-1] + ', key="second") }}')
    assert set(re.findall(r' (?:id|for)="([^"]+)"', html)) - {"h-second"} == {"f-second", "e-second"}
    assert 'name="x"' in html


@pytest.mark.parametrize(("macro", "kind"), [("radios", "radio"), ("checkboxes", "checkbox")])
def test_choices_are_a_named_group(app: Flask, macro: str, kind: str) -> None:
    chosen = '"b"' if macro == "radios" else '["b"]'
    html = render(
        app,
        f'{{{{ forms.{macro}("x", "Which?", [("a", "A"), ("b", "B", "more")], {chosen}, error="Wrong") }}}}',
    )
    assert re.search(r'<fieldset class="field field-bad" aria-describedby="e-x"', html)
    assert '<legend class="label">Which?' in re.sub(r"\s*\n\s*", "", html)
    assert re.findall(rf'type="{kind}" name="x" value="(\w)"(?: id="f-x")?( checked)?', html) == [
        ("a", ""),
        ("b", " checked"),
    ]


def test_summary_leads_to_every_field_with_a_problem(app: Flask) -> None:
    html = render(app, '{{ forms.error_summary([("x", "Wrong"), ("y", "Missing")]) }}')
    assert re.findall(r'<a href="#([^"]+)">([^<]+)</a>', html) == [("f-x", "Wrong"), ("f-y", "Missing")]
    assert render(app, "{{ forms.error_summary([]) }}").strip() == ""


EVERYTHING = """
{{ forms.field(v, v, v, hint=v, error=v, list=v) }}{{ forms.textarea("a", v, v) }}
{{ forms.radios("r", v, [(v, v, v)], v) }}{{ forms.select("s", v, [(v, v)], empty=v) }}
{{ forms.suggestions("l", [v]) }}{{ forms.hidden("h", v) }}{{ forms.button(v, name="n", value=v) }}
{{ forms.link_button(v, v) }}{{ feedback.light("red", v) }}{{ feedback.empty(v, v, v, v) }}
{{ lists.table(v, [v, (v, "number")], [[v, v]]) }}{{ lists.facts([(v, v)]) }}
{{ lists.timeline([{"title": v, "text": v, "when": v}]) }}{{ lists.stepper(v, [(v, "now", v)]) }}
{{ places.header(v, crumbs=[(v, v)], lead=v) }}{{ places.tabs(v, [{"href": v, "label": v, "count": 1}]) }}
{{ charts.bars(v, [(v, 1, v)], 2) }}{{ lists.pager(v, v) }}
"""


def test_no_macro_lets_a_value_become_markup(app: Flask) -> None:
    html = render(app, EVERYTHING, v='"><script>alert(1)</script>')
    assert "&lt;script&gt;" in html
    assert "<script" not in html
    assert '=""><' not in html


def test_light_says_its_word_beside_its_colour(app: Flask) -> None:
    assert (
        render(app, '{{ feedback.light("red", "Overdue") }}')
        == '<span class="light light-red">Overdue</span>'
    )


def test_table_names_the_column_in_every_cell_for_narrow_pages(app: Flask) -> None:
    html = render(app, '{{ lists.table("Tips", ["Tip", ("Files", "number")], [["Lamp", 3]]) }}')
    assert '<th scope="row" data-label="Tip">Lamp</th>' in html
    assert '<td class="table-number" data-label="Files">3</td>' in html


def test_bar_of_nothing_is_empty_and_not_an_error(app: Flask) -> None:
    assert 'width="0.00"' in render(app, '{{ charts.bars("T", [("none", 0, "0")], 0) }}')


def test_internal_page_shows_what_it_is_given(app: Flask) -> None:
    source = '{% extends "shared/layout_internal.html" %}{% block title %}T{% endblock %}'
    nav = [
        {"href": "/inbox", "label": "Inbox", "current": True, "count": 3},
        {"href": "/q", "label": "Queue"},
    ]
    with app.test_request_context("/inbox?lang=en"):
        html = render_template_string(
            source,
            nav=nav,
            user={"name": "Li", "role": "Director"},
            notices={"href": "/notices", "count": 5},
            user_menu_actions=[{"action": "/logout", "label": "Log out", "icon": "leave"}],
            csrf="token",
        )
        bare = render_template_string(source)
    assert (
        '<a class="top-link" href="/inbox" aria-current="page">Inbox <span class="top-count">3</span></a>'
        in html
    )
    assert (
        '<form method="post" action="/logout"><input type="hidden" name="csrf_token" value="token">' in html
    )
    assert "Li · Director" in html
    assert "menu" not in bare.replace("Main menu", "")
