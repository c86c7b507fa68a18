"""Whom a lead is about, where that is no body the county inspects: firms, and agencies managed from above.

Finds, to help the person at the desk; decides nothing. A firm's failing becomes the question whether the body
whose duty it was did its part; an agency managed from above is not the county's object, so the lead is handed
on to it. Must not know: tips, texts at rest. Source: Reg. art. 5; 2-domain §2 "Hand upward / aside".
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from verification.models import Unit, UnitKind

#: What private bodies are called at the end of their names, in both languages.
_FIRM = re.compile(
    r"(公司|企业|集团|工厂|[^办]厂|商店|门店|药店|饭店|酒店|宾馆|餐馆|餐厅|超市|商场|市场|合作社|个体户|物业|"
    r"开发商|施工队|包工头|老板|诊所|培训机构|民办学校|幼儿园|矿|砖窑|养殖场|加油站)"
    r"|\b(company|firm|factory|shop|store|restaurant|hotel|supermarket|ltd|clinic|developer|landlord)\b",
    re.IGNORECASE,
)
_SHORTEST_NAME = 3


def names_a_firm(about: str) -> bool:
    """Whether "who is this about" reads like a private firm, shop or person rather than a public body."""
    return _FIRM.search(about) is not None


def managed_above(about: str, units: Iterable[Unit]) -> list[Unit]:
    """Agencies among ``units`` that are managed from above and that ``about`` names, in full or in short."""
    said = "".join(about.split()).casefold()
    if len(said) < _SHORTEST_NAME:
        return []
    return [unit for unit in units if unit.kind is UnitKind.VERTICAL and _names(said, unit)]


def _names(said: str, unit: Unit) -> bool:
    names = ("".join(name.split()).casefold() for name in (unit.name, unit.name_en))
    return any(said in name or name in said for name in names)
