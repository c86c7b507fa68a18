"""Turns are served in order of arrival, end, and are given up after a while; the disk keeps a reserve."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from portal.domain.flood import STALL_SECONDS, UploadTurns, has_room
from portal.storage.errors import Busy, RetryLater


class Hands:
    """A monotonic clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def wait_for(turns: UploadTurns, *, waiting: int) -> None:
    """Spin until that many threads have come to where they wait."""
    for _ in range(5_000_000):
        if turns.waiting == waiting:
            return
    raise AssertionError("they never came to wait")


def test_turns_up_to_their_number_are_free_at_once() -> None:
    turns = UploadTurns(at_once=2, wait_seconds=0)
    first = turns.begin()
    turns.begin()
    with pytest.raises(RetryLater) as caught:
        turns.begin()
    assert caught.value.why is Busy.UPLOADS
    first.end()
    turns.begin()


def test_turn_given_up_or_ended_twice_leaves_no_trace() -> None:
    turns = UploadTurns(at_once=1, wait_seconds=0)
    turn = turns.begin()
    for _ in range(3):
        with pytest.raises(RetryLater):
            turns.begin()
    assert turns.waiting == 0
    turn.end()
    turn.end()
    turns.begin()
    with pytest.raises(RetryLater):
        turns.begin()


def test_waiting_uploads_are_served_in_order_of_arrival() -> None:
    turns = UploadTurns(at_once=1, wait_seconds=30)
    served: list[int] = []
    first = turns.begin()

    def upload(number: int) -> None:
        turn = turns.begin()
        served.append(number)
        turn.end()

    threads = []
    for number in range(5):
        thread = threading.Thread(target=upload, args=(number,))
        thread.start()
        threads.append(thread)
        wait_for(turns, waiting=number + 1)
    first.end()
    for thread in threads:
        thread.join(timeout=30)
    assert served == [0, 1, 2, 3, 4]
    assert turns.waiting == 0


def test_turn_that_stalls_goes_to_who_waits_and_queues_again_when_it_moves() -> None:
    clock = Hands()
    turns = UploadTurns(at_once=1, wait_seconds=0, monotonic=clock)
    stalled = turns.begin()
    clock.now += STALL_SECONDS - 1
    with pytest.raises(RetryLater):
        turns.begin()
    clock.now += 1
    other = turns.begin()
    with pytest.raises(RetryLater):
        stalled.moved()
    other.end()
    stalled.moved()
    with pytest.raises(RetryLater):
        turns.begin()
    stalled.end()
    turns.begin()


def test_turn_that_moves_is_kept_however_long_it_takes() -> None:
    clock = Hands()
    turns = UploadTurns(at_once=1, wait_seconds=0, monotonic=clock)
    slow = turns.begin()
    for _ in range(10):
        clock.now += STALL_SECONDS - 1
        slow.moved()
        with pytest.raises(RetryLater):
            turns.begin()


def test_stalled_turn_without_anybody_waiting_is_kept() -> None:
    clock = Hands()
    turns = UploadTurns(at_once=1, wait_seconds=0, monotonic=clock)
    turn = turns.begin()
    clock.now += STALL_SECONDS * 100
    turn.moved()
    with pytest.raises(RetryLater):
        turns.begin()


def test_ending_a_turn_that_was_given_away_does_not_end_the_other() -> None:
    clock = Hands()
    turns = UploadTurns(at_once=1, wait_seconds=0, monotonic=clock)
    stalled = turns.begin()
    clock.now += STALL_SECONDS
    turns.begin()
    stalled.end()
    with pytest.raises(RetryLater):
        turns.begin()


def test_disk_with_more_than_the_reserve_has_room(tmp_path: Path) -> None:
    assert has_room(tmp_path, for_bytes=1, reserve_bytes=0)
    assert not has_room(tmp_path, for_bytes=1, reserve_bytes=1 << 60)
    assert not has_room(tmp_path, for_bytes=1 << 60, reserve_bytes=0)
