"""Whom a lead is about: firms and agencies managed from above are noticed, public bodies are not."""

from __future__ import annotations

import pytest

from verification.models import Unit, UnitKind
from verification.policy.objects import managed_above, names_a_firm

TAX = Unit(
    code="tax",
    name="国家税务总局安澜县税务局",
    name_en="State Taxation Administration",
    kind=UnitKind.VERTICAL,
)
WATER = Unit(code="water", name="县水利局", name_en="Water Bureau", kind=UnitKind.DEPARTMENT)


@pytest.mark.parametrize(
    "about", ["安澜县恒达建筑公司", "镇上的幸福超市", "某物业", "Hengda Company", "砖厂"]
)
def test_firm_is_noticed(about: str) -> None:
    assert names_a_firm(about)


@pytest.mark.parametrize(
    "about", ["县交通运输局", "清溪镇人民政府", "城关街道办事处", "Transport Bureau", ""]
)
def test_public_body_is_no_firm(about: str) -> None:
    assert not names_a_firm(about)


@pytest.mark.parametrize("about", ["税务局", "安澜县税务局", "国家税务总局安澜县税务局办税厅", "taxation"])
def test_agency_managed_from_above_is_found_by_its_short_name(about: str) -> None:
    assert managed_above(about, [WATER, TAX]) == [TAX]


@pytest.mark.parametrize("about", ["县水利局", "税", "", "交通局"])
def test_other_bodies_are_not_taken_for_one(about: str) -> None:
    assert managed_above(about, [WATER, TAX]) == []
