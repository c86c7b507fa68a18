"""What speaks against a unit's reply: stock phrases, another case's words, an answer beside the question.

Finds; decides nothing: a person judges every flag. Compares characters, because Chinese has no spaces.
Source: 2-domain §5 "handled means a pasted reply from another case"; issue 4 "The light path".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar

K = TypeVar("K")

#: Runs of this many characters are compared; shared runs of that length are hardly chance.
_RUN: Final = 6
#: So much of a reply in another one is a copy.
_SAME_SHARE: Final = 0.6
#: Fewer characters than this answer nothing.
_SHORT: Final = 15
#: So much of an answer made of stock phrases says nothing.
_STOCK_SHARE: Final = 0.25

_STOCK: Final = (
    "高度重视", "立即组织", "第一时间", "迅速行动", "召开专题会议", "认真研究", "举一反三",
    "加强监管", "加大力度", "进一步加强", "进一步完善", "下一步", "持续推进", "压实责任",
    "长效机制", "严格落实", "积极协调", "正在推进", "感谢您的理解", "感谢您的支持",
    "按照有关规定", "按程序办理", "切实", "扎实", "全力", "确保",
)  # fmt: skip
_PUNCTUATION = re.compile(r"[\W_]+")


class ReplyFlag(StrEnum):
    """Why a reply should be looked at twice."""

    COPIED = "copied"
    STOCK = "stock-phrases"
    BESIDE = "beside-the-question"
    SHORT = "too-short"
    TWICE = "same-answer-twice"
    WRONG_CASE = "wrong-case"


@dataclass(frozen=True, slots=True)
class Flagged:
    """One flag. place: which question (0-based), None: the whole reply. detail: a case's number, a name."""

    flag: ReplyFlag
    place: int | None = None
    detail: str = ""


def flags_of(
    questions: Sequence[str],
    answers: Sequence[str],
    *,
    brief: str,
    earlier: Mapping[str, str],
    units: Iterable[str] = (),
) -> list[Flagged]:
    """Flags for ``answers`` (one a question). earlier: case number → another reply's whole text.

    units: names of other bodies; a reply that names none of this brief but one of those is a wrong case.
    """
    found: list[Flagged] = []
    bare = [_bare(answer) for answer in answers]
    for place, (question, answer) in enumerate(zip(questions, bare, strict=True)):
        if len(answer) < _SHORT:
            found.append(Flagged(ReplyFlag.SHORT, place))
        elif _stock_share(answer) >= _STOCK_SHARE:
            found.append(Flagged(ReplyFlag.STOCK, place))
        elif not _pairs(answer) & (_pairs(_bare(question)) | _pairs(_bare(brief))):
            found.append(Flagged(ReplyFlag.BESIDE, place))
        if answer and answer in bare[:place]:
            found.append(Flagged(ReplyFlag.TWICE, place))
    whole, about = "".join(bare), _bare(brief + "".join(questions))
    for number, other in earlier.items():
        if _share(whole, _bare(other)) >= _SAME_SHARE:
            found.append(Flagged(ReplyFlag.COPIED, detail=number))
    strange = (name for name in units if _bare(name) in whole and _bare(name) not in about)
    return [*found, *(Flagged(ReplyFlag.WRONG_CASE, detail=name) for name in strange)]


def _bare(text: str) -> str:
    return _PUNCTUATION.sub("", text).casefold()


def _pairs(text: str) -> set[str]:
    return {text[start : start + 2] for start in range(len(text) - 1)}


def _runs(text: str) -> set[str]:
    return {text[start : start + _RUN] for start in range(len(text) - _RUN + 1)}


def _share(text: str, other: str) -> float:
    """How much of ``text`` stands in ``other``, by runs."""
    runs = _runs(text)
    return len(runs & _runs(other)) / len(runs) if runs else 0.0


def _stock_share(text: str) -> float:
    """How much of ``text`` is stock phrases, by characters."""
    covered = sum(len(phrase) * text.count(phrase) for phrase in _STOCK)
    return covered / len(text) if text else 0.0
