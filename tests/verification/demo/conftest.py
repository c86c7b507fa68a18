"""A small demo county, seeded once on each kind of database, after a first seed that was interrupted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.postgres import PostgresServer
from tests.support.seeded import SeededDemo, seed_after_an_interruption


@pytest.fixture(
    scope="module",
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)],
)
def seeded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SeededDemo]:
    """See ``SeededDemo``."""
    var, environ = tmp_path_factory.mktemp("seeded") / "var", dict[str, str]()
    if request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        environ["XIANSUO_DATABASE_URL"] = server.url(server.create(empty=True))
    demo = seed_after_an_interruption(var, environ=environ)
    yield demo
    demo.database.dispose()
