"""Official documents: what a case has, making one with a preview on the same page, its versions and files."""

from __future__ import annotations

import uuid
from contextlib import ExitStack
from dataclasses import dataclass

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel.speaklater import LazyString

from verification.audit.events import Event
from verification.documents import listing, making, register
from verification.documents.allowing import subjects_of
from verification.documents.forms import KindForm
from verification.documents.kinds import KINDS, MAKERS
from verification.documents.making import FileKind, Numbering, Origin, Wanted
from verification.documents.sheet import MISSING, Sheet
from verification.domain.acting import Acting
from verification.errors import InvalidInput, NotHere, Refused
from verification.labels import label
from verification.models import Case, Document, DocumentKind, DocumentVersion
from verification.policy.permissions import Permission
from verification.queries.cases import titles_of
from verification.web.forms import Typed
from verification.web.loaders import load_case, load_tip, names_of
from verification.web.office import acting_in, office
from verification.web.problems import NO_PROBLEM, Problem, problem_of
from verification.web.routing import route
from verification.web.serving import send
from verification.web.submit import attempt

blueprint = Blueprint("documents", __name__)

_ASK = "ask-"


@dataclass(frozen=True, slots=True, repr=False)
class _Place:
    """Where a document is made: what it is of, and what people may choose it to be about."""

    origin: Origin
    case: Case | None
    title: str
    subjects: list[tuple[uuid.UUID, str]]

    @property
    def address(self) -> str:
        """The page it is made on."""
        if self.case is None:
            return url_for("documents.write_of_tip", tip_id=self.origin.tip_id)
        return url_for("documents.write", case_id=self.case.id, kind=self.origin.kind.value)

    @property
    def above(self) -> tuple[str, LazyString | str]:
        """The page it belongs to."""
        if self.case is None:
            return url_for("tips.show", tip_id=self.origin.tip_id), label(DocumentKind.NOT_ACCEPTED)
        return url_for("documents.of_case", case_id=self.case.id), self.case.number or self.title


# --- what there is -----------------------------------------------------------------------------------------


@route(blueprint, "/cases/<uuid:case_id>/documents", permission=Permission.CASE_READ)
def of_case(case_id: uuid.UUID) -> ResponseReturnValue:
    """The documents of a case, and those that could be made now."""
    with acting_in() as acting:
        case = load_case(acting, case_id)
        return render_template(
            "verification/documents/list.html",
            case=case,
            title=titles_of(acting, [case])[case.id],
            documents=listing.documents_of(acting, case),
            possible=listing.possible_kinds(acting, case),
        )


@route(blueprint, "/documents/<uuid:document_id>", permission=(Permission.CASE_READ, Permission.TIP_OPEN))
def show(document_id: uuid.UUID) -> ResponseReturnValue:
    """One version, the newest where none is asked for. Looking is traced."""
    with acting_in(write=True) as acting:
        document = _load(acting, document_id)
        versions = making.versions_of(acting, document.id)
        asked = request.args.get("version", "")
        shown = next((one for one in versions if str(one.version) == asked), versions[0])
        acting.trace(
            Event.CASE_VIEWED if document.case_id else Event.TIP_VIEWED,
            subject_kind="case" if document.case_id else "tip",
            subject_id=document.case_id or document.tip_id or document.id,
        )
        place = _place(acting, making.origin_of(document))
        return render_template(
            "verification/documents/show.html",
            document=document,
            versions=versions,
            shown=making.read_version(acting, shown),
            number=register.current_number(acting, document.id),
            names=names_of(acting, [one.made_by for one in versions]),
            place=place,
            empty_mark=MISSING,
            about=dict(place.subjects).get(document.subject_id, "") if document.subject_id else "",
            may_make=acting.actor.may(KINDS[document.kind].permission),
        )


@route(
    blueprint,
    "/documents/versions/<uuid:version_id>/<any(docx, pdf):file>",
    permission=(Permission.CASE_READ, Permission.TIP_OPEN),
)
def take(version_id: uuid.UUID, file: str) -> ResponseReturnValue:
    """One of a version's files as a download, traced; decrypted while it is sent."""
    wanted = FileKind(file)
    with ExitStack() as held:
        with acting_in(write=True) as acting:
            row = acting.session.get(DocumentVersion, version_id)
            if row is None:
                raise NotHere
            document = _load(acting, row.document_id)
            reader = making.open_file(acting, row, wanted, blobs=office().blobs)
            held.callback(reader.close)
            name = f"{label(document.kind)} v{row.version}.{file}"
        held.pop_all()
    length = reader.true_bytes
    return send(reader, start=0, length=length, media_type=making.MEDIA_TYPES[wanted], name=name, save=True)


# --- making one --------------------------------------------------------------------------------------------


@route(blueprint, "/cases/<uuid:case_id>/documents/<kind>", permission=MAKERS)
def write(case_id: uuid.UUID, kind: str) -> ResponseReturnValue:
    """The form of a kind, with a preview of what it would be now."""
    return _form(Origin(_kind(kind), case_id=case_id, subject_id=_chosen(request.args.get("subject", ""))))


@route(blueprint, "/cases/<uuid:case_id>/documents/<kind>", permission=MAKERS, methods=["POST"])
def make(case_id: uuid.UUID, kind: str) -> ResponseReturnValue:
    """Preview what was typed, or make a version of it."""
    return _sent(Origin(_kind(kind), case_id=case_id, subject_id=_chosen(request.form.get("subject", ""))))


@route(blueprint, "/tips/<uuid:tip_id>/document", permission=Permission.TIP_ANSWER)
def write_of_tip(tip_id: uuid.UUID) -> ResponseReturnValue:
    """The notice that a tip was not accepted."""
    return _form(Origin(DocumentKind.NOT_ACCEPTED, tip_id=tip_id))


@route(blueprint, "/tips/<uuid:tip_id>/document", permission=Permission.TIP_ANSWER, methods=["POST"])
def make_of_tip(tip_id: uuid.UUID) -> ResponseReturnValue:
    """Preview it, or make a version."""
    return _sent(Origin(DocumentKind.NOT_ACCEPTED, tip_id=tip_id))


def _form(origin: Origin) -> ResponseReturnValue:
    with acting_in() as acting:
        place = _place(acting, origin)
        document = _known(acting, place.origin, request.args.get("document", ""))
        return _page(acting, place, document, typed=_first(acting, document), problem=NO_PROBLEM)


def _sent(origin: Origin) -> ResponseReturnValue:
    typed = Typed.sent()

    def again(problem: Problem) -> ResponseReturnValue:
        with acting_in() as acting:
            place = _place(acting, origin)
            document = _known(acting, place.origin, typed.raw("document"))
            return _page(acting, place, document, typed=typed, problem=problem)

    if typed.raw("do") != "make":
        return again(NO_PROBLEM)

    def act(acting: Acting) -> str:
        place = _place(acting, origin)
        document = _known(acting, place.origin, typed.raw("document"))
        version = making.make_version(
            acting,
            press=office().press,
            origin=place.origin,
            wanted=_wanted(office().forms[origin.kind], typed),
            document_id=None if document is None else document.id,
        )
        return url_for("documents.show", document_id=version.document_id)

    return attempt(act, again=again)


def _page(acting: Acting, place: _Place, document: Document | None, *, typed: Typed, problem: Problem) -> str:
    form = office().forms[place.origin.kind]
    sheet, problem = _previewed(acting, place.origin, form, document, typed, problem)
    return render_template(
        "verification/documents/write.html",
        place=place,
        kind=place.origin.kind,
        form=form,
        document=document,
        number=None if document is None else register.current_number(acting, document.id),
        next_mark=None if form.mark is None else office().press.office.mark + form.mark,
        sheet=sheet,
        empty_mark=MISSING,
        example=register.EXAMPLE,
        typed=typed,
        problem=problem,
    )


def _previewed(
    acting: Acting, origin: Origin, form: KindForm, document: Document | None, typed: Typed, problem: Problem
) -> tuple[Sheet | None, Problem]:
    """The sheet as far as it can be set; why not, unless the page says already what is wrong."""
    row = None if document is None else register.current_number(acting, document.id)
    numbering = (
        Numbering.BY_HAND if not row and typed.raw("numbering") == Numbering.BY_HAND else Numbering.NONE
    )
    number = row.said if row else typed.text("number") if numbering is Numbering.BY_HAND else ""
    wanted = Wanted(_asked(form, typed), numbering, number)
    try:
        return making.preview(acting, press=office().press, origin=origin, wanted=wanted), problem
    except (InvalidInput, Refused) as error:
        return None, problem or problem_of(error) or NO_PROBLEM


def _wanted(form: KindForm, typed: Typed) -> Wanted:
    numbering = typed.member("numbering", Numbering) or Numbering.NONE
    typed.check()
    return Wanted(_asked(form, typed), numbering, typed.text("number"))


def _asked(form: KindForm, typed: Typed) -> dict[str, str]:
    return {ask.name: typed.text(_ASK + ask.name) for ask in form.asks}


def _first(acting: Acting, document: Document | None) -> Typed:
    """An empty form, or what was typed for the version before."""
    if document is None:
        return Typed.empty()
    newest = making.read_version(acting, making.versions_of(acting, document.id)[0])
    return Typed.empty({_ASK + name: text for name, text in newest.asked.items()})


# --- loading -----------------------------------------------------------------------------------------------


def _kind(value: str) -> DocumentKind:
    try:
        return DocumentKind(value)
    except ValueError:
        raise NotHere from None


def _chosen(value: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(value) if value else None
    except ValueError:
        raise NotHere from None


def _place(acting: Acting, origin: Origin) -> _Place:
    """Fetched and authorised; where there is one thing to be about, it is that. Raises NotHere."""
    if origin.case_id is None:
        if origin.tip_id is None:
            raise NotHere
        load_tip(acting, origin.tip_id)
        return _Place(origin, None, "", [])
    case = load_case(acting, origin.case_id)
    words = listing.subject_words(acting, case, origin.kind)
    subjects = [
        (one, words.get(one, "")) for one in subjects_of(acting, case, origin.kind) if one is not None
    ]
    if origin.subject_id is None and subjects:
        origin = Origin(origin.kind, case_id=case.id, subject_id=subjects[0][0])
    return _Place(origin, case, titles_of(acting, [case])[case.id], subjects)


def _known(acting: Acting, origin: Origin, value: str) -> Document | None:
    """The document that this is a new version of, if one is named."""
    document_id = _chosen(value)
    if document_id is None:
        return None
    document = acting.session.get(Document, document_id)
    if document is None or making.origin_of(document) != origin:
        raise NotHere
    return document


def _load(acting: Acting, document_id: uuid.UUID) -> Document:
    document = acting.session.get(Document, document_id)
    if document is None:
        raise NotHere
    if document.case_id is not None:
        load_case(acting, document.case_id)
    else:
        load_tip(acting, document.tip_id or document.id)
    return document
