"""Preparing a data folder: what production asks for, whose database a demo leaves alone, what is made once.

A whole seed and what it leaves behind are tested in ``tests/verification/demo``.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select

from config import BadSettings
from portal.clock import FixedClock
from portal.db import Database
from portal.models import Rng
from tests.support.office import make_office
from verification.cli.folder import DataFolder, write_private
from verification.cli.setup import prepare
from verification.models import Staff


def _count(database: Database) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(Staff)) or 0


def test_production_lists_everything_that_is_missing_and_makes_nothing(tmp_path: Path) -> None:
    var = tmp_path / "var"
    with pytest.raises(BadSettings) as bad:
        prepare(var, profile="county", environ={"XIANSUO_ENVIRONMENT": "production"})
    missing = {problem.split(":")[0] for problem in bad.value.problems}
    assert missing == {
        f"XIANSUO_{name}"
        for name in (
            "DATABASE_URL", "BLOB_DIR", "ROOT_PUBLIC", "OFFICE_NAME", "OFFICE_NAME_EN", "COUNTY_NAME",
            "COUNTY_NAME_EN", "PORTAL_SECRET", "PUBLIC_URL", "EDGE_RETENTION", "EDGE_RETENTION_EN",
            "REDIRECT_CHANNEL", "REDIRECT_CHANNEL_EN", "INTERNAL_SECRET", "INTERNAL_URL", "HOST_KEY",
            "QUEUE_URL", "CLEANER_KEY_DIR",
        )
    }  # fmt: skip
    assert len(bad.value.problems) == len(missing)
    assert not var.exists()


@pytest.mark.parametrize("is_marked", [False, True], ids=["plainly", "after-an-interrupted-seed"])
def test_demo_leaves_a_database_with_real_people_alone(
    database: Database, clock: FixedClock, rng: Rng, tmp_path: Path, is_marked: bool
) -> None:
    make_office(database, clock=clock, rng=rng, blob_dir=tmp_path / "blobs")
    people = _count(database)
    var = tmp_path / "var"
    if is_marked:
        var.mkdir()
        (var / "seeding").touch()
    url = database.url.render_as_string(hide_password=False)
    with pytest.raises(BadSettings) as bad:
        prepare(var, profile="small", environ={"XIANSUO_DATABASE_URL": url}, say=lambda _line: None)
    assert "real accounts" in bad.value.problems[0]
    assert _count(database) == people > 0
    assert not (var / "demo.json").exists()


def test_demo_with_another_root_in_its_settings_is_refused(tmp_path: Path) -> None:
    environ = {"XIANSUO_ROOT_PUBLIC": "ab" * 32}
    with pytest.raises(BadSettings) as bad:
        prepare(tmp_path / "var", profile="small", environ=environ, say=lambda _line: None)
    assert bad.value.problems[0].startswith("XIANSUO_ROOT_PUBLIC")


def test_folder_makes_secrets_once_and_takes_what_is_given(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "var")
    first, second = folder.settings({}), folder.settings({})
    assert first == second
    paths = [Path(first[f"XIANSUO_{name}_FILE"]) for name in ("HOST_KEY", "PORTAL_SECRET", "INTERNAL_SECRET")]
    assert len({path.read_text(encoding="ascii") for path in paths}) == 3
    assert [path.stat().st_mode & 0o777 for path in paths] == [0o600] * 3
    given = {"XIANSUO_HOST_KEY": "cd" * 32, "XIANSUO_BLOB_DIR_FILE": "/elsewhere"}
    own = folder.settings(given)
    assert "XIANSUO_HOST_KEY_FILE" not in own
    assert "XIANSUO_BLOB_DIR" not in own
    assert own["XIANSUO_HOST_KEY"] == "cd" * 32


def test_private_file_is_replaced_whole_and_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "secret"
    for text in ("one", "two"):
        write_private(path, text)
        assert path.read_text(encoding="utf-8") == text
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [entry.name for entry in path.parent.iterdir()] == ["secret"]
