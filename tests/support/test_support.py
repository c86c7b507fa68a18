"""The test fixtures themselves: that the fence holds, and that each server is a real one."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from playwright.sync_api import Error, Page
from sqlalchemy import func, select, text

from portal.clock import FixedClock, civil_day
from portal.db import Database
from portal.models import Base
from tests.conftest import NewVisitor
from tests.support.accessibility import violations
from tests.support.postgres import PORTAL, PostgresUrls
from tests.support.sockets import OutsideNetwork
from tests.support.valkey import ValkeyProcess

#: Reserved for documentation: no machine has it (RFC 5737).
NOWHERE = "192.0.2.1"


def test_connect_to_another_machine_is_refused() -> None:
    with socket.socket() as connection, pytest.raises(OutsideNetwork):
        connection.connect((NOWHERE, 80))


def test_name_lookup_of_another_machine_is_refused() -> None:
    with pytest.raises(OutsideNetwork):
        socket.getaddrinfo("example.org", 80)


def test_datagram_to_another_machine_is_refused() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as sender, pytest.raises(OutsideNetwork):
        sender.sendto(b"", (NOWHERE, 53))


def test_connect_on_loopback_is_allowed() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as client,
        server.accept()[0] as accepted,
    ):
        client.sendall(b"x")
        assert accepted.recv(1) == b"x"


def test_settings_of_this_machine_do_not_reach_the_tests() -> None:
    assert [name for name in os.environ if name.startswith("XIANSUO_")] in ([], ["XIANSUO_TEST_DATA"])


def test_database_is_migrated_and_empty(database: Database, database_kind: str) -> None:
    with database.read() as session:
        counts = {
            table.name: session.execute(select(func.count()).select_from(table)).scalar_one()
            for table in Base.metadata.tables.values()
        }
    assert database.is_sqlite == (database_kind == "sqlite")
    assert len(counts) > 20
    assert set(counts.values()) == {0}


@pytest.mark.databases("postgresql")
def test_postgres_roles_are_not_the_owner(database_kind: str, postgres_urls: PostgresUrls) -> None:
    portal = Database(postgres_urls.portal)
    with portal.read() as session:
        user = session.execute(text("SELECT current_user")).scalar_one()
        rights = session.execute(
            text("SELECT rolsuper OR rolcreatedb OR rolcreaterole FROM pg_roles WHERE rolname = current_user")
        ).scalar_one()
    portal.dispose()
    assert (user, rights) == (PORTAL, False)


def test_valkey_lost_and_started_again_is_empty(valkey: ValkeyProcess) -> None:
    with valkey.client() as client:
        client.set("kept", "no")
        assert client.get("kept") == b"no"
    valkey.stop()
    valkey.start()
    with valkey.client() as client:
        assert client.get("kept") is None
        assert client.config_get("save", "appendonly", "port") == {
            "save": "",
            "appendonly": "no",
            "port": "0",
        }


def test_page_without_script_runs_none(page_without_script: Page, page: Page) -> None:
    # A frame of its own, so that the page says by itself whether it could run anything.
    html = "<p>off</p><script>document.querySelector('p').textContent = 'on'</script>"
    for opened in (page_without_script, page):
        opened.set_content(html)
    assert page_without_script.locator("p").text_content() == "off"
    assert page.locator("p").text_content() == "on"


def test_visitor_sent_to_another_host_fails_the_test(new_visitor: NewVisitor) -> None:
    visitor = new_visitor(script=False)
    with pytest.raises(Error, match="ERR_NAME_NOT_RESOLVED"):
        visitor.open("http://example.org/")
    assert visitor.outside() == ["http://example.org/"]
    visitor.requested.clear()


def test_shared_attachments_hold_photographs_with_positions(shared_attachments: Path) -> None:
    assert {path.name for path in shared_attachments.glob("images/gps-*.jpg")} >= {"gps-DSCN0010.jpg"}


def test_clock_is_fixed(clock: FixedClock) -> None:
    assert civil_day(clock).isoformat() == "2026-03-02"
    assert clock.now() == clock.now()


def test_axe_on_a_page_with_an_unlabelled_field_names_it(page: Page) -> None:
    field = "<input id='who'>"
    frame = "<!doctype html><html lang='en'><title>t</title><main><h1>h</h1>{}</main></html>"
    page.set_content(frame.format(field))
    assert violations(page) == ["label: #who"]
    page.set_content(frame.format(f"<label for='who'>Who</label>{field}"))
    assert violations(page) == []
