"""Words, days and numbers as official documents write them: always in Chinese, whoever makes them.

Must not know: any kind, any template.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from functools import cache
from typing import Final

from flask import Flask, has_request_context

from portal.clock import CIVIL_ZONE
from portal.texts import DEFAULT_LOCALE, force_locale, install

YES, NO = "是", "否"
_COMMA: Final = "、"


@contextmanager
def in_chinese() -> Iterator[None]:
    """Lazy texts are Chinese inside, on a page in another language and where there is no page at all."""
    if has_request_context():
        with force_locale(DEFAULT_LOCALE):
            yield
    else:
        with _speaker().app_context():
            yield


@cache
def _speaker() -> Flask:
    app = Flask(__name__)
    install(app, ("portal", "verification"))
    return app


def day(value: date | datetime | None) -> str:
    """2026年11月30日, the civil day; empty for none."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = value.astimezone(CIVIL_ZONE).date()
    return f"{value.year}年{value.month}月{value.day}日"


def moment(value: datetime | None) -> str:
    """2026年11月30日15时20分."""
    if value is None:
        return ""
    civil = value.astimezone(CIVIL_ZONE)
    return f"{day(civil)}{civil.hour}时{civil.minute:02d}分"


def listed(words: Iterable[str]) -> str:
    """甲、乙、丙."""
    return _COMMA.join(words)


def numbered(texts: Iterable[str]) -> str:
    """1．甲, 2．乙, a line each."""
    return "\n".join(f"{number}．{text}" for number, text in enumerate(texts, start=1))


def yes_or_no(value: bool) -> str:
    """是 or 否."""
    return YES if value else NO
