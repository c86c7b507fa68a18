"""The words on every page: gettext catalogues from .po fragments, and the choice of language.

English is the source language, zh-Hans the default one. Each package keeps one fragment an area in
``<package>/translations/zh_Hans/*.po``; they are read and merged at boot, so there is no compiled file to go
stale. The choice of language is the reader's alone (``?lang=zh`` or ``?lang=en``, remembered in the app's one
session cookie); nothing is guessed from an address or a header.
Kernel: both apps use it. Must not know: any view, any text. Source: 5-style "Texts".
"""

from __future__ import annotations

import importlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, has_request_context, request, session
from flask_babel import (
    Babel,
    Domain,
    force_locale,
    get_domain,
    get_locale,
    lazy_gettext,
    lazy_pgettext,
    refresh,
)

from portal.errors import XiansuoError

__all__ = [
    "DEFAULT_LOCALE",
    "LANGUAGES",
    "ConflictingTexts",
    "LanguageLink",
    "choose_language",
    "either",
    "force_locale",
    "get_locale",
    "gettext",
    "install",
    "language",
    "language_links",
    "language_tag",
    "lazy_gettext",
    "lazy_pgettext",
    "load_catalogue",
    "ngettext",
    "pgettext",
]

DEFAULT_LOCALE: Final = "zh_Hans"
#: What ``?lang=`` may say, and the locale it stands for. The first is the default.
LANGUAGES: Final = {"zh": "zh_Hans", "en": "en"}
_OWN_NAMES: Final = {"zh": "中文", "en": "English"}
_SOURCE_LOCALE: Final = "en"
_SESSION_KEY: Final = "lang"
_ZONE: Final = "Asia/Shanghai"


@dataclass(frozen=True, slots=True)
class LanguageLink:
    """Where this page is in another language; ``label`` is that language's own name for itself."""

    code: str
    tag: str
    label: str
    href: str
    current: bool


class ConflictingTexts(XiansuoError):
    """Two fragments translate the same source text differently; ``msgid`` is that text."""

    def __init__(self, msgid: str, *, fragments: tuple[Path, Path]) -> None:
        super().__init__(f"{msgid!r}: {fragments[0]} and {fragments[1]} differ")
        self.msgid = msgid
        self.fragments = fragments


def fragments(packages: Sequence[str], *, locale: str = DEFAULT_LOCALE) -> list[Path]:
    """Every .po fragment of these packages, in a fixed order."""
    found: list[Path] = []
    for package in packages:
        (root,) = importlib.import_module(package).__path__
        found += sorted((Path(root) / "translations" / locale).glob("*.po"))
    return found


def load_catalogue(packages: Sequence[str], *, locale: str = DEFAULT_LOCALE) -> NullTranslations:
    """Merge every fragment of ``packages`` into one catalogue.

    Entries marked fuzzy or left empty are not used. Raises ConflictingTexts where fragments disagree.
    """
    if locale == _SOURCE_LOCALE:
        return NullTranslations()
    merged = Catalog(locale=locale)
    origin: dict[object, Path] = {}
    for path in fragments(packages, locale=locale):
        for message in _messages(path, locale=locale):
            known = merged.get(message.id, message.context)
            if known is not None and known.string != message.string:
                raise ConflictingTexts(str(message.id), fragments=(origin[_key(message)], path))
            if known is None:
                merged.add(message.id, message.string, context=message.context)
                origin[_key(message)] = path
    compiled = io.BytesIO()
    write_mo(compiled, merged)
    compiled.seek(0)
    return Translations(compiled)


def install(app: Flask, packages: Sequence[str] = ("portal",)) -> None:
    """Give an app its catalogues, ``_`` in templates, and the reader's choice of language."""
    app.config.setdefault("BABEL_DEFAULT_LOCALE", DEFAULT_LOCALE)
    app.config.setdefault("BABEL_DEFAULT_TIMEZONE", _ZONE)
    catalogues = {locale: load_catalogue(packages, locale=locale) for locale in LANGUAGES.values()}
    _FragmentBabel(catalogues).init_app(app, locale_selector=_chosen_locale)
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    app.jinja_env.globals.update(language=language, language_tag=language_tag, language_links=language_links)
    app.before_request(_remember_choice)


def gettext(message: str, **values: object) -> str:
    """``message`` in the reader's language, with ``%(name)s`` filled from ``values``."""
    return str(get_domain().gettext(message, **values))


def ngettext(singular: str, plural: str, num: int, **values: object) -> str:
    """One or many, as ``num`` says; ``%(num)d`` is filled with it."""
    return str(get_domain().ngettext(singular, plural, num, **values))


def pgettext(context: str, message: str, **values: object) -> str:
    """Like gettext, where one English text needs two translations; ``context`` says which is meant."""
    return str(get_domain().pgettext(context, message, **values))


def choose_language(code: str) -> None:
    """Remember ``code`` ("zh" or "en") in the session cookie and use it from here on."""
    session[_SESSION_KEY] = code
    refresh()


def language() -> str:
    """The language of this page as ``?lang=`` names it: "zh" or "en"."""
    locale = str(get_locale() or DEFAULT_LOCALE)
    return next(code for code, known in LANGUAGES.items() if known == locale)


def language_tag() -> str:
    """The language of this page for ``<html lang>``: "zh-Hans" or "en"."""
    return LANGUAGES[language()].replace("_", "-")


def either(chinese: str, english: str) -> str:
    """Whichever of two configured texts is in the reader's language."""
    return chinese if language() == "zh" else english


def language_links() -> list[LanguageLink]:
    """The same page in each language, for the switch in every layout."""
    kept = [(name, value) for name, value in request.args.items(multi=True) if name != "lang"]
    return [
        LanguageLink(
            code=code,
            tag=locale.replace("_", "-"),
            label=_OWN_NAMES[code],
            href=f"{request.path}?{urlencode([*kept, ('lang', code)])}",
            current=code == language(),
        )
        for code, locale in LANGUAGES.items()
    ]


def _chosen_locale() -> str:
    if has_request_context():
        for code in (request.args.get("lang"), session.get(_SESSION_KEY)):
            if code in LANGUAGES:
                return LANGUAGES[code]
    return DEFAULT_LOCALE


def _remember_choice() -> None:
    code = request.args.get("lang")
    if code in LANGUAGES and session.get(_SESSION_KEY, next(iter(LANGUAGES))) != code:
        session[_SESSION_KEY] = code


def _messages(path: Path, *, locale: str) -> Iterator[Message]:
    with path.open("rb") as source:
        catalogue = read_po(source, locale=locale, abort_invalid=True)
    return (message for message in catalogue if message.id and message.string and not message.fuzzy)


def _key(message: Message) -> object:
    return (message.id if isinstance(message.id, str) else message.id[0], message.context)


class _FragmentDomain(Domain):  # type: ignore[misc]  # flask_babel ships no types
    """Answers from catalogues held in memory instead of compiled files."""

    def __init__(self, catalogues: dict[str, NullTranslations]) -> None:
        super().__init__()
        self._catalogues = catalogues

    def get_translations(self) -> NullTranslations:
        locale: Locale | None = get_locale()
        return self._catalogues[str(locale) if locale else _SOURCE_LOCALE]


class _FragmentBabel(Babel):  # type: ignore[misc]  # flask_babel ships no types
    def __init__(self, catalogues: dict[str, NullTranslations]) -> None:
        super().__init__()
        self._catalogues = catalogues

    @cached_property
    def domain_instance(self) -> Domain:
        return _FragmentDomain(self._catalogues)
