"""The pages that explain, what every page carries, and how small they are."""

from __future__ import annotations

import re

import pytest

from portal.models import DirectoryEntry, DirectoryKind, new_id
from tests.support.public import CHANNEL, EDGE, TYPED, PublicSite, Visitor

pytestmark = pytest.mark.databases("sqlite")

PAGES = ("/", "/submit", "/check", "/anonymity", "/saved")


@pytest.mark.parametrize("path", PAGES)
def test_page_is_whole_in_both_languages(visitor: Visitor, path: str) -> None:
    chinese, english = visitor.open(path).text, visitor.open(f"{path}?lang=en").text
    assert '<html lang="zh-Hans">' in chinese
    assert '<html lang="en">' in english
    bare = re.sub(r"<datalist.*?</datalist>|<[^>]+>", "", english, flags=re.DOTALL)
    assert re.findall(r"[\u4e00-\u9fff]+", bare.replace("中文", "").replace(CHANNEL, "")) == []
    assert re.findall(r"[\u4e00-\u9fff]+", re.sub(r"<[^>]+>", "", chinese)) != []


@pytest.mark.parametrize("path", PAGES)
def test_page_is_kept_by_nobody(visitor: Visitor, path: str) -> None:
    headers = visitor.open(path).page.headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "unsafe" not in headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/", "/anonymity", "/check", "/saved"])
def test_page_that_only_tells_sets_no_cookie(visitor: Visitor, path: str) -> None:
    assert "Set-Cookie" not in visitor.open(path).page.headers


def test_what_the_network_keeps_is_said_as_configured(visitor: Visitor) -> None:
    assert EDGE in visitor.open("/").text
    assert EDGE in visitor.open("/anonymity").text
    assert CHANNEL in visitor.text


def test_form_with_all_it_loads_is_small_whatever_the_directory_holds(site: PublicSite) -> None:
    with site.desk.database.write() as session:
        for number in range(200):
            kind = DirectoryKind.BODY if number % 2 else DirectoryKind.PLACE
            name = f"云岭镇清溪村民委员会第{number}组"
            session.add(DirectoryEntry(id=new_id(site.rng), kind=kind, name=name, ordinal=10 + number))
    visitor = site.visitor()
    text = visitor.open("/submit").text
    loaded = re.findall(
        r'<(?:link rel="stylesheet" href|script src|img src|link rel="icon" href)="([^"]+)"', text
    )
    addresses = [address for address in loaded if not address.startswith("data:")]
    assert len(addresses) + 1 <= 3
    sizes = [len(visitor.client.get(address).data) for address in addresses]
    assert min(sizes) > 0
    assert text.count("<option>") == 140
    assert len(text.encode()) + sum(sizes) <= 40_000


def test_health_is_answered_without_a_cookie(visitor: Visitor) -> None:
    page = visitor.open("/healthz").page
    assert (page.status_code, page.data, "Set-Cookie" in page.headers) == (200, b"ok\n", False)


@pytest.mark.parametrize("path", ["/nothing", "/submit/nothing", "/static/../config.py"])
def test_unknown_address_has_a_friendly_page(visitor: Visitor, path: str) -> None:
    visitor.open(path)
    assert visitor.page.status_code == 404
    assert "这个网址没有内容" in visitor.text


def test_saving_from_a_page_that_lay_open_too_long_forgets_all_the_same(visitor: Visitor) -> None:
    visitor.open("/submit")
    form = visitor.hidden("/submit")
    visitor.page = visitor.client.post("/submit", data=form | dict(TYPED))
    first = visitor.receipt
    visitor.page = visitor.client.post("/submit/saved", data={"csrf_token": "too old"})
    assert (visitor.page.status_code, visitor.page.headers["Location"]) == (303, "/saved")
    visitor.page = visitor.client.post("/submit", data=form | dict(TYPED))
    assert first not in visitor.text


def test_saving_from_another_sites_page_finds_nothing_to_forget(site: PublicSite) -> None:
    stranger = site.visitor()
    stranger.page = stranger.client.post("/submit/saved")
    assert stranger.page.status_code == 303
    assert "Set-Cookie" not in stranger.page.headers
