"""The fragments agree and are complete, and no page says a word that no catalogue could translate.

That every text of the code and the pages has its Chinese is ``test_languages``. Source: 5-style "Texts".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from portal.texts import fragments, load_catalogue
from tests.support.sources import files, named


def entries(path: Path) -> Iterator[Message]:
    """What one fragment translates."""
    with path.open("rb") as opened:
        yield from (message for message in read_po(opened, locale="zh_Hans") if message.id)


def test_fragments_do_not_contradict_each_other() -> None:
    load_catalogue(("portal", "verification"))  # raises ConflictingTexts, naming both files


FRAGMENTS = fragments(("portal", "verification"))


@pytest.mark.parametrize("path", FRAGMENTS, ids=named)
def test_fragment_leaves_nothing_empty_or_doubtful(path: Path) -> None:
    messages = list(entries(path))
    assert messages != []
    assert [message.id for message in messages if message.fuzzy or not said(message)] == []


def said(message: Message) -> bool:
    """Whether every form of it is translated."""
    forms = [message.string] if isinstance(message.string, str) else list(message.string or ())
    return bool(forms) and all(forms)


_SPOKEN = re.compile(r"[A-Za-z]{3,}|[\u4e00-\u9fff]")
#: A language's own name is the same in every language.
_SELF_NAMES = {"中文", "English"}
#: Blocks named for a class or a width stand inside a class attribute; nobody reads them.
_CLASS_BLOCK = r"\{%-?\s*block\s+\w*(?:class|width)\w*\s*-?%\}.*?\{%-?\s*endblock.*?%\}"
_CODE = re.compile(
    "|".join(
        (
            r"\{#.*?#\}",
            _CLASS_BLOCK,
            r"\{%-?\s*trans\b.*?%\}.*?\{%-?\s*endtrans\s*-?%\}",
            r"\{%.*?%\}",
            r"\{\{.*?\}\}",
            r"<!--.*?-->",
            r"<!DOCTYPE[^>]*>",
        )
    ),
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
