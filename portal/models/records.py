"""What the sealed texts of a tip say: statement, identity, and the messages of its mailbox.

Owns: the fields of the records inside sealed objects, for the side that seals and the side that opens. Must
not know: how they are sealed (``portal.crypto.compartments``), who opens them, pages. Source: 4-sealing
"Compartments of a tip", FORMAT.md §11.

Each class has ``to_record`` for ``encode_record`` and ``from_record``, which raises Tampered for anything
that ``to_record`` would not give: the writer may be a stranger who holds nothing but a public key.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, IntEnum, StrEnum
from typing import Final, Self, TypeVar

from portal.crypto.compartments import JsonValue, Record
from portal.crypto.suites import Secret
from portal.errors import Tampered
from portal.models.mailbox import MessageKind

VERSION: Final = 1

T = TypeVar("T")
E = TypeVar("E", bound=Enum)


class Reporter(StrEnum):
    """Who the informant says they are."""

    CITIZEN = "citizen"
    BUSINESS = "business"
    OFFICIAL = "official"


class Subject(IntEnum):
    """The eight plain choices of the form. Staff set the category code later. Source: 2-domain §3."""

    NOT_DONE = 1
    PASSED_AROUND = 2
    FEES_AND_FINES = 3
    PROMISE_BROKEN = 4
    BUSINESS_HINDERED = 5
    SAFETY_OR_ENVIRONMENT = 6
    TOO_MANY_INSPECTIONS = 7
    SUGGESTION_OR_OTHER = 8


class Fixed(StrEnum):
    """Whether what was reported is put right, in the informant's eyes."""

    YES = "fixed"
    PARTLY = "partly-fixed"
    NO = "not-fixed"


class Treated(StrEnum):
    """How the informant was treated over it."""

    WELL = "treated-well"
    BADLY = "treated-badly"


@dataclass(frozen=True, slots=True, repr=False)
class AttachmentEntry(Secret):
    """One attached file. ``name`` and ``declared_type`` are the sender's words; ``true_bytes`` is exact.

    parts: the object ids of its later parts in order, where it arrived in several (FORMAT.md §4.7).
    """

    object_id: uuid.UUID
    name: str
    declared_type: str
    true_bytes: int
    parts: tuple[uuid.UUID, ...] = ()

    def to_record(self) -> dict[str, JsonValue]:
        """As a record inside another."""
        record: dict[str, JsonValue] = {
            "object_id": str(self.object_id),
            "name": self.name,
            "type": self.declared_type,
            "bytes": self.true_bytes,
        }
        if self.parts:
            record["parts"] = [str(part) for part in self.parts]
        return record

    @classmethod
    def from_record(cls, value: JsonValue) -> Self:
        """Raises Tampered."""
        in_parts = isinstance(value, Mapping) and "parts" in value
        fields = _Fields(value, {"object_id", "name", "type", "bytes", *(["parts"] if in_parts else [])})
        return cls(
            object_id=fields.uuid("object_id"),
            name=fields.text("name"),
            declared_type=fields.text("type"),
            true_bytes=fields.whole("bytes"),
            parts=fields.uuids("parts") if in_parts else (),
        )


@dataclass(frozen=True, slots=True, repr=False)
class Statement(Secret):
    """What the informant says. Free texts may be empty; the form decides which must not be.

    about: the body, person or place it is about. when: as written. in_attachment: the account is a recording
    or a photographed letter. keep_away: who must not see this. language: ``zh-Hans`` or ``en``.
    informant_fingerprint: 32 bytes, of the public key that replies are sealed to. identity_id: the tip's own
    identity, so that no other can be put in its place; None in a form that was sent again.
    """

    reporter: Reporter
    subject: Subject
    about: str
    place: str
    when: str
    account: str
    in_attachment: bool
    other_channels: str
    urgent: bool
    keep_away: str
    language: str
    informant_fingerprint: bytes = b""
    attachments: tuple[AttachmentEntry, ...] = ()
    identity_id: uuid.UUID | None = None

    def to_record(self) -> dict[str, JsonValue]:
        """As ``encode_record`` takes it."""
        return {
            "v": VERSION,
            "reporter": self.reporter.value,
            "subject": self.subject.value,
            "about": self.about,
            "place": self.place,
            "when": self.when,
            "account": self.account,
            "in_attachment": self.in_attachment,
            "other_channels": self.other_channels,
            "urgent": self.urgent,
            "keep_away": self.keep_away,
            "language": self.language,
            "informant": self.informant_fingerprint.hex(),
            "identity_id": None if self.identity_id is None else str(self.identity_id),
            "attachments": [entry.to_record() for entry in self.attachments],
        }

    @classmethod
    def from_record(cls, value: JsonValue) -> Self:
        """Raises Tampered."""
        fields = _Fields(value, _STATEMENT_FIELDS)
        return cls(
            reporter=fields.one_of("reporter", Reporter),
            subject=fields.one_of("subject", Subject),
            about=fields.text("about"),
            place=fields.text("place"),
            when=fields.text("when"),
            account=fields.text("account"),
            in_attachment=fields.yes_no("in_attachment"),
            other_channels=fields.text("other_channels"),
            urgent=fields.yes_no("urgent"),
            keep_away=fields.text("keep_away"),
            language=fields.text("language"),
            informant_fingerprint=fields.hexadecimal("informant"),
            attachments=fields.attachments(),
            identity_id=fields.uuid_or_none("identity_id"),
        )


_STATEMENT_FIELDS: Final = frozenset(
    {
        *("v", "reporter", "subject", "about", "place", "when", "account", "in_attachment"),
        *("other_channels", "urgent", "keep_away", "language", "informant", "attachments", "identity_id"),
    }
)


@dataclass(frozen=True, slots=True, repr=False)
class Identity(Secret):
    """Who the informant is, if they said so; both empty otherwise, and sealed all the same."""

    name: str = ""
    contact: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was left."""
        return not (self.name or self.contact)

    def to_record(self) -> dict[str, JsonValue]:
        """As ``seal_identity`` takes it."""
        return {"v": VERSION, "name": self.name, "contact": self.contact}

    @classmethod
    def from_record(cls, value: JsonValue) -> Self:
        """Raises Tampered."""
        fields = _Fields(value, {"v", "name", "contact"})
        return cls(name=fields.text("name"), contact=fields.text("contact"))


@dataclass(frozen=True, slots=True, repr=False)
class Rating(Secret):
    """What an informant says of the fix: two answers, inside the message that they are sealed with."""

    fixed: Fixed
    treated: Treated

    def to_record(self) -> dict[str, JsonValue]:
        """As a record inside another."""
        return {"fixed": self.fixed.value, "treated": self.treated.value}

    @classmethod
    def from_record(cls, value: JsonValue) -> Self:
        """Raises Tampered."""
        fields = _Fields(value, {"fixed", "treated"})
        return cls(fixed=fields.one_of("fixed", Fixed), treated=fields.one_of("treated", Treated))


@dataclass(frozen=True, slots=True, repr=False)
class InformantMessage(Secret):
    """What an informant adds later; sealed to the tip's desk as ObjectKind.MESSAGE.

    statement: the whole form, where the same form came again with other content. identity_id: the identity
    that came with it, if one was left: a sealed object of its own, split like the tip's first one. rating:
    of a message of kind RATING, and of no other.
    """

    kind: MessageKind
    text: str
    attachments: tuple[AttachmentEntry, ...] = ()
    statement: Statement | None = None
    identity_id: uuid.UUID | None = None
    rating: Rating | None = None

    def to_record(self) -> dict[str, JsonValue]:
        """As ``seal_record`` takes it."""
        rated = {} if self.rating is None else {"rating": self.rating.to_record()}
        return {
            **rated,
            "v": VERSION,
            "kind": self.kind.value,
            "text": self.text,
            "attachments": [entry.to_record() for entry in self.attachments],
            "statement": None if self.statement is None else self.statement.to_record(),
            "identity_id": None if self.identity_id is None else str(self.identity_id),
        }

    @classmethod
    def from_record(cls, value: JsonValue) -> Self:
        """Raises Tampered."""
        is_rating = isinstance(value, Mapping) and value.get("kind") == MessageKind.RATING.value
        rated = {"rating"} if is_rating else set()
        fields = _Fields(value, {"v", "kind", "text", "attachments", "statement", "identity_id", *rated})
        statement = fields.values["statement"]
        return cls(
            kind=fields.one_of("kind", MessageKind),
            text=fields.text("text"),
            attachments=fields.attachments(),
            statement=None if statement is None else Statement.from_record(statement),
            identity_id=fields.uuid_or_none("identity_id"),
            rating=Rating.from_record(fields.values["rating"]) if is_rating else None,
        )


@dataclass(frozen=True, slots=True, repr=False)
class OfficeMessage(Secret):
    """What the office writes; sealed as ObjectKind.MESSAGE to the informant's key.

    The grant's recipient key id is the tip's id (FORMAT.md §7). Grant it to the desk as well: the informant's
    private key is never there when staff look at what they wrote. Whoever holds the public key can seal to
    it, so only ``signature`` makes the words the office's: 64 bytes by the key ``voice`` (``crypto.voice``).
    """

    text: str
    voice: uuid.UUID
    signature: bytes

    def to_record(self) -> dict[str, JsonValue]:
        """As ``seal_record`` takes it."""
        return {
            "v": VERSION,
            "text": self.text,
            "voice": str(self.voice),
            "signature": self.signature.hex(),
        }

    @classmethod
    def from_record(cls, value: JsonValue) -> Self:
        """Raises Tampered."""
        fields = _Fields(value, {"v", "text", "voice", "signature"})
        return cls(
            text=fields.text("text"),
            voice=fields.uuid("voice"),
            signature=fields.hexadecimal("signature"),
        )


@dataclass(frozen=True, slots=True, repr=False)
class _Fields:
    """A record being read: exactly the expected fields, each of the expected kind, or Tampered."""

    value: JsonValue
    expected: frozenset[str] | set[str]
    values: Record = field(init=False)

    def __post_init__(self) -> None:
        if not isinstance(self.value, Mapping) or set(self.value) != self.expected:
            raise Tampered("record fields")
        if "v" in self.expected and self.value["v"] != VERSION:
            raise Tampered("record version")
        object.__setattr__(self, "values", self.value)

    def _of(self, name: str, kind: type[T]) -> T:
        value = self.values[name]
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise Tampered("record field")
        return value

    def text(self, name: str) -> str:
        return self._of(name, str)

    def yes_no(self, name: str) -> bool:
        return self._of(name, bool)

    def whole(self, name: str) -> int:
        number = self._of(name, int)
        if number < 0:
            raise Tampered("record field")
        return number

    def uuid_or_none(self, name: str) -> uuid.UUID | None:
        return None if self.values[name] is None else self.uuid(name)

    def uuids(self, name: str) -> tuple[uuid.UUID, ...]:
        """One id at least."""
        listed = self._of(name, list)
        if not listed:
            raise Tampered("record field")
        return tuple(_Fields({"one": one}, {"one"}).uuid("one") for one in listed)

    def uuid(self, name: str) -> uuid.UUID:
        return self._parsed(name, uuid.UUID, written=str)

    def hexadecimal(self, name: str) -> bytes:
        return self._parsed(name, bytes.fromhex, written=bytes.hex)

    def one_of(self, name: str, kind: type[E]) -> E:
        if isinstance(self.values[name], bool):
            raise Tampered("record field")
        try:
            return kind(self.values[name])
        except ValueError:
            raise Tampered("record field") from None

    def attachments(self) -> tuple[AttachmentEntry, ...]:
        return tuple(AttachmentEntry.from_record(entry) for entry in self._of("attachments", list))

    def _parsed(self, name: str, parse: Callable[[str], T], *, written: Callable[[T], str]) -> T:
        text = self.text(name)
        try:
            value = parse(text)
        except ValueError:
            raise Tampered("record field") from None
        if written(value) != text:
            raise Tampered("record field")
        return value
