"""Both languages are complete, and the fragments agree with each other. Source: 5-style "Texts"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po

from portal.texts import fragments, load_catalogue
from tests.support.sources import files, named

KEYWORDS = {
    "_": None,
    "gettext": None,
    "lazy_gettext": None,
    "_l": None,
    "ngettext": (1, 2),
    "lazy_ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "lazy_pgettext": ((1, "c"), 2),
}
#: Each app: its packages' texts, and where its pages are.
APPS = {
    "portal": (("portal",), ("templates/shared", "templates/portal")),
    "verification": (
        ("portal", "verification"),
        ("templates/shared", "templates/verification", "templates/print"),
    ),
}
_HOLES = re.compile(r"%\(\w+\)[sd]")


def used_texts(app: str) -> Iterator[tuple[str, str]]:
    """Every (place, msgid) that this app's own code and pages may show."""
    _, folders = APPS[app]
    pages = [path for folder in folders for path in files(".html", ".txt", ".xml", under=folder)]
    for path in [*files(".py", under=app), *pages]:
        method = "python" if path.suffix == ".py" else "jinja2.ext:babel_extract"
        options = {"trimmed": "true", "encoding": "utf-8"}
        found = extract_from_file(method, path, keywords=KEYWORDS, options=options)
        for line, msgid, _, _ in found:
            yield f"{named(path)}:{line}", msgid if isinstance(msgid, str) else msgid[0]


def translated(packages: tuple[str, ...]) -> set[str]:
    catalogue = load_catalogue(packages)
    entries: dict[str | tuple[str, int], str] = getattr(catalogue, "_catalog", {})
    plain = {key if isinstance(key, str) else key[0] for key, value in entries.items() if key and value}
    return {key.split("\x04")[-1] for key in plain}


def entries(path: Path) -> Iterator[Message]:
    with path.open("rb") as opened:
        yield from (message for message in read_po(opened, locale="zh_Hans") if message.id)


@pytest.mark.parametrize("app", APPS)
def test_every_text_has_a_chinese_translation(app: str) -> None:
    texts = list(used_texts(app))
    known = translated(APPS[app][0])
    assert len(texts) > 20
    assert [f"{place} {msgid!r}" for place, msgid in texts if msgid not in known] == []


def test_fragments_do_not_contradict_each_other() -> None:
    load_catalogue(("portal", "verification"))  # raises ConflictingTexts, naming both files


FRAGMENTS = fragments(("portal", "verification"))


@pytest.mark.parametrize("path", FRAGMENTS, ids=named)
def test_fragment_is_complete_and_keeps_every_placeholder(path: Path) -> None:
    messages = list(entries(path))
    assert messages != []
    assert [message.id for message in messages if message.fuzzy or not message.string] == []
    assert [message.id for message in messages if holes(message.id) != holes(message.string)] == []


def holes(text: object) -> set[str]:
    """The named placeholders of a text (of all its forms, where there are several)."""
    forms = text if isinstance(text, list | tuple) else (text,)
    return {hole for form in forms for hole in _HOLES.findall(str(form))}


_SPOKEN = re.compile(r"[A-Za-z]{3,}|[\u4e00-\u9fff]")
#: A language's own name is the same in every language.
_SELF_NAMES = {"中文", "English"}
_CODE = re.compile(
    r"\{#.*?#\}|\{%-?\s*trans\b.*?%\}.*?\{%-?\s*endtrans\s*-?%\}|\{%.*?%\}|\{\{.*?\}\}|<!--.*?-->|<!DOCTYPE[^>]*>",
    re.DOTALL,
)
_TAG = re.compile(r"<[^<>]*>", re.DOTALL)
#: What is left of a tag whose opening stands in another block.
_ATTRIBUTE = re.compile(r"[\w-]+=\"[^\"]*\"")
_SPOKEN_ATTRIBUTE = re.compile(r"\b(?:title|alt|placeholder|aria-label)=\"([^\"]*)\"")


def hard_coded(html: str) -> list[str]:
    """Words a reader would see that no catalogue could translate."""
    bare = _CODE.sub("", html)
    shown = [*_ATTRIBUTE.sub("", _TAG.sub("\n", bare)).split("\n"), *_SPOKEN_ATTRIBUTE.findall(bare)]
    return [text.strip() for text in shown if _SPOKEN.search(text) and text.strip() not in _SELF_NAMES]


def test_hard_coded_words_are_found() -> None:
    assert hard_coded('<p>Hello</p><img alt="写" src="x">{{ _("fine") }}{# note #}') == ["Hello", "写"]
    assert hard_coded('<a class="button" href="/submit">{% trans %}Send{% endtrans %}</a>') == []


@pytest.mark.parametrize("path", files(".html", under="templates"), ids=named)
def test_template_has_no_words_outside_the_catalogues(path: Path) -> None:
    assert hard_coded(path.read_text(encoding="utf-8")) == []
