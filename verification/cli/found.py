"""``found``: the ceremony of a real installation: root key, office keys, bodies, first people, paper shares.

    found --make-root /media/offline/office-root.key       on a machine without a network
    found --root /media/offline/office-root.key --office office.toml

The first prints the public half, which the configuration pins. The second asks for the settings of a running
installation (``XIANSUO_*``) and an empty database, on PostgreSQL one that ``migrate`` has prepared.
Passphrases, authenticator secrets and shares are printed once and kept nowhere. Must not know: demos.
Source: 4-sealing "Keys".
"""

from __future__ import annotations

import argparse
import uuid
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config import BadSettings, VerificationSettings, load_verification
from portal.clock import Clock, SystemClock
from portal.db import Database
from portal.models import SYSTEM_RNG
from verification.cli.office_file import BadOfficeFile, OfficeFile, OfficePerson, read_office_file
from verification.cli.slips import fresh_passphrase, person_slip, share_slips
from verification.domain.founding import (
    NewStaff,
    OfficeKeys,
    StaffSecrets,
    add_directory,
    add_staff,
    add_unit,
    declare_interest,
    found_office,
    make_secrets,
    put_in_charge,
)
from verification.jobs.cleaning.day_keys import KeyFiles
from verification.keys.offline import NoRoot, make_root, public_hex, read_root
from verification.migrations import chain
from verification.models import INSPECTABLE, Staff


class CannotFound(Exception):
    """Said in one line; nothing was written."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Making a root, or founding with one."""
    parser.add_argument("--make-root", type=Path, metavar="FILE", help="make a root key in a new file")
    parser.add_argument("--root", type=Path, metavar="FILE", help="the root key to found with")
    parser.add_argument("--office", type=Path, metavar="FILE", help="bodies and people, as TOML")


def main(arguments: argparse.Namespace) -> int:
    """0 when it is done, 1 with a line that says why not."""
    try:
        if arguments.make_root is not None:
            print(f"XIANSUO_ROOT_PUBLIC={public_hex(make_root(arguments.make_root))}")
            print(f"Keep {arguments.make_root} offline: whoever has it can vouch for keys.")
        elif arguments.root is not None and arguments.office is not None:
            found(load_verification(), root_file=arguments.root, office=read_office_file(arguments.office))
        else:
            raise CannotFound("give --make-root FILE, or --root FILE and --office FILE")
    except BadSettings as bad:
        print("These settings cannot be used:", *bad.problems, sep="\n  ")
    except FileExistsError:
        print(f"{arguments.make_root} is there already; a root key is never overwritten.")
    except (CannotFound, BadOfficeFile, NoRoot) as reason:
        print(f"Nothing was founded: {reason}")
    else:
        return 0
    return 1


def found(
    settings: VerificationSettings, *, root_file: Path, office: OfficeFile, clock: Clock | None = None
) -> None:
    """Found the office in an empty database and print the slips. Raises CannotFound, NoRoot."""
    root = read_root(root_file)
    if root.verify_key().to_bytes() != settings.root_public:
        raise CannotFound("XIANSUO_ROOT_PUBLIC is not the public half of this root key")
    database = Database(settings.database_url)
    if database.is_sqlite:
        chain.upgrade(settings.database_url)
    elif not chain.is_newest(settings.database_url):
        raise CannotFound("this database has no newest schema: run migrate first, as its owner")
    passphrases = {person.login: fresh_passphrase() for person in office.people}
    own = {
        login: make_secrets(passphrase=passphrase, host_key=settings.host_key, rng=SYSTEM_RNG)
        for login, passphrase in passphrases.items()
    }
    try:
        with database.write() as session:
            if session.scalar(select(func.count()).select_from(Staff)):
                raise CannotFound("this database has people already")
            keys = found_office(
                session, root=root, clock=clock or SystemClock(), rng=SYSTEM_RNG,
                with_alternate=any(person.alternate_desk for person in office.people),
            )  # fmt: skip
            _write(session, office, keys=keys, own=own, clock=clock or SystemClock())
            # Before the commit: an office without its issuer's private half could never clean a file.
            KeyFiles(settings.cleaner_key_dir).keep_issuer(keys.issuer_id, keys.issuer)
    finally:
        database.dispose()
    _print_slips(settings, office, keys=keys, own=own, passphrases=passphrases)


def _write(
    session: Session, office: OfficeFile, *, keys: OfficeKeys, own: dict[str, StaffSecrets], clock: Clock
) -> None:
    units = {new.code: add_unit(session, new, keys=keys) for new in office.units}
    staff = {}
    for person in office.people:
        new = _new_staff(person, unit_id=units[person.unit].id)
        staff[person.login] = add_staff(session, new, keys=keys, own=own[person.login], clock=clock)
        for code, kind in person.interests:
            declare_interest(
                session, staff=staff[person.login], unit_id=units[code].id, kind=kind, rng=SYSTEM_RNG
            )
    for code, login in office.in_charge.items():
        put_in_charge(session, unit=units[code], leader=staff[login])
    bodies = [new.name for new in office.units if new.kind in INSPECTABLE or new.channel]
    add_directory(session, bodies=bodies, places=list(office.places), rng=SYSTEM_RNG)


def _new_staff(person: OfficePerson, *, unit_id: uuid.UUID) -> NewStaff:
    return NewStaff(
        login=person.login,
        name=person.name,
        roles=person.roles,
        unit_id=unit_id,
        trained_on=person.trained_on,
        undertaking_on=person.undertaking_on,
        alternate_desk=person.alternate_desk,
        alternate_second=person.alternate_second,
    )


def _print_slips(
    settings: VerificationSettings,
    office: OfficeFile,
    *,
    keys: OfficeKeys,
    own: dict[str, StaffSecrets],
    passphrases: dict[str, str],
) -> None:
    print("Founded. What follows is shown once: print it, hand it out, clear the screen.\n")
    for person in office.people:
        slip = person_slip(
            name=person.name,
            login=person.login,
            passphrase=passphrases[person.login],
            own=own[person.login],
            office=settings.office_name,
        )
        print(slip, end="\n\n")
    for holder, shares in keys.shares.items():
        print(share_slips(holder, shares), end="\n\n")
