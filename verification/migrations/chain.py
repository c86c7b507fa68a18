"""Running the chain from code: bring a database to the newest schema, or say which revision it has."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

HERE = Path(__file__).parent


def config_for(url: str) -> Config:
    """Alembic's settings for one database."""
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.attributes["url"] = url
    return config


def upgrade(url: str) -> None:
    """Bring the database at ``url`` to the newest schema; nothing happens if it has it."""
    command.upgrade(config_for(url), "head")


def downgrade(url: str) -> None:
    """Take every table of ours away again, with everything in them."""
    command.downgrade(config_for(url), "base")


def is_newest(url: str) -> bool:
    """Whether the database at ``url`` has the newest schema."""
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision() == head()
    finally:
        engine.dispose()


def head() -> str:
    """The newest revision."""
    found = ScriptDirectory(str(HERE)).get_current_head()
    if found is None:
        raise RuntimeError("there are no migrations")
    return found
