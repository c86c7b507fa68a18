"""Turns are served in order of arrival, end, and are given up after a while; the disk keeps a reserve."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from portal.domain.flood import UploadTurns, has_room
from portal.storage.errors import Busy, RetryLater


def wait_for(turns: UploadTurns, *, waiting: int) -> None:
    """Spin until that many threads have come to where they wait."""
    for _ in range(5_000_000):
        if turns.waiting == waiting:
            return
    raise AssertionError("they never came to wait")


def test_turns_up_to_their_number_are_free_at_once() -> None:
    turns = UploadTurns(at_once=2, wait_seconds=0)
    turns.begin()
    turns.begin()
    with pytest.raises(RetryLater) as caught:
        turns.begin()
    assert caught.value.why is Busy.UPLOADS
    turns.end()
    turns.begin()


def test_turn_given_up_leaves_no_trace() -> None:
    turns = UploadTurns(at_once=1, wait_seconds=0)
    with turns.turn():
        for _ in range(3):
            with pytest.raises(RetryLater):
                turns.begin()
    with turns.turn(), pytest.raises(RetryLater):
        turns.begin()


def test_waiting_uploads_are_served_in_order_of_arrival() -> None:
    turns = UploadTurns(at_once=1, wait_seconds=30)
    served: list[int] = []
    turns.begin()

    def upload(number: int) -> None:
        with turns.turn():
            served.append(number)

    threads = []
    for number in range(5):
        thread = threading.Thread(target=upload, args=(number,))
        thread.start()
        threads.append(thread)
        wait_for(turns, waiting=number + 1)
    turns.end()
    for thread in threads:
        thread.join(timeout=30)
    assert served == [0, 1, 2, 3, 4]
    assert turns.waiting == 0


def test_turn_is_given_back_when_the_upload_fails() -> None:
    turns = UploadTurns(at_once=1, wait_seconds=0)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), turns.turn():
            _ = 1 / 0
    turns.begin()


def test_disk_with_more_than_the_reserve_has_room(tmp_path: Path) -> None:
    assert has_room(tmp_path, for_bytes=1, reserve_bytes=0)
    assert not has_room(tmp_path, for_bytes=1, reserve_bytes=1 << 60)
    assert not has_room(tmp_path, for_bytes=1 << 60, reserve_bytes=0)
