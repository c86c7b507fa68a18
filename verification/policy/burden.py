"""What of a plan would burden the unit: large meetings, forms to fill, escorts, self-checks layer by layer.

A lint: it finds words and numbers, a person judges; going on in spite of it needs a written reason. What a
text forbids ("no escort") is no finding. Must not know: rows, pages. Source: Reg. art. 15 "keep the scale
down"; issue 4 "plan lint for burden".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Final


class Burden(StrEnum):
    """One kind of burden; its value is the id of the rule that warns of it."""

    MEETING = "burden-meeting"
    FORMS = "burden-forms"
    ESCORT = "burden-escort"
    LAYERS = "burden-layers"


#: What turns a mention round: "不得要求陪同" forbids what "陪同" would ask for.
_FORBIDDEN: Final = re.compile(
    r"(?:不|无|免|勿|禁止|杜绝|严禁|取消|\bwithout|\bno|\bnever|\bnot)[^，。；,.;\n]{0,10}$", re.IGNORECASE
)
#: Ledgers that the unit keeps anyway may be read; what it is told to fill in or draw up is a burden.
_WORDS: Final[dict[Burden, re.Pattern[str]]] = {
    Burden.FORMS: re.compile(
        r"填报|填写|填表|自查表|(?:报送|上报|编制|建立|制作)[^，。；\n]{0,8}(?:报表|台账|统计表|登记表)"
        r"|\bfill (?:in|out)\b|questionnaire",
        re.IGNORECASE,
    ),
    Burden.ESCORT: re.compile(r"陪同|迎送|接待安排|全程跟随|\bescort", re.IGNORECASE),
    Burden.LAYERS: re.compile(
        r"(?:逐级|层层|逐层)(?:开展)?(?:自查|自评|检查|上报|汇总)|self-checks? layer by layer", re.IGNORECASE
    ),
}
_COUNT: Final = r"(\d{1,4})\s*(?:余|多)?\s*(?:人|名)"
_GATHERING: Final = r"(?:会议|座谈|大会|动员会|调度会|推进会|培训会|部署会|汇报会|讨论会)"
_MEETING: Final = re.compile(
    rf"{_COUNT}[^，。；,.;\n]{{0,10}}{_GATHERING}|{_GATHERING}[^，。；,.;\n]{{0,10}}?{_COUNT}"
    r"|meeting of (\d{1,4})",
    re.IGNORECASE,
)


def burdens_of(texts: Iterable[str], *, meeting_people: int, most_people: int) -> tuple[Burden, ...]:
    """Every burden that these texts of a plan speak of, in the order of ``Burden``.

    meeting_people: the largest meeting that the plan names in its own field, 0 for none. most_people: how
    many a meeting may have before it is warned of (rule burden-meeting).
    """
    said = list(texts)
    found = {kind for kind, words in _WORDS.items() if any(_asks_for(words, text) for text in said)}
    largest = max([meeting_people, *(number for text in said for number in _meetings(text))])
    if largest > most_people:
        found.add(Burden.MEETING)
    return tuple(kind for kind in Burden if kind in found)


def _asks_for(words: re.Pattern[str], text: str) -> bool:
    return any(not _FORBIDDEN.search(text, 0, match.start()) for match in words.finditer(text))


def _meetings(text: str) -> list[int]:
    return [int(next(filter(None, match.groups()))) for match in _MEETING.finditer(text)]
