"""The templates of an installation: those that come with the software, each replaced by the office's own.

Owns: where they are found and that every one of them can be set, with nothing filled in and with everything.
Must not know: cases, keys, layout. Source: issue 4 "Templates an office can change without touching code".
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from verification.documents.kinds import KINDS
from verification.documents.sheet import Sheet
from verification.documents.templating import Ask, BadTemplate, Form, TemplateProblem, read_form
from verification.documents.values import empty, full
from verification.models import DocumentKind

SUFFIX: Final = ".txt"
#: What fields that are typed are called in templates.
ASKED: Final = "ask"


@dataclass(frozen=True, slots=True, repr=False)
class KindForm:
    """A kind's template. source_hash: SHA-256 of its text, for the trail; is_own: the office's, not ours."""

    kind: DocumentKind
    form: Form
    source_hash: str
    is_own: bool

    @property
    def asks(self) -> tuple[Ask, ...]:
        """The fields to be typed."""
        return self.form.asks

    @property
    def mark(self) -> str | None:
        """The letters after the office's own in its numbers; None where it carries none."""
        return self.form.mark

    def set(self, values: Mapping[str, Any], asked: Mapping[str, str], *, number: str) -> Sheet:
        """The sheet. Raises BadTemplate where the template fails on these values."""
        typed = {ask.name: asked.get(ask.name, "") for ask in self.asks}
        return self.form.set({**values, ASKED: typed}, number=number)


class Forms:
    """One template a kind."""

    def __init__(self, forms: Mapping[DocumentKind, KindForm]) -> None:
        self._forms = dict(forms)

    def __getitem__(self, kind: DocumentKind) -> KindForm:
        return self._forms[kind]

    def __iter__(self) -> Iterator[KindForm]:
        return iter(self._forms.values())


def load_forms(own: Path | None = None) -> Forms:
    """Every kind's template: the office's from folder ``own``, ours where it has none.

    Raises BadTemplate with every problem of every file, each with its line.
    """
    problems: list[TemplateProblem] = []
    theirs = {} if own is None else _in_folder(own, problems)
    forms: dict[DocumentKind, KindForm] = {}
    for kind in DocumentKind:
        source, place = theirs.get(kind) or (_shipped(kind), f"{kind.value}{SUFFIX}")
        try:
            form = _checked(read_form(source, file=place), kind)
        except BadTemplate as error:
            problems += error.problems
        else:
            digest = hashlib.sha256(source.encode()).hexdigest()
            forms[kind] = KindForm(kind, form, digest, is_own=kind in theirs)
    if problems:
        raise BadTemplate(*problems)
    return Forms(forms)


@cache
def shipped_forms() -> Forms:
    """Ours alone."""
    return load_forms()


def _shipped(kind: DocumentKind) -> str:
    return files("verification.documents").joinpath("shipped", f"{kind.value}{SUFFIX}").read_text("utf-8")


def _in_folder(folder: Path, problems: list[TemplateProblem]) -> dict[DocumentKind, tuple[str, str]]:
    if not folder.is_dir():
        problems.append(TemplateProblem(str(folder), 1, "is no folder"))
        return {}
    kinds = {f"{kind.value}{SUFFIX}": kind for kind in DocumentKind}
    found: dict[DocumentKind, tuple[str, str]] = {}
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        if path.name not in kinds:
            problems.append(TemplateProblem(str(path), 1, "no kind of document has this name"))
            continue
        try:
            found[kinds[path.name]] = (path.read_text(encoding="utf-8-sig"), str(path))
        except (OSError, UnicodeDecodeError) as error:
            problems.append(TemplateProblem(str(path), 1, f"cannot be read as UTF-8 text ({error})"))
    return found


def _checked(form: Form, kind: DocumentKind) -> Form:
    """Set with nothing and with everything: a wrong name shows now, not on the day it is needed."""
    groups = KINDS[kind].groups
    for values in (empty(groups), full(groups, "某")):
        for word in ("", "某"):
            form.set({**values, ASKED: {ask.name: word for ask in form.asks}})
    return form
