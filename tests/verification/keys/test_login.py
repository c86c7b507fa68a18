"""Logging in unlocks a person's keys, and a session is worth nothing without both of its halves."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.models import Tip
from tests.support.office import HOST_KEY, TestOffice
from verification.domain import triage
from verification.domain.acting import Acting
from verification.errors import KeyLocked, LoginPaused, LoginRefused
from verification.keys.identities import totp_code, unlock
from verification.keys.sessions import SessionLimits, begin_session, end_session, resume_session
from verification.models import Staff, StaffSession
from verification.policy.actors import actor_for
from verification.policy.rulebook import shipped_rules

pytestmark = pytest.mark.slow

LIMITS = SessionLimits(idle=timedelta(minutes=30), whole=timedelta(hours=10))


def _code(office: TestOffice, login: str) -> str:
    return totp_code(office.secrets_of(login).totp_secret, moment=office.clock.now())


def _try(office: TestOffice, login: str, passphrase: str, code: str, host_key: bytes = HOST_KEY) -> Staff:
    """One attempt; a refusal is committed with its count, as the login page does."""
    failure: Exception | None = None
    with office.database.write() as session:
        try:
            staff, _keys = unlock(
                session, login=login, passphrase=passphrase, code=code, host_key=host_key,
                clock=office.clock,
            )  # fmt: skip
            return staff
        except (LoginRefused, LoginPaused) as error:
            failure = error
    raise failure


def _begin(office: TestOffice, login: str) -> str:
    with office.database.write() as session:
        staff, keys = unlock(
            session, login=login, passphrase=office.passphrase_of(login), code=_code(office, login),
            host_key=HOST_KEY, clock=office.clock,
        )  # fmt: skip
        return begin_session(session, staff=staff, keys=keys, clock=office.clock, limits=LIMITS)


def test_login_with_all_three_right_unlocks(office: TestOffice) -> None:
    assert _try(office, "fan", office.passphrase_of("fan"), _code(office, "fan")).login == "fan"


@pytest.mark.parametrize("wrong", ["login", "passphrase", "code", "host key"])
def test_login_with_one_thing_wrong_is_refused_alike(office: TestOffice, wrong: str) -> None:
    with pytest.raises(LoginRefused):
        _try(
            office,
            "nobody" if wrong == "login" else "fan",
            "guess" if wrong == "passphrase" else office.passphrase_of("fan"),
            "000000" if wrong == "code" else _code(office, "fan"),
            bytes(32) if wrong == "host key" else HOST_KEY,
        )


def test_code_works_once_only(office: TestOffice) -> None:
    code = _code(office, "fan")
    _try(office, "fan", office.passphrase_of("fan"), code)
    with pytest.raises(LoginRefused):
        _try(office, "fan", office.passphrase_of("fan"), code)
    office.clock.advance(timedelta(seconds=30))
    _try(office, "fan", office.passphrase_of("fan"), _code(office, "fan"))


def test_five_wrong_attempts_pause_the_account_and_it_opens_again_by_itself(office: TestOffice) -> None:
    for _ in range(5):
        with pytest.raises(LoginRefused):
            _try(office, "fan", office.passphrase_of("fan"), "000000")
    with pytest.raises(LoginPaused):
        _try(office, "fan", office.passphrase_of("fan"), _code(office, "fan"))
    office.clock.advance(timedelta(minutes=5, seconds=1))
    _try(office, "fan", office.passphrase_of("fan"), _code(office, "fan"))


def test_session_opens_tips_and_neither_half_alone_does(office: TestOffice) -> None:
    tip_id, _receipt = office.send_tip()
    cookie = _begin(office, "fan")
    with office.database.write() as session:
        opened = resume_session(session, cookie=cookie, clock=office.clock, limits=LIMITS)
        assert opened is not None
        acting = Acting(
            session, actor_for(session, opened.staff_id), opened.keyring, office.trust, office.clock,
            office.rng, shipped_rules(),
        )  # fmt: skip
        assert triage.open_tip(acting, session.get_one(Tip, tip_id)).place == "清溪镇"
        row = session.query(StaffSession).one()
        keys = office.secrets_of("fan").keys
        assert keys.recipient.to_bytes() not in row.sealed_keys
    with office.database.write() as session:
        other = ("A" if cookie[5] != "A" else "B").join((cookie[:5], cookie[6:]))
        assert resume_session(session, cookie=other, clock=office.clock, limits=LIMITS) is None
        end_session(session, row_id=row.id)
    with office.database.write() as session:
        assert resume_session(session, cookie=cookie, clock=office.clock, limits=LIMITS) is None


def test_session_row_moved_to_another_person_opens_nothing(office: TestOffice) -> None:
    cookie = _begin(office, "admin")
    with office.database.write() as session:
        session.query(StaffSession).one().staff_id = office.staff_id("fan")
    with office.database.write() as session:
        assert resume_session(session, cookie=cookie, clock=office.clock, limits=LIMITS) is None


@pytest.mark.parametrize("idle_minutes", [30, 601])
def test_session_ends_by_idleness_and_by_age(office: TestOffice, idle_minutes: int) -> None:
    cookie = _begin(office, "fan")
    office.clock.advance(timedelta(minutes=29))
    with office.database.read() as session:
        assert resume_session(session, cookie=cookie, clock=office.clock, limits=LIMITS) is not None
    office.clock.advance(timedelta(minutes=idle_minutes))
    with office.database.read() as session:
        assert resume_session(session, cookie=cookie, clock=office.clock, limits=LIMITS) is None


def test_person_who_left_is_locked_out_at_once(office: TestOffice) -> None:
    cookie = _begin(office, "fan")
    with office.database.write() as session:
        session.get_one(Staff, office.staff_id("fan")).active = False
    with office.database.read() as session:
        assert resume_session(session, cookie=cookie, clock=office.clock, limits=LIMITS) is None
        with pytest.raises(LoginRefused):
            _try(office, "fan", office.passphrase_of("fan"), _code(office, "fan"))


@pytest.mark.parametrize("garbage", ["", "é", "AAAA", "!" * 44, "A" * 5000])
def test_garbage_for_a_cookie_is_no_session(office: TestOffice, garbage: str) -> None:
    with office.database.read() as session:
        assert resume_session(session, cookie=garbage, clock=office.clock, limits=LIMITS) is None


def test_keyring_reaches_nothing_that_was_never_wrapped_to_it(office: TestOffice) -> None:
    for login in ("admin", "security", "auditor", "du", "lian"):
        with office.acting(login) as acting, pytest.raises(KeyLocked):
            acting.keyring.private(acting.session, office.keys.desk.id)
