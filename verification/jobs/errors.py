"""What background work can fail with: one class for each decision the worker makes.

The class name is all that is kept of an error (``outbox.error_code``): a message could repeat content.
"""

from __future__ import annotations

from portal.errors import XiansuoError


class AlreadyDone(XiansuoError):
    """Another run of the same work has finished it; this one leaves nothing behind."""


class Permanent(XiansuoError):
    """Trying again cannot help; the row becomes a dead letter at once."""


class RetryLater(XiansuoError):
    """Not possible now; the row waits and is tried again, like after any unexpected error."""


class GrantUnusable(Permanent):
    """The cleaner's grant does not open with the cleaner's key."""


class RecipientUntrusted(Permanent):
    """The key that the clean copy should be sealed to is not vouched for by the office root."""


class SandboxAbsent(RetryLater):
    """This host cannot confine what decodes files; another may, or an operator mends it."""


class CleanerSilent(RetryLater):
    """The cleaning process was lost on the way."""


class DayKeyAbsent(RetryLater):
    """The cleaner's private key of that day is not on this host."""


class LogInUse(RetryLater):
    """A long reading kept the write-ahead log from being emptied."""


class IssuerAbsent(RetryLater):
    """The key that signs cleaner keys is not on this host; set-up puts it there."""
