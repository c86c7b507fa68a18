"""Plain text as plain text: what it says, in one encoding, without anything that acts on whoever reads it.

Runs in the limited child. What is marked up (HTML, SVG, XML, RTF) is no plain text: its source would show who
made it, and its picture would need a program that believes it. Must not know: keys, sealing.
"""

from __future__ import annotations

import codecs
import re
from typing import BinaryIO, Final

from verification.clean_report import FileType, PartRole, Reason, Removed
from verification.jobs.cleaning.output import NotCleaned, Outcome, Parts

MAX_TEXT_BYTES: Final = 1024 * 1024
READ_BYTES: Final = 256 * 1024
_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_MARKED_UP: Final = re.compile(r"\s*(<[!?a-zA-Z]|\{\\rtf)")
#: Control characters but line ends and tabs; those that turn the direction of text or are not seen at all.
_UNSEEN: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_INSTEAD: Final = "\ufffd"


def looks_like_text(head: bytes) -> bool:
    """Whether the first bytes of a file can be the beginning of a plain text."""
    if not head:
        return False
    decoded = _decoded(head, is_whole=False)
    return (
        decoded is not None
        and not _MARKED_UP.match(decoded)
        and not re.search("[\x00-\x08\x0e-\x1f]", decoded)
    )


def clean_text(source: BinaryIO, *, file_type: FileType, out: Parts) -> Outcome:  # noqa: ARG001  # as every cleaner
    """The first megabyte, as UTF-8. Raises NotCleaned where it turns out to be no text."""
    content = source.read(MAX_TEXT_BYTES)
    decoded = _decoded(content, is_whole=len(content) < MAX_TEXT_BYTES)
    if decoded is None or _MARKED_UP.match(decoded):
        raise NotCleaned(Reason.TYPE_NOT_CLEANED)
    plain = decoded.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")
    seen, replaced = _UNSEEN.subn(_INSTEAD, plain)
    kept = seen.count("\n") + 1
    out.add(seen.encode("utf-8"), role=PartRole.COPY, media_type="text/plain")
    return Outcome(
        removed=(Removed.OTHER,) if replaced else (),
        frames_total=kept + _lines_in(source),
        frames_kept=kept,
    )


def _decoded(content: bytes, *, is_whole: bool) -> str | None:
    """By its mark, as UTF-8, or as the national encoding; None if it is none of them."""
    names = ("utf-16",) if content.startswith(_UTF16) else ("utf-8", "gb18030")
    for name in names:
        decoder = codecs.getincrementaldecoder(name)()
        try:
            return decoder.decode(content, final=is_whole)
        except UnicodeDecodeError:
            continue
    return None


def _lines_in(source: BinaryIO) -> int:
    """Line ends in what is left: how much is not shown."""
    count = 0
    while piece := source.read(READ_BYTES):
        count += piece.count(b"\n")
    return count
