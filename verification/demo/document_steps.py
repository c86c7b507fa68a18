"""Documents of the demo's cases, from documents.toml, and a number that was voided."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from verification.demo.case_run import CaseRun
from verification.demo.county import HERE, read_toml
from verification.demo.diary import Diary
from verification.documents import register
from verification.documents.allowing import subjects_of
from verification.documents.forms import shipped_forms
from verification.documents.gatherer import OfficeNames
from verification.documents.making import Numbering, Origin, Press, Wanted, make_version
from verification.models import DocumentKind, DocumentVersion, VoidReason

#: After whatever happens to the case on the same day.
DOCUMENTS = 160


def enter_documents(runs: Mapping[str, CaseRun], diary: Diary) -> None:
    """Enter every document of this profile's cases into the diary."""
    for story in read_toml(HERE / "documents.toml")["document"]:
        if story["case"] in runs:
            day = diary.working_day(diary.ago(int(story["ago"])))
            diary.enter(day, partial(_make, runs[story["case"]], story), order=DOCUMENTS)


def press_of(run: CaseRun) -> Press:
    """What documents are made with in this county."""
    named = run.stage.county.settings
    return Press(OfficeNames(named["office"], named["name"], named["mark"]), shipped_forms(), run.stage.blobs)


def _make(run: CaseRun, story: dict[str, Any]) -> None:
    first = _version(run, story, story["asked"])
    if "again" in story:
        _version(run, story, story["again"], of=first)
    if "void" in story:
        with run.as_(run.director) as (acting, _case):
            row = register.current_number(acting, first.document_id)
            assert row is not None  # it took one
            register.void_number(
                acting, mark=row.mark, year=row.year, number=row.number, reason=VoidReason(story["void"])
            )


def _version(
    run: CaseRun, story: dict[str, Any], asked: Mapping[str, str], *, of: DocumentVersion | None = None
) -> DocumentVersion:
    kind = DocumentKind(story["kind"])
    login = run.team[0] if story["by"] == "leader" else run.opener
    with run.as_(login) as (acting, case):
        origin = Origin(kind, case_id=case.id, subject_id=subjects_of(acting, case, kind)[0])
        return make_version(
            acting,
            press=press_of(run),
            origin=origin,
            wanted=Wanted(asked, Numbering(story["number"])),
            document_id=None if of is None else of.document_id,
        )
