"""After a night the stored files no longer keep the order in which tips came; before it, they did."""

from __future__ import annotations

import threading
import uuid
from pathlib import Path

import pytest
from sqlalchemy import Connection, select, text

from portal.db import Database
from portal.models import OutboxTopic, SealedObject, Tip
from portal.models.base import Base
from tests.support.jobs import post_work
from tests.support.office import TestOffice
from tests.support.postgres import PORTAL, VERIFICATION, PostgresUrls
from verification.domain import triage
from verification.jobs.errors import LogInUse
from verification.jobs.handlers import HANDLERS
from verification.jobs.reorder import reorder, unordered_tables
from verification.jobs.running import Ended, Workbench, run_row
from verification.migrations.roles import grant_roles

TIPS = 40


@pytest.fixture
def sent(office: TestOffice) -> list[uuid.UUID]:
    """Statement objects of tips of one day, in the order they came."""
    tips = [office.send_tip()[0] for _ in range(TIPS)]
    with office.database.read() as session:
        return [session.get_one(Tip, tip_id).statement_id for tip_id in tips]


def in_file(database: Database, sent: list[uuid.UUID]) -> list[uuid.UUID]:
    """Statements in the order in which their sealed bytes lie in the SQLite file and its log."""
    path = str(database.url.database)
    stored = b"".join(Path(path + end).read_bytes() for end in ("", "-wal") if Path(path + end).exists())
    with database.read() as session:
        bodies = {one: session.get_one(SealedObject, one).body or b"" for one in sent}
    # Its end: the beginning lies in the page of the row itself, the rest on pages taken one after another.
    places = {one: stored.find(body[-200:-100]) for one, body in bodies.items()}
    assert min(places.values()) >= 0
    return sorted(sent, key=lambda one: places[one])


@pytest.mark.databases("sqlite")
def test_sqlite_file_shows_the_order_of_arrival_until_the_night(
    office: TestOffice, sent: list[uuid.UUID]
) -> None:
    with office.database.upkeep() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    assert in_file(office.database, sent) == sent, "what a thief would see before the night"
    reorder(office.database)
    assert in_file(office.database, sent) == sorted(sent, key=lambda one: one.hex) != sent
    assert Path(f"{office.database.url.database}-wal").stat().st_size == 0


@pytest.mark.databases("sqlite")
def test_table_with_rowids_would_keep_the_order_for_ever(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/rowid.db")
    with database.write() as session:
        session.execute(text("CREATE TABLE kept (id TEXT PRIMARY KEY)"))
        for number in range(5):
            session.execute(text("INSERT INTO kept VALUES (:id)"), {"id": f"{9 - number}"})
    reorder(database)
    with database.read() as session:
        assert session.scalars(text("SELECT id FROM kept ORDER BY rowid")).all() == ["9", "8", "7", "6", "5"]
    database.dispose()


def test_every_table_an_informant_causes_is_without_rowids() -> None:
    caused = {
        *("tip", "attachment", "draft", "draft_file", "file_part", "message", "sealed_object"),
        *("object_grant", "stored_file", "outbox", "deadline", "staff_notice"),
    }
    assert caused <= {table.name for table in unordered_tables()}
    assert "case" in Base.metadata.tables


@pytest.mark.databases("sqlite")
def test_log_that_somebody_reads_is_emptied_at_the_next_try(
    office: TestOffice, sent: list[uuid.UUID]
) -> None:
    with office.database.read() as session:
        session.scalar(select(Tip.id).limit(1))
        with office.database.write() as other:
            other.execute(text("UPDATE tip SET urgent = urgent"))
        with pytest.raises(LogInUse):
            reorder(office.database)
    reorder(office.database)
    assert in_file(office.database, sent) == sorted(sent, key=lambda one: one.hex)


def heap(connection: Connection, table: str, key: str) -> list[str]:
    """Keys of a PostgreSQL table in the order in which their rows lie."""
    return [str(value) for value in connection.scalars(text(f"SELECT {key} FROM {table} ORDER BY ctid"))]  # noqa: S608  # names of our own tables


def numbered(connection: Connection) -> list[str]:
    """Statements in the order of the numbers that PostgreSQL gave their large values."""
    toast = connection.scalar(
        text("SELECT reltoastrelid::regclass FROM pg_class WHERE relname='sealed_object'")
    )
    chunks = connection.execute(
        text(f"SELECT chunk_id, string_agg(chunk_data, ''::bytea ORDER BY chunk_seq) FROM {toast} GROUP BY 1")  # noqa: S608  # names of our own tables
    ).all()
    bodies = {
        bytes(body): str(key) for key, body in connection.execute(text("SELECT id, body FROM sealed_object"))
    }
    return [bodies[bytes(body)] for _number, body in sorted(chunks) if bytes(body) in bodies]


@pytest.mark.databases("postgresql")
def test_postgresql_rows_show_the_order_of_arrival_until_the_night(
    office: TestOffice, sent: list[uuid.UUID]
) -> None:
    arrived = [str(one) for one in sent]
    with office.database.engine.connect() as connection:
        assert [key for key in heap(connection, "sealed_object", "id") if key in arrived] == arrived
        assert [key for key in numbered(connection) if key in arrived] == arrived
        assert connection.scalar(text("SELECT count(DISTINCT xmin::text) FROM tip")) == TIPS
    reorder(office.database)
    with office.database.engine.connect() as connection:
        for table, key in (("sealed_object", "id"), ("tip", "id"), ("object_grant", "object_id")):
            lying = heap(connection, table, key)
            assert lying == sorted(lying), table
            assert connection.scalar(text(f"SELECT count(DISTINCT xmin::text) FROM {table}")) == 1  # noqa: S608  # names of our own tables
        assert [key for key in numbered(connection) if key in arrived] == sorted(arrived) != arrived


@pytest.mark.databases("postgresql")
def test_job_s_own_role_may_reorder_and_the_portal_s_may_not(
    office: TestOffice, sent: list[uuid.UUID], postgres_urls: PostgresUrls
) -> None:
    owner = Database(postgres_urls.owner)
    with owner.engine.begin() as connection:
        grant_roles(connection, portal=PORTAL, verification=VERIFICATION)
    portal, verification = Database(postgres_urls.portal), Database(postgres_urls.verification)
    with pytest.raises(Exception, match="permission denied"), portal.upkeep() as connection:
        connection.execute(text("SELECT xiansuo_cluster('tip')"))
    reorder(verification)
    with owner.engine.connect() as connection:
        lying = heap(connection, "sealed_object", "id")
    assert len(lying) >= TIPS
    assert lying == sorted(lying)
    for database in (owner, portal, verification):
        database.dispose()


def test_tips_come_in_and_open_while_and_after_rows_are_reordered(
    office: TestOffice, sent: list[uuid.UUID]
) -> None:
    more: list[uuid.UUID] = []
    people = [threading.Thread(target=lambda: more.append(office.send_tip()[0])) for _ in range(6)]
    for person in people[:3]:
        person.start()
    reorder(office.database)
    for person in people[3:]:
        person.start()
    reorder(office.database)
    for person in people:
        person.join()
    assert len(more) == 6
    with office.acting("fan") as acting:
        tips = acting.session.scalars(select(Tip)).all()
        assert len(tips) == TIPS + 6
        assert all(triage.open_tip(acting, tip).account for tip in tips)


@pytest.mark.databases("sqlite")
def test_night_s_turn_is_run_and_its_row_goes(
    office: TestOffice, sent: list[uuid.UUID], bench: Workbench
) -> None:
    work = post_work(office, OutboxTopic.NIGHT_REORDER)
    assert run_row(work.outbox_id, bench=bench, handlers=HANDLERS) == Ended()
    assert in_file(office.database, sent) == sorted(sent, key=lambda one: one.hex)
