"""Settings of both apps: read from the environment once, typed, frozen, every error listed at boot.

A name ``XIANSUO_X`` may be given as ``XIANSUO_X_FILE`` instead, naming a file that holds the value; secrets
should be. ``PortalSettings`` has no field for a private key, and a contract test keeps it so.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

MIB = 1024 * 1024

T = TypeVar("T")


class Environment(StrEnum):
    """Where this runs; demo accounts exist in ``demo`` and ``test`` alone."""

    PRODUCTION = "production"
    DEMO = "demo"
    TEST = "test"


class BadSettings(Exception):
    """The environment cannot be used; ``problems`` lists every reason, one line each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True, repr=False)
class SharedSettings:
    """What both apps need."""

    environment: Environment
    database_url: str
    blob_dir: Path
    root_public: bytes
    session_secret: bytes
    office_name: str
    office_name_en: str
    county_name: str
    county_name_en: str
    max_file_bytes: int
    max_message_bytes: int
    max_files: int
    part_bytes: int


@dataclass(frozen=True, slots=True, repr=False)
class PortalSettings(SharedSettings):
    """The public app. Holds public keys and one session secret, never a private key."""

    public_url: str
    edge_retention: str
    edge_retention_en: str
    redirect_channel: str
    redirect_channel_en: str

    @property
    def secure_cookies(self) -> bool:
        """Whether the site is reached over TLS, so that the cookie may be ``__Host-`` and Secure."""
        return urlsplit(self.public_url).scheme == "https"


@dataclass(frozen=True, slots=True, repr=False)
class VerificationSettings(SharedSettings):
    """The internal app and its workers."""

    internal_url: str
    public_url: str
    host_key: bytes
    queue_url: str
    cleaner_key_dir: Path
    session_idle_minutes: int
    session_max_hours: int
    viewer_mark: bool
    backup_days: int
    document_mark: str
    document_templates: Path | None

    @property
    def secure_cookies(self) -> bool:
        """Whether the internal site is reached over TLS."""
        return urlsplit(self.internal_url).scheme == "https"


class _Reader:
    """Reads one name after another and gathers every problem instead of stopping at the first."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.problems: list[str] = []

    def text(self, name: str, default: str | None = None) -> str:
        key = f"XIANSUO_{name}"
        if file_name := self._environ.get(f"{key}_FILE"):
            try:
                return Path(file_name).read_text(encoding="utf-8").strip()
            except OSError as error:
                self.problems.append(f"{key}_FILE: cannot be read ({error.strerror})")
                return default or ""
        value = self._environ.get(key, default)
        if value is None:
            self.problems.append(f"{key}: is not set (or {key}_FILE)")
            return ""
        if not value.strip():
            self.problems.append(f"{key}: is empty")
        return value

    def parsed(self, name: str, parse: Callable[[str], T], fallback: T, default: str | None = None) -> T:
        before = len(self.problems)
        value = self.text(name, default)
        if len(self.problems) > before:
            return fallback
        try:
            return parse(value)
        except ValueError as error:
            self.problems.append(f"XIANSUO_{name}: {error}")
            return fallback


def _key_bytes(value: str) -> bytes:
    try:
        key = bytes.fromhex(value)
    except ValueError:
        raise ValueError("must be hexadecimal") from None
    if len(key) != 32:
        raise ValueError(f"must be 32 bytes in hexadecimal, has {len(key)}")
    return key


def _positive(value: str) -> int:
    if not value.isascii() or not value.isdigit() or int(value) == 0:
        raise ValueError("must be a whole number above zero")
    return int(value)


def _yes_or_no(value: str) -> bool:
    if value not in ("yes", "no"):
        raise ValueError("must be yes or no")
    return value == "yes"


def _mark(value: str) -> str:
    if not 1 <= len(value) <= 12 or not all("\u4e00" <= letter <= "\u9fff" for letter in value):
        raise ValueError("must be the letters before the year, such as 安政督")
    return value


def _folder_or_none(value: str) -> Path | None:
    if value == "none":
        return None
    if not Path(value).is_dir():
        raise ValueError("must be a folder, or none")
    return Path(value)


def _web_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValueError("must be an http or https address")
    return value.rstrip("/")


def _environment(value: str) -> Environment:
    try:
        return Environment(value)
    except ValueError:
        raise ValueError("must be production, demo or test") from None


def _shared(read: _Reader) -> dict[str, object]:
    return {
        "environment": read.parsed("ENVIRONMENT", _environment, Environment.PRODUCTION, "production"),
        "database_url": read.text("DATABASE_URL"),
        "blob_dir": Path(read.text("BLOB_DIR")),
        "root_public": read.parsed("ROOT_PUBLIC", _key_bytes, b""),
        "office_name": read.text("OFFICE_NAME"),
        "office_name_en": read.text("OFFICE_NAME_EN"),
        "county_name": read.text("COUNTY_NAME"),
        "county_name_en": read.text("COUNTY_NAME_EN"),
        "max_file_bytes": read.parsed("MAX_FILE_BYTES", _positive, 1, str(200 * MIB)),
        "max_message_bytes": read.parsed("MAX_MESSAGE_BYTES", _positive, 1, str(1024 * MIB)),
        "max_files": read.parsed("MAX_FILES", _positive, 1, "20"),
        "part_bytes": read.parsed("PART_BYTES", _positive, 1, str(8 * MIB)),
    }


def load_portal(environ: Mapping[str, str] | None = None) -> PortalSettings:
    """Settings of the public app, or BadSettings with every problem at once."""
    read = _Reader(os.environ if environ is None else environ)
    values = _shared(read) | {
        "session_secret": read.parsed("PORTAL_SECRET", _key_bytes, b""),
        "public_url": read.parsed("PUBLIC_URL", _web_url, ""),
        "edge_retention": read.text("EDGE_RETENTION"),
        "edge_retention_en": read.text("EDGE_RETENTION_EN"),
        "redirect_channel": read.text("REDIRECT_CHANNEL"),
        "redirect_channel_en": read.text("REDIRECT_CHANNEL_EN"),
    }
    if read.problems:
        raise BadSettings(read.problems)
    settings = PortalSettings(**values)  # type: ignore[arg-type]  # each value was parsed for its field above
    _refuse_plain_http(settings.environment, settings.public_url, "XIANSUO_PUBLIC_URL")
    return settings


def load_owner_url(environ: Mapping[str, str] | None = None) -> str:
    """The database as its owner reaches it, for changing the schema; or BadSettings."""
    read = _Reader(os.environ if environ is None else environ)
    url = read.text("OWNER_DATABASE_URL")
    if read.problems:
        raise BadSettings(read.problems)
    return url


def load_verification(environ: Mapping[str, str] | None = None) -> VerificationSettings:
    """Settings of the internal app and its workers, or BadSettings with every problem at once."""
    read = _Reader(os.environ if environ is None else environ)
    values = _shared(read) | {
        "session_secret": read.parsed("INTERNAL_SECRET", _key_bytes, b""),
        "internal_url": read.parsed("INTERNAL_URL", _web_url, ""),
        "public_url": read.parsed("PUBLIC_URL", _web_url, ""),
        "host_key": read.parsed("HOST_KEY", _key_bytes, b""),
        "queue_url": read.text("QUEUE_URL"),
        "cleaner_key_dir": Path(read.text("CLEANER_KEY_DIR")),
        "session_idle_minutes": read.parsed("SESSION_IDLE_MINUTES", _positive, 30, "30"),
        "session_max_hours": read.parsed("SESSION_MAX_HOURS", _positive, 10, "10"),
        "backup_days": read.parsed("BACKUP_DAYS", _positive, 1, "35"),
        "document_mark": read.parsed("DOCUMENT_MARK", _mark, "", "政督"),
        "document_templates": read.parsed("DOCUMENT_TEMPLATES", _folder_or_none, None, "none"),
        "viewer_mark": read.parsed("VIEWER_MARK", _yes_or_no, True, "yes"),
    }
    if read.problems:
        raise BadSettings(read.problems)
    settings = VerificationSettings(**values)  # type: ignore[arg-type]  # parsed for its field above
    _refuse_plain_http(settings.environment, settings.internal_url, "XIANSUO_INTERNAL_URL")
    return settings


def _refuse_plain_http(environment: Environment, url: str, name: str) -> None:
    if environment is Environment.PRODUCTION and urlsplit(url).scheme != "https":
        raise BadSettings([f"{name}: must be https in production"])
