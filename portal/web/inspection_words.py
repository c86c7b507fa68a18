"""What an approved inspection is called on the public page: its type, methods and people, in plain words.

Source: Reg. art. 12, 14.
"""

from __future__ import annotations

from typing import Any, Final

from portal.texts import lazy_gettext as _

MISTYPED: Final = _("This cannot be a code. It has 16 letters and digits; please compare it once more.")

KINDS: Final[dict[str, Any]] = {
    "comprehensive": _("Comprehensive inspection"),
    "special": _("Special inspection"),
    "event": _("Investigation of an event"),
    "routine": _("Routine follow-up"),
    "verification": _("Verification of a lead"),
}

METHODS: Final[dict[str, Any]] = {
    "self-check": _("asks the unit for a self-check or a statement"),
    "report": _("hears reports"),
    "inspection": _("looks on the spot, talks to people"),
    "discussion": _("holds discussions, collects figures"),
    "reading": _("reads and copies documents"),
    "collecting": _("collects what people write or say"),
    "summons": _("calls those in charge for a talk"),
    "internet": _("checks online"),
}

PARTS: Final[dict[str, Any]] = {
    "leader": _("leads the team"),
    "member": _("inspector"),
    "outside": _("invited from outside"),
}
