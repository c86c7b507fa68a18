"""``staff``: who works here, adding somebody with the root key in hand, and taking all from who leaves.

    staff                                                       lists everybody
    staff --add lin.xiaoyu --name 林晓雨 --role inspector --unit duchashi --root FILE
    staff --leave lin.xiaoyu [--root FILE]

A supervisor or director, and either person of the alternate desk (``--alternate-desk``,
``--alternate-second``), holds a key of the office: then two of its paper shares are asked for, never given on
the command line, when they come and when they leave. Who held one, or a unit's key, leaves with the root key
in hand. The new person's slip is printed once. Source: 4-sealing "Keys".
"""

from __future__ import annotations

import argparse
import getpass
from datetime import date
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from config import BadSettings, VerificationSettings, load_verification
from portal.clock import Clock, SystemClock, civil_day
from portal.db import Database
from portal.models import SYSTEM_RNG
from verification.cli.slips import fresh_passphrase, person_slip
from verification.domain.founding import NewStaff, make_secrets
from verification.domain.joining import SharesNeeded, join_office, key_needed
from verification.domain.leaving import LastHolder, RootNeeded, key_held, leave_office
from verification.keys.ceremony import SHARES_NEEDED, RootKey, WrongShares
from verification.keys.offline import NoRoot, read_root
from verification.models import Role, Staff, StaffRole, Unit


class CannotDo(Exception):
    """Said in one line; nothing was written."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing lists; ``--add`` adds, ``--leave`` ends."""
    parser.add_argument("--add", metavar="LOGIN", help="add somebody with this login")
    parser.add_argument("--leave", metavar="LOGIN", help="end this login and take its keys away")
    parser.add_argument("--name", help="their name")
    parser.add_argument("--role", action="append", choices=[role.value for role in Role], default=[])
    parser.add_argument("--unit", help="the code of their unit")
    parser.add_argument("--alternate-desk", action="store_true", help="reads the alternate desk's tips")
    parser.add_argument(
        "--alternate-second", action="store_true", help="agrees to opening identities of the alternate desk"
    )
    parser.add_argument("--trained-on", type=date.fromisoformat, metavar="DAY")
    parser.add_argument("--undertaking-on", type=date.fromisoformat, metavar="DAY")
    parser.add_argument("--root", type=Path, metavar="FILE", help="the root key")


def main(arguments: argparse.Namespace) -> int:
    """0 when it is done, 1 with a line that says why not."""
    try:
        settings = load_verification()
        if arguments.leave is not None:
            _leave(settings, arguments, clock=SystemClock())
        elif arguments.add is not None:
            _add(settings, arguments, clock=SystemClock())
        else:
            _list(settings)
    except BadSettings as bad:
        print("These settings cannot be used:", *bad.problems, sep="\n  ")
    except SharesNeeded as needed:
        print(f"Nothing was changed: this takes two shares of the {needed.name} key.")
    except WrongShares:
        print("Nothing was changed: these shares open no key of this office.")
    except RootNeeded:
        print("Nothing was changed: they hold a key whose next generation the root must sign; give --root.")
    except LastHolder as last:
        print(f"Nothing was changed: nobody else holds the {last.name} key. Add who comes after them first.")
    except (CannotDo, NoRoot, ValueError) as reason:
        print(f"Nothing was changed: {reason}")
    else:
        return 0
    return 1


def _list(settings: VerificationSettings) -> None:
    database = Database(settings.database_url)
    with database.read() as session:
        query = select(Staff, Unit.name).join(Unit, Unit.id == Staff.unit_id).order_by(Staff.login)
        for person, unit in session.execute(query).all():
            roles = session.scalars(select(StaffRole.role).where(StaffRole.staff_id == person.id)).all()
            named = ", ".join(sorted(role.value for role in roles))
            print(f"{person.login:<20} {named:<24} {person.name}, {unit}{'' if person.active else ' (left)'}")
    database.dispose()


def _add(settings: VerificationSettings, arguments: argparse.Namespace, *, clock: Clock) -> None:
    if not (arguments.name and arguments.role and arguments.unit and arguments.root):
        raise CannotDo("--add needs --name, --role, --unit and --root")
    ceremony = _ceremony(settings, arguments.root, clock=clock)
    roles = tuple(Role(role) for role in arguments.role)
    passphrase = fresh_passphrase()
    own = make_secrets(passphrase=passphrase, host_key=settings.host_key, rng=SYSTEM_RNG)
    database = Database(settings.database_url)
    try:
        with database.read() as session:
            new = _new_staff(session, arguments, roles)
        shares = _ask_for_shares() if key_needed(new) else []
        with database.write() as session:
            join_office(session, new, root=ceremony, own=own, shares=shares, clock=clock)
    finally:
        database.dispose()
    slip = person_slip(
        name=new.name, login=new.login, passphrase=passphrase, own=own, office=settings.office_name
    )
    print("Added. What follows is shown once.\n", slip, sep="\n")


def _leave(settings: VerificationSettings, arguments: argparse.Namespace, *, clock: Clock) -> None:
    ceremony = None if arguments.root is None else _ceremony(settings, arguments.root, clock=clock)
    database = Database(settings.database_url)
    try:
        with database.read() as session:
            name = key_held(session, _active(session, arguments.leave))
        shares = _ask_for_shares() if name is not None and ceremony is not None else []
        with database.write() as session:
            person = _active(session, arguments.leave)
            leave_office(session, person, root=ceremony, shares=shares, clock=clock)
    finally:
        database.dispose()
    print(f"{arguments.leave} has left: the login is closed and no key is wrapped to it any more.")
    if name is not None:
        print(f"The {name} key has its next generation; its paper shares stay the same.")


def _active(session: Session, login: str) -> Staff:
    person = session.scalars(select(Staff).where(Staff.login == login, Staff.active.is_(True))).one_or_none()
    if person is None:
        raise CannotDo(f"nobody works here with the login {login}")
    return person


def _ceremony(settings: VerificationSettings, path: Path, *, clock: Clock) -> RootKey:
    root = read_root(path)
    if root.verify_key().to_bytes() != settings.root_public:
        raise CannotDo("XIANSUO_ROOT_PUBLIC is not the public half of this root key")
    return RootKey(signing=root, day=civil_day(clock), rng=SYSTEM_RNG)


def _new_staff(session: Session, arguments: argparse.Namespace, roles: tuple[Role, ...]) -> NewStaff:
    unit = session.scalars(select(Unit).where(Unit.code == arguments.unit)).one_or_none()
    if unit is None:
        raise CannotDo(f"there is no unit {arguments.unit}")
    if session.scalars(select(Staff.id).where(Staff.login == arguments.add)).one_or_none():
        raise CannotDo(f"the login {arguments.add} is taken")
    return NewStaff(
        login=arguments.add,
        name=arguments.name,
        roles=roles,
        unit_id=unit.id,
        trained_on=arguments.trained_on,
        undertaking_on=arguments.undertaking_on,
        alternate_desk=arguments.alternate_desk,
        alternate_second=arguments.alternate_second,
    )


def _ask_for_shares() -> list[str]:
    """Read at the terminal, not shown."""
    return [getpass.getpass(f"paper share {number}: ").strip() for number in range(1, SHARES_NEEDED + 1)]
