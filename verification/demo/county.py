"""Who and what there is in the demo county: bodies, people, places. Read from county.toml, small.toml.

Owns: the shape of these files. Must not know: tips, cases, keys, tables' rows. Source: 2-domain §3, §4.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from verification.models import InterestKind, Role, UnitKind

HERE = Path(__file__).parent
PROFILES = ("county", "small")


@dataclass(frozen=True, slots=True)
class Body:
    """A unit. ``in_charge``: the login of its leader in charge; ``duties``: category codes."""

    code: str
    name: str
    name_en: str
    kind: UnitKind
    in_charge: str | None
    duties: tuple[str, ...]
    channel: str | None


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who logs in. ``trained``, ``sworn``: days before today; None: not yet."""

    login: str
    name: str
    title: str
    roles: tuple[Role, ...]
    unit: str
    trained: int | None = None
    sworn: int | None = None
    alternate_desk: bool = False
    alternate_second: bool = False
    interests: tuple[tuple[str, InterestKind], ...] = ()


@dataclass(frozen=True, slots=True)
class County:
    """A whole profile. ``settings``: what the pages say of the county and its office."""

    profile: str
    settings: Mapping[str, str]
    alternate_desk: bool
    bodies: tuple[Body, ...]
    people: tuple[Person, ...]
    places: tuple[str, ...]

    @property
    def is_small(self) -> bool:
        """Whether this is the office of ten."""
        return self.profile == "small"

    def names_for_form(self) -> list[str]:
        """What the public form suggests as a body: everything but the office itself."""
        return [body.name for body in self.bodies if body.kind is not UnitKind.OFFICE]


@cache
def read_county(profile: str) -> County:
    """A profile, whole. ValueError for one that there is not, or for a file that does not fit together."""
    if profile not in PROFILES:
        raise ValueError(f"no such profile: {profile}")
    whole = read_toml(HERE / "county.toml")
    staffed = whole if profile == "county" else read_toml(HERE / f"{profile}.toml")
    settings = dict(whole["county"]) | dict(staffed["county"])
    alternate_desk = bool(settings.pop("alternate_desk"))
    office = tuple(_person(entry) for entry in staffed["person"])
    logins = {person.login for person in office}
    bodies = tuple(_body(entry, leaders=logins) for entry in whole["unit"])
    liaisons = (_liaison(code, name) for code, name in staffed["liaisons"].items())
    return _checked(
        County(
            profile=profile,
            settings={name: str(value) for name, value in settings.items()},
            alternate_desk=alternate_desk,
            bodies=bodies,
            people=(*office, *liaisons),
            places=tuple(whole["directory"]["places"]),
        )
    )


def read_toml(path: Path) -> dict[str, Any]:
    """A file of the demo's data."""
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _body(entry: dict[str, Any], *, leaders: set[str]) -> Body:
    in_charge = entry.get("in_charge")
    return Body(
        code=entry["code"],
        name=entry["name"],
        name_en=entry["name_en"],
        kind=UnitKind(entry["kind"]),
        # A profile without this leader leaves the body without one.
        in_charge=in_charge if in_charge in leaders else None,
        duties=tuple(entry.get("duties", ())),
        channel=entry.get("channel"),
    )


def _person(entry: dict[str, Any]) -> Person:
    return Person(
        login=entry["login"],
        name=entry["name"],
        title=entry["title"],
        roles=tuple(Role(role) for role in entry["roles"]),
        unit=entry["unit"],
        trained=entry.get("trained"),
        sworn=entry.get("sworn"),
        alternate_desk=bool(entry.get("alternate_desk", False)),
        alternate_second=bool(entry.get("alternate_second", False)),
        interests=tuple((code, InterestKind(kind)) for code, kind in entry.get("interests", ())),
    )


def _liaison(code: str, name: str) -> Person:
    return Person(login=code, name=name, title="联络员", roles=(Role.LIAISON,), unit=code)


def _checked(county: County) -> County:
    codes = {body.code for body in county.bodies}
    logins = [person.login for person in county.people]
    problems = [f"{person.login}: unit {person.unit}" for person in county.people if person.unit not in codes]
    problems += [f"{login} twice" for login in set(logins) if logins.count(login) > 1]
    problems += [
        f"{person.login}: interest in {code}"
        for person in county.people
        for code, _kind in person.interests
        if code not in codes
    ]
    if len(codes) != len(county.bodies) or problems:
        raise ValueError("; ".join(problems) or "a unit's code stands twice")
    return county
