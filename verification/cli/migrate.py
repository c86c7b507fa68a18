"""``migrate``: bring a database to the newest schema and give both sides' roles their rights, as its owner.

    XIANSUO_OWNER_DATABASE_URL=… migrate --portal-role xiansuo_portal --internal-role xiansuo_internal

On PostgreSQL the roles have to be there already and are given exactly what each side needs, after every
change of the schema again. SQLite has no roles: there the file is the border. Must not know: what is stored.
"""

from __future__ import annotations

import argparse

from sqlalchemy import Connection, text

from config import BadSettings, load_owner_url
from portal.db import Database
from verification.migrations import chain
from verification.migrations.roles import grant_roles


class CannotMigrate(Exception):
    """Said in one line; rights and schema are as they were."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The roles that the two sides log in as."""
    parser.add_argument("--portal-role", metavar="ROLE", help="the public side's role (PostgreSQL)")
    parser.add_argument("--internal-role", metavar="ROLE", help="the internal side's and the workers' role")


def main(arguments: argparse.Namespace) -> int:
    """0 when it is done, 1 with a line that says why not."""
    try:
        migrate(load_owner_url(), portal=arguments.portal_role, internal=arguments.internal_role)
    except BadSettings as bad:
        print("These settings cannot be used:", *bad.problems, sep="\n  ")
    except CannotMigrate as reason:
        print(f"Nothing was changed: {reason}")
    else:
        print("The schema is the newest.")
        return 0
    return 1


def migrate(url: str, *, portal: str | None, internal: str | None) -> None:
    """Newest schema and, on PostgreSQL, rights for these two roles. Raises CannotMigrate."""
    database = Database(url)
    try:
        if database.is_sqlite:
            if portal or internal:
                raise CannotMigrate("SQLite has no roles")
            chain.upgrade(url)
            return
        if not portal or not internal or portal == internal:
            raise CannotMigrate("give --portal-role and --internal-role, two roles of this server")
        with database.engine.begin() as connection:
            _refuse_unknown(connection, portal, internal)
        chain.upgrade(url)
        with database.engine.begin() as connection:
            grant_roles(connection, portal=portal, verification=internal)
    finally:
        database.dispose()


def _refuse_unknown(connection: Connection, *roles: str) -> None:
    for role in roles:
        if connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role}) is None:
            raise CannotMigrate(f"there is no role {role}; create it first (CREATE ROLE … LOGIN)")
