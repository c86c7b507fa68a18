"""``migrate`` prepares a database for both sides; the public side refuses to start with more."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect

import config
from portal.app import refuse_rights_of_staff
from portal.db import Database
from tests.portal.test_shell import SETTINGS
from tests.support.postgres import PORTAL, VERIFICATION, PostgresUrls
from verification.cli.__main__ import main
from verification.migrations import chain

ROLES = ["--portal-role", PORTAL, "--internal-role", VERIFICATION]


def migrate(url: str, monkeypatch: pytest.MonkeyPatch, *options: str) -> int:
    monkeypatch.setenv("XIANSUO_OWNER_DATABASE_URL", url)
    return main(["migrate", *options])


@pytest.fixture
def empty(empty_database_url: str) -> str:
    return empty_database_url


@pytest.mark.databases("sqlite")
def test_sqlite_is_brought_to_the_newest_schema(empty: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not chain.is_newest(empty)
    assert migrate(empty, monkeypatch) == 0
    assert chain.is_newest(empty)
    assert migrate(empty, monkeypatch, *ROLES) == 1


@pytest.mark.databases("postgresql")
@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "give --portal-role"),
        (["--portal-role", PORTAL, "--internal-role", PORTAL], "give --portal-role"),
        (["--portal-role", PORTAL, "--internal-role", "nobody_here"], "there is no role nobody_here"),
    ],
)
def test_postgresql_without_two_roles_is_left_as_it_is(
    empty: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    said: str,
) -> None:
    assert migrate(empty, monkeypatch, *options) == 1
    assert said in capsys.readouterr().out
    engine = create_engine(empty)
    assert inspect(engine).get_table_names() == []
    engine.dispose()


@pytest.mark.databases("postgresql")
def test_each_role_has_its_rights_afterwards_and_again_after_a_second_time(
    empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        assert migrate(empty, monkeypatch, *ROLES) == 0
    for role, may in ((PORTAL, False), (VERIFICATION, True)):
        database = Database(Database(empty).url.set(username=role).render_as_string(hide_password=False))
        assert database.may_update("tip", "state") is may
        database.dispose()


def production(url: str, folder: Path) -> config.PortalSettings:
    return dataclasses.replace(
        SETTINGS, environment=config.Environment.PRODUCTION, database_url=url, blob_dir=folder
    )


def test_public_side_does_not_start_with_the_rights_of_staff(
    postgres_urls: PostgresUrls, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert migrate(postgres_urls.owner, monkeypatch, *ROLES) == 0
    refuse_rights_of_staff(production(postgres_urls.portal, tmp_path))
    for url in (postgres_urls.owner, postgres_urls.verification):
        with pytest.raises(config.BadSettings, match="may change a tip's state"):
            refuse_rights_of_staff(production(url, tmp_path))


def test_database_that_is_away_does_not_keep_the_public_side_from_starting(tmp_path: Path) -> None:
    refuse_rights_of_staff(production("postgresql+psycopg://nobody@/x?host=/nowhere", tmp_path))
