"""Catalogues are merged from fragments, and the language is the reader's own choice."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, render_template_string

from portal import texts

HEAD = r"""msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\n"
"Plural-Forms: nplurals=1; plural=0;\n"
"""
LATER = texts.lazy_gettext("Good day")


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package of our own with an empty folder for fragments; gives that folder."""
    folder = tmp_path / "county" / "translations" / "zh_Hans"
    folder.mkdir(parents=True)
    (tmp_path / "county" / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield folder
    sys.modules.pop("county", None)


def write(folder: Path, name: str, *entries: str) -> None:
    (folder / f"{name}.po").write_text("\n".join((HEAD, *entries)), encoding="utf-8")


@pytest.fixture
def app(package: Path) -> Flask:
    """An app with one page that says the same text in every way there is."""
    write(
        package,
        "greetings",
        'msgid "Good day"\nmsgstr "您好"\n',
        'msgid "%(n)s is here"\nmsgstr "%(n)s到了"\n',
    )
    write(
        package, "counts", 'msgid "%(num)d file"\nmsgid_plural "%(num)d files"\nmsgstr[0] "%(num)d 个文件"\n'
    )
    app = Flask(__name__)
    app.secret_key = "test"
    texts.install(app, ("county",))

    @app.route("/")
    def greet() -> str:
        template = (
            "{{ language_tag() }}|{{ _('Good day') }}|{{ later }}|{{ _('%(n)s is here', n=n) }}|"
            "{{ ngettext('%(num)d file', '%(num)d files', 2) }}|"
        )
        return render_template_string(template, n="<b>", later=LATER) + texts.gettext("Good day")

    return app


def test_page_without_choice_is_in_chinese_and_sets_no_cookie(app: Flask) -> None:
    answer = app.test_client().get("/", headers={"Accept-Language": "en"})
    assert answer.get_data(as_text=True) == "zh-Hans|您好|您好|&lt;b&gt;到了|2 个文件|您好"
    assert "Set-Cookie" not in answer.headers


def test_choice_of_english_is_kept_for_the_next_page(app: Flask) -> None:
    client = app.test_client()
    english = "en|Good day|Good day|&lt;b&gt; is here|2 files|Good day"
    assert client.get("/?lang=en").get_data(as_text=True) == english
    assert client.get("/").get_data(as_text=True) == english
    assert client.get("/?lang=zh").get_data(as_text=True).startswith("zh-Hans|")
    assert client.get("/").get_data(as_text=True).startswith("zh-Hans|")


def test_unknown_language_is_ignored(app: Flask) -> None:
    answer = app.test_client().get("/?lang=../../etc")
    assert answer.get_data(as_text=True).startswith("zh-Hans|")
    assert "Set-Cookie" not in answer.headers


def test_choosing_within_a_request_changes_what_follows(app: Flask) -> None:
    with app.test_request_context("/"):
        assert texts.gettext("Good day") == "您好"
        texts.choose_language("en")
        assert (texts.gettext("Good day"), texts.language()) == ("Good day", "en")


def test_text_without_an_app_is_the_source_text() -> None:
    assert texts.gettext("Good day") == "Good day"


def test_fragments_that_disagree_are_refused(package: Path) -> None:
    write(package, "a", 'msgid "Case"\nmsgstr "督查事项"\n')
    write(package, "b", 'msgid "Case"\nmsgstr "督查事项"\n')
    assert texts.load_catalogue(["county"]).gettext("Case") == "督查事项"
    write(package, "c", 'msgid "Case"\nmsgstr "案件"\n')
    with pytest.raises(texts.ConflictingTexts) as refused:
        texts.load_catalogue(["county"])
    assert refused.value.msgid == "Case"
    assert [path.name for path in refused.value.fragments] == ["a.po", "c.po"]


def test_fragments_with_the_same_text_in_two_contexts_keep_both(package: Path) -> None:
    write(
        package, "a", 'msgctxt "verb"\nmsgid "Docket"\nmsgstr "立项"\n', 'msgid "Docket"\nmsgstr "督查事项"\n'
    )
    catalogue = texts.load_catalogue(["county"])
    assert (catalogue.pgettext("verb", "Docket"), catalogue.gettext("Docket")) == ("立项", "督查事项")


def test_fuzzy_and_empty_entries_are_not_used(package: Path) -> None:
    write(
        package,
        "a",
        '#, fuzzy\nmsgid "Case"\nmsgstr "箱子"\n',
        'msgid "Tip"\nmsgstr ""\n',
        'msgid "Unit"\nmsgstr "督查对象"\n',
    )
    catalogue = texts.load_catalogue(["county"])
    assert [catalogue.gettext(text) for text in ("Case", "Tip", "Unit")] == ["Case", "Tip", "督查对象"]


def test_portal_package_loads() -> None:
    assert texts.load_catalogue(["portal"]).gettext("Skip to the main content") == "跳到正文"
