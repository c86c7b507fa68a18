"""What leaves the office holds no identifier, no witness and no wording of an interview.

The groups of values that such kinds may see hold none of it; what people type, and texts that people wrote,
are looked through here. Source: 2-domain §5 first row; Petitions Regulation 30; issue 4 "Conclusion".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from flask_babel import lazy_gettext as _l

from verification.documents.forms import KindForm
from verification.documents.gathering_case import records_of
from verification.documents.sheet import Sheet
from verification.documents.templating import AskKind
from verification.domain.acting import Acting
from verification.domain.inputs import Inputs
from verification.errors import Refusal, Refused
from verification.models import Case, RecordKind
from verification.policy.redaction import find_copied, find_identifiers

#: A name of one letter would be found in every other word.
_LEAST_NAME: Final = 2


def check_outward(
    acting: Acting,
    case: Case,
    form: KindForm,
    *,
    asked: Mapping[str, str],
    sheet: Sheet,
    named: Sequence[str] = (),
) -> None:
    """named: people whom it speaks to, who may stand in it.

    Raises InvalidInput beside a typed field, Refused for what came from the case itself.
    """
    interviews = records_of(acting, case.id, RecordKind.INTERVIEW)
    witnesses = [str(record.words.get("person") or "").strip() for record in interviews]
    names = [name for name in witnesses if len(name) >= _LEAST_NAME]
    said = [str(record.words.get("questions") or "") for record in interviews]
    inputs = Inputs()
    for ask in form.asks:
        text = asked[ask.name]
        if ask.kind is not AskKind.LONG:
            continue  # a line may be the office's own telephone, or the person whom the letter asks to come
        if find_identifiers(text):
            inputs.wrong(
                f"ask-{ask.name}", _l("This holds a phone, identity or account number. Take it out.")
            )
        elif _tells(text, names=names, said=said):
            inputs.wrong(f"ask-{ask.name}", _l("This names a witness or repeats an interview. Take it out."))
    inputs.done()
    lines = [*named, *_lines(form, asked)]
    texts = (_without(text, lines) for text in sheet.texts())
    if any(_tells(text, names=names, said=said) for text in texts):
        text_refused = _l(
            "A text of the case names a witness or repeats an interview. Change it there first."
        )
        raise Refused((Refusal("doc-outward", text_refused),))


def _lines(form: KindForm, asked: Mapping[str, str]) -> list[str]:
    return [asked[ask.name] for ask in form.asks if ask.kind is AskKind.LINE and asked[ask.name]]


def _without(text: str, lines: Iterable[str]) -> str:
    for line in lines:
        text = text.replace(line, " ")
    return text


def _tells(text: str, *, names: Iterable[str], said: Iterable[str]) -> bool:
    return any(name in text for name in names) or bool(find_copied(text, statements=said))
