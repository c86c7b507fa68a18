"""Two people at once on PostgreSQL, in an order that is always the same, without waiting for time to pass.

``second_waits(office, first, second)``: the first has done what they do and not committed; the second begins
and goes on until it waits for a lock or is through; only then the first commits.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from sqlalchemy import text

from portal.db import Database
from tests.support.office import TestOffice
from tests.support.worker_process import until
from verification.domain.acting import Acting

_WAITING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


def second_waits(
    office: TestOffice,
    first: tuple[str, Callable[[Acting], object]],
    second: tuple[str, Callable[[Acting], object]],
    *,
    then: Callable[[Acting], object] | None = None,
) -> BaseException | None:
    """Let both act, (login, verb) each; returns what the second raised, or None.

    then: what the first goes on to do once the second waits.
    """

    def go() -> None:
        login, verb = second
        with office.acting(login) as acting:
            verb(acting)

    login, verb = first
    with office.acting(login) as acting:
        verb(acting)
        acting.session.flush()
        later = Later(go)
        later.has_come_to_wait(office.database)
        if then is not None:
            then(acting)
    return later.error()


class Later:
    """Something done in a thread of its own, begun at once."""

    def __init__(self, act: Callable[[], object]) -> None:
        self._act = act
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._act()
        except BaseException as error:  # noqa: BLE001  # the test looks at it
            self._error = error

    def has_come_to_wait(self, database: Database) -> None:
        """Return when it waits for another's lock, or has ended."""

        def waits() -> bool:
            with database.read() as session:
                return bool(session.scalar(_WAITING)) or not self._thread.is_alive()

        until(waits, what="the second waits for the first")

    def error(self) -> BaseException | None:
        """Wait for its end; what it raised."""
        self._thread.join(60)
        assert not self._thread.is_alive()
        return self._error
