"""The schema of a test database: made by the migrations, exactly as an installation's is."""

from __future__ import annotations

import shutil
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

import verification.models  # noqa: F401  # registers its tables
from portal.models import Base
from tests.support import machine


def alembic_config(url: str) -> Config:
    """Alembic's settings for one database."""
    config = Config()
    config.set_main_option("script_location", str(machine.PROJECT / "verification" / "migrations"))
    config.attributes["url"] = url
    return config


def migrate(url: str) -> None:
    """Bring an empty database to the newest schema."""
    if not (machine.PROJECT / "verification" / "migrations" / "env.py").exists():
        engine = create_engine(url)
        Base.metadata.create_all(engine)
        engine.dispose()
        return
    command.upgrade(alembic_config(url), "head")


def copy_sqlite(template: Path, *, to: Path) -> str:
    """A new SQLite database with the template's schema; returns its URL."""
    shutil.copyfile(template, to)
    return f"sqlite:///{to}"
