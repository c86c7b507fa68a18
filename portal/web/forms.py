"""What the public forms ask, what they accept, and what they say when something is missing.

Owns: names and limits of the fields, cleaning of typed text, problems in words. Whatever was typed is kept as
it was typed, so that a page with problems shows it again. Must not know: HTML, requests, storing.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, TypeVar

from werkzeug.datastructures import MultiDict

from portal.crypto.suites import Secret
from portal.models import Desk, MessageKind
from portal.models.records import Fixed, Identity, Rating, Reporter, Statement, Subject, Treated
from portal.texts import gettext as _
from portal.texts import language_tag
from portal.texts import lazy_gettext as _l

E = TypeVar("E", bound=Enum)

#: (field name, what is wrong with it), in the order of the form.
Problem = tuple[str, Any]

ACCOUNT_MIN: Final = 20
ACCOUNT_MAX: Final = 3000
MESSAGE_MAX: Final = 3000
#: The longest each short field may be, in characters.
LENGTHS: Final = {
    "about": 120,
    "place": 120,
    "when": 80,
    "other_channels": 500,
    "keep_away": 300,
    "name": 80,
    "contact": 160,
}
#: What each short field is called where it is too long.
_NAMES: Final[dict[str, Any]] = {
    "about": _l("Who is it about?"),
    "place": _l("Where?"),
    "when": _l("When?"),
    "other_channels": _l("Have you tried elsewhere?"),
    "keep_away": _l("Who must not see this?"),
    "name": _l("Name"),
    "contact": _l("Phone, e-mail or another way to reach you"),
}
_YES: Final = "yes"
_CONTROLS: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f]")


def cleaned(text: str) -> str:
    """Typed text with plain line ends, without control characters and blanks at its ends."""
    return _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


@dataclass(frozen=True, slots=True, repr=False)
class TipForm(Secret):
    """The tip form as it was sent: ``values`` are the texts typed, by field name."""

    values: Mapping[str, str]

    @classmethod
    def read(cls, fields: MultiDict[str, str]) -> TipForm:
        """Take the fields that belong to the form; the rest is nobody's."""
        return cls({name: cleaned(fields.get(name, "")) for name in _TIP_FIELDS})

    def problems(self, *, files: int, offered: frozenset[Desk]) -> list[Problem]:
        """All that is missing or too long. files: how many go with it. offered: desks that take tips."""
        found = [*self._unanswered(offered), *self._too_long(), *self._account(files), *self._identity()]
        return sorted(found, key=lambda problem: _TIP_FIELDS.index(problem[0]))

    @property
    def desk(self) -> Desk | None:
        """Whose desk it goes to; None while the first question is unanswered."""
        return _one_of(Desk, self.values["desk"])

    def statement(self) -> Statement:
        """What is said, once there are no problems."""
        values = self.values
        return Statement(
            reporter=Reporter(values["reporter"]),
            subject=Subject(int(values["subject"])),
            about=self._about(),
            place=values["place"],
            when=values["when"],
            account=values["account"],
            in_attachment=self._is("in_attachment"),
            other_channels=values["other_channels"],
            urgent=self._is("urgent"),
            keep_away=values["keep_away"],
            language=language_tag(),
        )

    def identity(self) -> Identity:
        """Who says it, if they want that known."""
        if self.values["identity"] != "leave":
            return Identity()
        return Identity(name=self.values["name"], contact=self.values["contact"])

    def _about(self) -> str:
        """A guess is worth keeping, as a guess: triage and whoever must not see the tip go by it."""
        about = self.values["about"]
        return _("%(about)s (not sure)", about=about) if about and self._is("about_unsure") else about

    def _is(self, name: str) -> bool:
        return self.values[name] == _YES

    def _unanswered(self, offered: frozenset[Desk]) -> list[Problem]:
        found: list[Problem] = []
        if self.desk is None:
            found.append(("desk", _("Answer the first question: is it about the office or a leader?")))
        elif self.desk not in offered:
            found.append(("desk", _("This cannot be sent from here: please use the way named below it.")))
        if _one_of(Reporter, self.values["reporter"]) is None:
            found.append(("reporter", _("Say who you are: one of the three.")))
        if self.values["subject"] not in {str(subject.value) for subject in Subject}:
            found.append(("subject", _("Choose what it is about: one of the eight.")))
        if not self.values["about"] and not self._is("about_unsure"):
            found.append(("about", _("Write who it is about, or tick that you are not sure.")))
        return found

    def _too_long(self) -> list[Problem]:
        return [
            (
                name,
                _(
                    "“%(field)s”: please shorten it to %(most)s characters; now there are %(count)s.",
                    field=str(_NAMES[name]),
                    most=most,
                    count=len(self.values[name]),
                ),
            )
            for name, most in LENGTHS.items()
            if len(self.values[name]) > most
        ]

    def _account(self, files: int) -> list[Problem]:
        length = len(self.values["account"])
        if length > ACCOUNT_MAX:
            return [("account", _too_much(length, most=ACCOUNT_MAX))]
        if self._is("in_attachment"):
            if files == 0:
                return [("files", _("Choose the recording or the photograph of your letter."))]
            return []
        if length < ACCOUNT_MIN:
            return [("account", _("Write what happened, at least %(least)s characters.", least=ACCOUNT_MIN))]
        return []

    def _identity(self) -> list[Problem]:
        left = self.values["name"] or self.values["contact"]
        if self.values["identity"] == "leave" and not left:
            return [("name", _("Write your name or how to reach you, or choose to stay anonymous."))]
        if self.values["identity"] != "leave" and left:
            return [
                (
                    "identity",
                    _("You wrote a name or contact but chose to stay anonymous: choose one of the two."),
                )
            ]
        return []


_TIP_FIELDS: Final = (
    *("desk", "reporter", "subject", "about", "about_unsure", "place", "when", "account", "in_attachment"),
    *("other_channels", "urgent", "keep_away", "identity", "name", "contact", "files"),
)


@dataclass(frozen=True, slots=True, repr=False)
class MessageForm(Secret):
    """A form of the mailbox: a reply, an addition, an objection, a rating, or word of pressure.

    question: what a reply or a rating answers. fixed, treated: the answers of a rating; None if not given.
    """

    kind: MessageKind
    text: str
    question: uuid.UUID | None = None
    fixed: Fixed | None = None
    treated: Treated | None = None

    @classmethod
    def read(cls, fields: MultiDict[str, str]) -> MessageForm:
        """An unknown kind is taken for an addition, which harms nobody."""
        kind = _one_of(MessageKind, fields.get("kind", ""))
        if kind is None or kind.from_office:
            kind = MessageKind.MATERIAL
        answers = kind in (MessageKind.REPLY, MessageKind.RATING) or kind.answers_consent
        question = _id(fields.get("question", "")) if answers else None
        text = cleaned(fields.get("text", ""))
        if kind is not MessageKind.RATING:
            return cls(kind, text, question)
        fixed, treated = (fields.get(name, "") for name in ("fixed", "treated"))
        return cls(kind, text, question, _one_of(Fixed, fixed), _one_of(Treated, treated))

    def problems(self, *, files: int) -> list[Problem]:
        """What is missing or too long. files: how many go with it."""
        if len(self.text) > MESSAGE_MAX:
            return [("text", _too_much(len(self.text), most=MESSAGE_MAX))]
        if self.kind is MessageKind.RATING:
            answers = (("fixed", self.fixed), ("treated", self.treated))
            return [(name, _("Choose one of them.")) for name, answer in answers if answer is None]
        wordless = self.kind is MessageKind.PRESSURE or self.kind.answers_consent
        if not self.text and not files and not wordless:
            return [("text", _("Write something, or choose a file."))]
        return []

    @property
    def rating(self) -> Rating | None:
        """Both answers of a rating, once there are no problems."""
        if self.fixed is None or self.treated is None:
            return None
        return Rating(self.fixed, self.treated)


def size_in_words(size_bytes: int) -> str:
    """A limit or a file's length as people say it, in units of 1024: “200 MB”."""
    size = float(size_bytes)
    for unit in ("B", "KB", "MB", "GB"):
        if size < 1024 or unit == "GB":
            break
        size /= 1024
    return f"{size:.0f} {unit}" if size >= 10 or size == int(size) else f"{size:.1f} {unit}"


def choices(words: Mapping[E, Any]) -> list[tuple[str, Any]]:
    """(value, label) for radio buttons."""
    return [(str(code.value), label) for code, label in words.items()]


def _too_much(length: int, *, most: int) -> str:
    return _(
        "The text has %(count)s characters; %(most)s fit. Shorten it, or put it into a file and attach that.",
        count=length,
        most=most,
    )


def _id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _one_of(kind: type[E], value: str) -> E | None:
    try:
        return kind(value)
    except ValueError:
        return None
