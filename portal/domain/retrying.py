"""What the database's trouble means to a person: the same can be sent again later.

Owns: which troubles those are. Must not know: what was being done.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from portal.db import is_busy, is_full
from portal.storage.errors import Busy, RetryLater


@contextmanager
def retry_later() -> Iterator[None]:
    """Around database work: locked, full or away becomes RetryLater; every other error stays what it is."""
    try:
        yield
    except PoolTimeout:
        raise RetryLater(Busy.DATABASE) from None
    except DBAPIError as error:
        if not is_busy(error):
            raise
        # The error's own text holds the statement and its values; it must not travel on in a traceback.
        raise RetryLater(Busy.DISK_FULL if is_full(error) else Busy.DATABASE) from None
