"""Both languages are complete: every text that is said is English at its source and has its Chinese.

What is checked is what Babel finds in the templates and the code, so a new text without a translation fails.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from portal import texts

PROJECT = Path(__file__).resolve().parents[2]
CHINESE = re.compile(r"[㐀-鿿＀-￯　-〿]")
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")
KEYWORDS = {
    "_": None,
    "gettext": None,
    "lazy_gettext": None,
    "_l": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "lazy_pgettext": ((1, "c"), 2),
}
#: Whose texts come from where. The internal app speaks both packages' translations.
SOURCES = {
    "portal": (("portal", "templates/shared", "templates/portal"), ("portal",)),
    "verification": (
        ("verification", "templates/verification", "templates/print"),
        ("portal", "verification"),
    ),
}


def said(folder: Path) -> Iterator[tuple[str, str | tuple[str, ...], str | None]]:
    """Every text in a folder: where, what, and its context if it has one."""
    methods = [("**.py", "python"), ("**.html", "jinja2"), ("**.txt", "jinja2")]
    options = {"**.html": {"trimmed": "true", "silent": "false"}}
    found = extract_from_dir(folder, methods, options, keywords=KEYWORDS)
    for filename, line, message, _comments, context in found:
        yield f"{folder.relative_to(PROJECT)}/{filename}:{line}", message, context


def all_said(folders: Sequence[str]) -> list[tuple[str, str | tuple[str, ...], str | None]]:
    return [text for folder in folders if (PROJECT / folder).is_dir() for text in said(PROJECT / folder)]


@pytest.mark.parametrize("package", SOURCES)
def test_every_text_has_its_chinese(package: str) -> None:
    folders, packages = SOURCES[package]
    catalogue = texts.load_catalogue(packages)
    known = catalogue._catalog
    missing = []
    for where, message, context in all_said(folders):
        first = message if isinstance(message, str) else message[0]
        key = f"{context}\x04{first}" if context else first
        if key not in known and (key, 0) not in known:
            missing.append(f"{where}: {first!r}")
    assert missing == []


def test_texts_are_found_where_they_are_said() -> None:
    found = {message for _, message, _ in said(PROJECT / "templates" / "shared")}
    assert "Skip to the main content" in found
    assert "This request could not be read" in {message for _, message, _ in said(PROJECT / "portal")}


@pytest.mark.parametrize("package", SOURCES)
def test_every_source_text_is_english(package: str) -> None:
    chinese = [
        f"{where}: {message!r}"
        for where, message, _ in all_said(SOURCES[package][0])
        if CHINESE.search(str(message))
    ]
    assert chinese == []


@pytest.mark.parametrize("package", SOURCES)
def test_every_translation_keeps_its_placeholders_and_is_still_said(package: str) -> None:
    folders = SOURCES[package][0]
    wanted = {message if isinstance(message, str) else message[0] for _, message, _ in all_said(folders)}
    wrong = []
    for path in texts.fragments([package]):
        with path.open("rb") as source:
            for message in read_po(source, locale=texts.DEFAULT_LOCALE):
                ids = [message.id] if isinstance(message.id, str) else list(message.id)
                strings = [message.string] if isinstance(message.string, str) else list(message.string or ())
                if not ids[0]:
                    continue
                if ids[0] not in wanted:
                    wrong.append(f"{path.name}: {ids[0]!r} is said nowhere")
                names = set(PLACEHOLDER.findall(ids[-1]))
                if any(set(PLACEHOLDER.findall(string)) - {"num"} != names - {"num"} for string in strings):
                    wrong.append(f"{path.name}: {ids[0]!r} has other placeholders")
    assert wrong == []
