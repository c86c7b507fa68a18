"""The run command before anything runs: where, with what settings, and what is refused in one line."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from pathlib import Path

import pytest

from config import BadSettings, load_portal, load_verification
from verification.cli.__main__ import main
from verification.cli.run import CannotRun, Place, surroundings

KEY = "5a" * 32
SHARED = {
    "XIANSUO_ENVIRONMENT": "demo",
    "XIANSUO_DATABASE_URL": "sqlite:///x",
    "XIANSUO_BLOB_DIR": "blobs",
    "XIANSUO_ROOT_PUBLIC": KEY,
    "XIANSUO_OFFICE_NAME": "督查室",
    "XIANSUO_OFFICE_NAME_EN": "Office",
    "XIANSUO_COUNTY_NAME": "安澜县",
    "XIANSUO_COUNTY_NAME_EN": "Anlan County",
    "XIANSUO_PUBLIC_URL": "http://127.0.0.1:8000",
}
PORTAL_ONLY = {
    "XIANSUO_PORTAL_SECRET": KEY,
    "XIANSUO_EDGE_RETENTION": "无",
    "XIANSUO_EDGE_RETENTION_EN": "none",
    "XIANSUO_REDIRECT_CHANNEL": "市",
    "XIANSUO_REDIRECT_CHANNEL_EN": "city",
}
INTERNAL_ONLY = {
    "XIANSUO_INTERNAL_SECRET": KEY,
    "XIANSUO_INTERNAL_URL": "http://127.0.0.1:8001",
    "XIANSUO_HOST_KEY_FILE": "",
    "XIANSUO_QUEUE_URL": "unix:///v.sock",
    "XIANSUO_CLEANER_KEY_DIR": "cleaner",
}


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, str]:
    host_key = tmp_path / "host-key"
    host_key.write_text(KEY)
    return SHARED | PORTAL_ONLY | INTERNAL_ONLY | {"XIANSUO_HOST_KEY_FILE": str(host_key)}


def given(environ: Mapping[str, str]) -> set[str]:
    return {name for name in environ if name.startswith("XIANSUO_")}


def test_portal_is_given_its_own_settings_and_none_of_the_internal_side(settings: dict[str, str]) -> None:
    assert given(surroundings(settings, read_by=load_portal)) == set(SHARED) | set(PORTAL_ONLY)


def test_internal_side_is_given_its_own_settings(settings: dict[str, str]) -> None:
    assert given(surroundings(settings, read_by=load_verification)) == set(SHARED) | set(INTERNAL_ONLY)


def test_queue_server_is_given_no_settings(settings: dict[str, str]) -> None:
    assert given(surroundings(settings, read_by=None)) == set()


def test_settings_that_an_app_would_refuse_are_refused_before_it_starts(settings: dict[str, str]) -> None:
    with pytest.raises(BadSettings, match="XIANSUO_DATABASE_URL"):
        surroundings({**settings, "XIANSUO_DATABASE_URL_FILE": "/nowhere"}, read_by=load_portal)


@pytest.mark.parametrize("name", ["EDGE_RETENTION", "REDIRECT_CHANNEL_EN"])
def test_text_that_is_left_blank_is_refused_before_a_page_shows_nothing(
    settings: dict[str, str], name: str
) -> None:
    with pytest.raises(BadSettings, match=f"XIANSUO_{name}: is empty"):
        surroundings({**settings, f"XIANSUO_{name}": " "}, read_by=load_portal)


def test_place_without_settings_is_the_readmes() -> None:
    place = Place.of({})
    assert (place.public.port, place.internal.port, place.var.name) == (8000, 8001, "var")
    assert {place.public.host, place.internal.host} == {"127.0.0.1"}


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http", "８０００", ""])
def test_place_with_an_impossible_port_names_the_setting(port: str) -> None:
    with pytest.raises(CannotRun, match="XIANSUO_INTERNAL_PORT must be a number from 1 to 65535"):
        Place.of({"XIANSUO_INTERNAL_PORT": port})


def test_run_on_a_taken_port_says_so_in_one_line_and_makes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    var = tmp_path / "var"
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setenv("XIANSUO_VAR", str(var))
        monkeypatch.setenv("XIANSUO_PUBLIC_PORT", str(port))
        assert main(["run"]) == 1
    said = capsys.readouterr().out
    assert said == f"Port {port} is taken on 127.0.0.1: set XIANSUO_PUBLIC_PORT to a free one.\n"
    assert not var.exists()
