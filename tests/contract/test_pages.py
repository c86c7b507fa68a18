"""What templates and style sheets may hold: nothing inline, nothing of other hosts. Source: 5-style "CSS"."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.support.sources import files, named

TEMPLATES = files(".html", under="templates")
STYLES = files(".css", under="static")
SCRIPTS = files(".js", under="static")

_JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
#: Attributes that make a browser fetch something by itself.
_FETCHED = {
    ("script", "src"),
    ("link", "href"),
    ("img", "src"),
    ("source", "src"),
    ("iframe", "src"),
    ("img", "srcset"),
}


class Page(HTMLParser):
    """Gathers what a content security policy would refuse."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.refused: list[str] = []
        self._in_script = False
        self.feed(_JINJA.sub("", text))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        self._in_script = tag == "script"
        if tag == "style" or (tag == "script" and "src" not in names):
            self.refused.append(f"<{tag}>")
        for name, value in attrs:
            fetched = (tag, name) in _FETCHED and re.match(r"(https?:)?//", value or "")
            inline = name == "style" or name.startswith("on") or (value or "").startswith("javascript:")
            if fetched or inline:
                self.refused.append(f"<{tag} {name}>")

    def handle_data(self, data: str) -> None:
        if self._in_script and data.strip():
            self.refused.append("<script>…")

    def handle_endtag(self, tag: str) -> None:
        self._in_script = False


@pytest.mark.parametrize(
    ("html", "refused"),
    [
        ("<p style='color:red'>", ["<p style>"]),
        ("<button onclick='x()'>", ["<button onclick>"]),
        ("<a href='javascript:x()'>", ["<a href>"]),
        ("<script>x()</script>", ["<script>", "<script>…"]),
        ("<style>p{}</style>", ["<style>"]),
        ("<script src='https://example.org/x.js'></script>", ["<script src>"]),
        ("<img src='//example.org/x.png'>", ["<img src>"]),
        ("<script src='{{ asset(\"x.js\") }}' defer></script><a href='https://example.org'>", []),
    ],
)
def test_page_holding_something_inline_is_found(html: str, refused: list[str]) -> None:
    assert Page(html).refused == refused


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_template_has_nothing_inline_and_nothing_of_other_hosts(path: Path) -> None:
    assert Page(path.read_text(encoding="utf-8")).refused == []


_BAD_STYLE = re.compile(r"!important|@import|url\(\s*['\"]?(https?:)?//|(^|[\s,}])#[a-zA-Z][\w-]*[^;{}]*\{")


def test_style_with_an_id_or_another_host_is_found() -> None:
    for bad in (
        "#main { }",
        "p { color: red !important }",
        "p { background: url(https://x/y) }",
        "a, #b { }",
    ):
        assert _BAD_STYLE.search(bad), bad
    assert not _BAD_STYLE.search("p { color: #aabbcc; }\n.a:hover { }")


@pytest.mark.parametrize("path", STYLES, ids=named)
def test_style_sheet_has_no_id_no_importance_and_no_other_host(path: Path) -> None:
    text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert [match.group() for match in _BAD_STYLE.finditer(text)] == []


@pytest.mark.parametrize("path", SCRIPTS, ids=named)
def test_script_makes_no_code_from_text_and_names_no_host(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert (
        re.findall(r"\beval\(|new Function\(|innerHTML|document\.write|https?://(?!www\.w3\.org/)", text)
        == []
    )
