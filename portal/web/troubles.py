"""What a page says when a form could not be taken, and what is listed of its files; for every form alike.

Must not know: any form's fields. HTTP status is chosen here, with the words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from portal.domain.drafts import list_files
from portal.domain.errors import DeskClosed, FilesGone, FormSpent, TooManyFiles
from portal.errors import TooLong, XiansuoError
from portal.storage.arriving import PartUnfit
from portal.storage.errors import RetryLater
from portal.storage.received import BrokenBody, Refused, TooLarge
from portal.texts import lazy_gettext as _
from portal.web import words
from portal.web.admission import FormIncomplete
from portal.web.forms import Problem, size_in_words
from portal.web.screens import ListedFile, screens
from portal.web.tokens import BadToken
from portal.web.uploads import PortalRequest


@dataclass(frozen=True, slots=True)
class Answer:
    """How a trouble is answered.

    fresh: the form goes on under a new draft, since the old one is used up. forget: what was typed is not
    shown again, since it was sent before and whoever sends it now may have found it in the browser's history.
    """

    status: int
    notice: Any
    fresh: bool = False
    forget: bool = False


_ANSWERS: Final[dict[type[XiansuoError], Answer]] = {
    BadToken: Answer(
        400,
        _("This form had been open too long, or cookies are switched off. Please send it once more."),
        fresh=True,
    ),
    FormIncomplete: Answer(
        400,
        _("Your browser did not keep this site's cookie. Allow cookies for this site and send it once more."),
        fresh=True,
    ),
    FormSpent: Answer(
        409,
        _(
            "This form was sent before, so what was in it is not shown again. To add to that report, use"
            " “Check” and its receipt. For a new report, fill in the form below."
        ),
        fresh=True,
        forget=True,
    ),
    DeskClosed: Answer(
        409, _("Please look at the first question again: it cannot be sent from here that way.")
    ),
    FilesGone: Answer(
        409,
        _(
            "Some files are no longer here: they are kept for a day, and only until you say on another page"
            " that you have saved its receipt. Please choose them again."
        ),
    ),
    TooManyFiles: Answer(
        413, _("These are too many files for one report. Untick some; you can add them later.")
    ),
    TooLong: Answer(413, _("What you wrote about yourself is too long. Please shorten it.")),
    TooLarge: Answer(
        413, _("This was more than can be sent at once. Choose fewer or smaller files and send it again.")
    ),
    PartUnfit: Answer(409, _("This file changed while it was being sent. Please choose it again.")),
    BrokenBody: Answer(
        400, _("Not everything arrived: the connection broke off. Look it through and send it again.")
    ),
    RetryLater: Answer(503, _("The system is busy. Nothing is lost: wait a minute and send it once more.")),
}

_TOO_LARGE: Final[dict[Refused, Answer]] = {
    Refused.FIELD_TOO_LARGE: Answer(
        413, _("You wrote more than a form can carry. Shorten it, or put it into a file and attach that.")
    ),
    Refused.TOO_MANY_FIELDS: Answer(
        413,
        _("This form arrived with fields that it does not have. Please look it through and send it again."),
    ),
}

#: What ``answer_to`` has an answer to: catch these.
TROUBLES: Final = tuple(_ANSWERS)

BUSY: Final = _ANSWERS[RetryLater]


def answer_to(error: XiansuoError) -> Answer:
    """How a page answers one of ``TROUBLES``."""
    if isinstance(error, TooLarge) and error.reason in _TOO_LARGE:
        return _TOO_LARGE[error.reason]
    return next(answer for kind, answer in _ANSWERS.items() if isinstance(error, kind))


def listed_files(sent: PortalRequest) -> list[ListedFile]:
    """Files already received with this form and still wanted, for the page to list."""
    try:
        wanted = set(sent.chosen_files())
        found = list_files(screens().intake, draft=sent.form_draft()) if wanted else ()
    except (FormIncomplete, RetryLater):
        return []
    return [ListedFile.of(info) for info in found if info.object_id in wanted]


def file_problems(sent: PortalRequest) -> list[Problem]:
    """Files that were refused, in words."""
    return [
        (
            "files",
            str(words.FILE_PROBLEMS[problem.reason])
            % {"name": problem.name, "limit": size_in_words(problem.max_bytes or 0)},
        )
        for problem in sent.uploads.problems
    ]
