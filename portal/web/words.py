"""What codes are called on the public pages, in plain words to a worried person.

The internal side has its own, official words for the same codes. Must not know: requests, rows.
Source: 2-domain §3; 5-style "Texts".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from portal.errors import MistypeReason
from portal.models import MessageKind, TipState
from portal.models.records import Fixed, Reporter, Subject, Treated
from portal.storage.received import Refused
from portal.texts import lazy_gettext as _

REPORTERS: Final[dict[Reporter, Any]] = {
    Reporter.CITIZEN: _("A resident"),
    Reporter.BUSINESS: _("A business or self-employed person"),
    Reporter.OFFICIAL: _("Somebody who works at the grass roots of government"),
}

SUBJECTS: Final[dict[Subject, Any]] = {
    Subject.NOT_DONE: _("Nobody does what should be done"),
    Subject.PASSED_AROUND: _("Sent from one to the next, put off again and again"),
    Subject.FEES_AND_FINES: _("Unfair fees or fines"),
    Subject.PROMISE_BROKEN: _("A promise not kept, a subsidy not paid"),
    Subject.BUSINESS_HINDERED: _("Hard going for a business"),
    Subject.SAFETY_OR_ENVIRONMENT: _("Safety or the environment"),
    Subject.TOO_MANY_INSPECTIONS: _("Too many inspections, empty formalities"),
    Subject.SUGGESTION_OR_OTHER: _("A suggestion, or something else"),
}


@dataclass(frozen=True, slots=True)
class Status:
    """A state in words: what it is, and what happens next."""

    title: Any
    next: Any


STATUSES: Final[dict[TipState, Status]] = {
    TipState.RECEIVED: Status(
        _("We have it"),
        _("Someone will read it, usually within three working days. You need do nothing."),
    ),
    TipState.TRIAGE: Status(
        _("It is being read"),
        _("Within 15 days of your report you can see here whether we take it up, and why if we do not."),
    ),
    TipState.ASKING: Status(
        _("We have a question for you"),
        _("Please answer below. We wait 15 days; without an answer we go on with what we have."),
    ),
    TipState.ACCEPTED: Status(
        _("We are taking it up"),
        _(
            "Next we check what you reported. Those who check see our own summary,"
            " never your words or your name."
        ),
    ),
    TipState.IN_CASE: Status(
        _("It is being checked"),
        _("People go there and look for themselves. When there is a result, the answer appears here."),
    ),
    TipState.ANSWERED: Status(
        _("There is an answer"),
        _("Please read it below. If it does not answer you, say so: it is then looked at again."),
    ),
    TipState.DECLINED: Status(
        _("We cannot take this up"),
        _("The reason is below, and where you can turn instead. If you think we are wrong, tell us."),
    ),
    TipState.REFERRED: Status(
        _("It has gone to the body that must deal with it"),
        _("The law says who handles this. We passed on what you reported, not who you are."),
    ),
    TipState.HANDED_ON: Status(
        _("It has gone to the office in charge"),
        _("It does not lie with this county's offices. Below is who has it now."),
    ),
}

REPLIED: Final = Status(
    _("Your answer has arrived"),
    _("Someone will read it and go on with your report. You need do nothing."),
)
"""While the office has not yet taken note of a reply."""

REOPENED: Final = Status(
    _("It is being looked at once more"),
    _("You said that this does not answer you. What comes of it, you see here."),
)
"""After an objection: what was said of times before no longer holds."""

#: Why a report was not taken up. The codes are the internal side's.
REASONS: Final[dict[str, Any]] = {
    "court": _("A court or an arbitration body is already dealing with it. Only they can decide now."),
    "discipline": _("Discipline inspection is already dealing with it."),
    "petition": _("It is already being reviewed as a petition."),
    "not-object": _("It is about somebody this office has no power to inspect."),
    "nothing-checkable": _(
        "There is too little in it to check. With a place, a time or a name we can start."
    ),
    "duplicate": _("Others have reported the same. Yours was added; this receipt goes on working."),
    "state-secret": _("It may touch state secrets, which must not be dealt with in this system."),
    "advertising": _("It is advertising."),
}

#: Where somebody else can help. The codes are the internal side's.
CHANNELS: Final[dict[str, Any]] = {
    "court": _("the court or arbitration body in charge"),
    "supervision-commission": _("the supervision commission (report line 12388)"),
    "judicial-organs": _("the police, procuratorate or court in charge"),
    "petition-office": _("the petition office"),
    "hotline": _("the 12345 hotline"),
    "tax": _("the tax service (12366)"),
    "power": _("the power company (95598)"),
    "ecology": _("the municipal ecology bureau (12369)"),
    "higher-office": _("the supervision office at the next level up"),
    "police": _("the police (110)"),
    "market": _("market supervision (12315)"),
}

OFFICE_WROTE: Final[dict[MessageKind, Any]] = {
    MessageKind.QUESTION: _("The office asks"),
    MessageKind.ANSWER: _("The office answers"),
    MessageKind.NOTE: _("The office writes"),
    MessageKind.FOLLOW_UP: _("The office asks whether it is really fixed"),
    MessageKind.CONSENT_QUESTION: _("The office asks whether your name may go along"),
}

UNCONFIRMED: Final = _("Not confirmed")
"""Above a message in the office's name that the office has not signed."""

YOU_WROTE: Final[dict[MessageKind, Any]] = {
    MessageKind.REPLY: _("You answered the question"),
    MessageKind.MATERIAL: _("You added something"),
    MessageKind.OBJECTION: _("You said that the answer does not answer you"),
    # Whoever makes somebody show their mailbox must not see that they asked for protection.
    MessageKind.RETALIATION: _("You added something"),
    MessageKind.CONSENT_GIVEN: _("You agreed that your name goes along"),
    MessageKind.CONSENT_REFUSED: _("You did not agree that your name goes along"),
    MessageKind.RATING: _("You said whether it is fixed"),
    MessageKind.PRESSURE: _("You said that someone asked you to change your answer"),
}

FIXED: Final[dict[Fixed, Any]] = {
    Fixed.YES: _("Yes, it is fixed"),
    Fixed.PARTLY: _("Partly"),
    Fixed.NO: _("No, it is not"),
}

TREATED: Final[dict[Treated, Any]] = {
    Treated.WELL: _("Yes, properly"),
    Treated.BADLY: _("No, not properly"),
}

#: Why a file was not taken; ``%(name)s`` is the sender's name of it, ``%(limit)s`` the limit in words.
FILE_PROBLEMS: Final[dict[Refused, Any]] = {
    Refused.FILE_TOO_LARGE: _("“%(name)s” was not taken: a single file may have %(limit)s."),
    Refused.MESSAGE_TOO_LARGE: _("“%(name)s” was not taken: all files together may have %(limit)s."),
    Refused.TOO_MANY_FILES: _("“%(name)s” was not taken: there are too many files."),
    Refused.EMPTY: _("“%(name)s” was not taken: the file is empty."),
    Refused.NOT_EXPECTED: _("“%(name)s” was not taken: choose files in the field for files."),
    Refused.DISK_FULL: _("“%(name)s” was not taken: there is no room for files now. Text can be sent."),
}

NO_REPORT: Final = _("There is no report with this receipt. Please compare it once more.")

RECEIPT_PROBLEMS: Final[dict[MistypeReason, Any]] = {
    MistypeReason.LENGTH: _("A receipt has 24 letters and digits; what you typed has %(count)s."),
    MistypeReason.ALPHABET: _("There is a sign in it that no receipt has. Please compare it once more."),
    MistypeReason.CHECK: _("One of the letters or digits is mistyped, or two are swapped. Please compare."),
}
