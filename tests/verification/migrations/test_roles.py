"""On PostgreSQL the portal's own role can take in tips and show mailboxes, and nothing else."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest
from sqlalchemy import create_engine, select, text
from sqlalchemy.exc import ProgrammingError

from portal.clock import FixedClock
from portal.db import Database
from portal.domain.mailbox import open_mailbox
from portal.models import Base, Rng
from tests.support.office import TestOffice, make_office
from tests.support.postgres import PORTAL, VERIFICATION, PostgresUrls
from verification.migrations.roles import PORTAL_READS, grant_roles

FORBIDDEN_WRITES = (
    "UPDATE tip SET state = 'answered'",
    "UPDATE tip SET informant_public = ''",
    "UPDATE message SET read_by_office = true",
    "UPDATE recipient_key SET public = ''",
    "UPDATE object_grant SET sealed_file_key = ''",
    "DELETE FROM tip",
    "DELETE FROM message",
    "DELETE FROM outbox",
    "INSERT INTO recipient_key (id) VALUES ('00000000-0000-0000-0000-000000000000')",
    "INSERT INTO tip (id, state) VALUES ('00000000-0000-0000-0000-000000000000', 'answered')",
    "INSERT INTO audit_entry (number) VALUES (1)",
    "CREATE TABLE mine (id int)",
)


@pytest.fixture
def portal_office(postgres_urls: PostgresUrls, clock: FixedClock, rng: Rng, tmp_path: Path) -> TestOffice:
    """An office whose ``database`` is reached as the portal's role, founded by the owner."""
    owner = Database(postgres_urls.owner)
    with owner.engine.begin() as connection:
        grant_roles(connection, portal=PORTAL, verification=VERIFICATION)
    office = make_office(owner, clock=clock, rng=rng, blob_dir=tmp_path / "blobs")
    owner.dispose()
    office.database = Database(postgres_urls.portal)
    return office


def test_portal_role_takes_in_a_tip_and_opens_its_mailbox(portal_office: TestOffice) -> None:
    _tip_id, receipt = portal_office.send_tip(f"桥头的路灯坏了。{secrets.token_hex(8)}")
    assert open_mailbox(portal_office.intake, receipt=receipt).messages == ()
    portal_office.database.dispose()


def test_portal_role_reads_its_own_tables_and_no_other(
    portal_office: TestOffice, postgres_urls: PostgresUrls
) -> None:
    portal_office.database.dispose()
    engine = create_engine(postgres_urls.portal)
    readable = set()
    for name, table in Base.metadata.tables.items():
        try:
            with engine.connect() as connection:
                connection.execute(select(table).limit(1))
            readable.add(name)
        except ProgrammingError:
            continue
    assert readable == set(PORTAL_READS)
    engine.dispose()


@pytest.mark.parametrize("statement", FORBIDDEN_WRITES)
def test_portal_role_cannot_write_elsewhere(
    portal_office: TestOffice, postgres_urls: PostgresUrls, statement: str
) -> None:
    portal_office.database.dispose()
    engine = create_engine(postgres_urls.portal)
    with (
        pytest.raises(ProgrammingError, match=r"permission denied|must be owner"),
        engine.begin() as connection,
    ):
        connection.execute(text(statement))
    engine.dispose()
