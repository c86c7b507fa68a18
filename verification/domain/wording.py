"""Checking the unit's version of a conclusion against what informants and witnesses said.

Whoever drafts it is often an inspector, who cannot open an informant's statement, and must not learn from a
check what stands in one. So the check has two halves: interviews are compared whenever anybody saves a draft,
statements only by whoever holds the keys of the desks anyway, when they save, read it over or propose it.
Until one of them has, the conclusion is not proposed; any change of the text undoes it. The true name of a
witness under a code name is known to their team alone: it is looked for when one of them saves or reads.
What was found can be let stand by a tick, because an official name may be as long as a copied sentence; the
trail keeps that it was, and the next reader is asked again.
Source: Petitions Regulation 30; 2-domain §5 first row; rules.toml unit-wording.
"""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from portal.models import Tip
from verification.domain.acting import Acting
from verification.domain.inputs import Inputs
from verification.domain.messages import read_mailbox, read_sendings
from verification.errors import KeyLocked
from verification.models import Case, FieldRecord, RecordKind, Witness
from verification.policy.wording import Heard, Wording, look_at


def check_unit_text(
    acting: Acting, case: Case, text: str, *, inputs: Inputs, field: str, accepted: bool
) -> Wording:
    """Problems of ``text`` go into ``inputs``, beside ``field`` and beside the tick ``wording``.

    accepted: this person has seen what was found and means it; identifiers are never accepted.
    """
    wording = look_at(text, heard=_heard(acting, case))
    if wording.identifiers:
        inputs.wrong(field, _l("This holds a phone, identity or account number. Take it out."))
    elif wording.words and not accepted:
        words = " … ".join(one[:40] for one in wording.words[:5])
        text_of = _l(
            "These words stand in what an informant or a witness said, or name a witness: “%(words)s”. "
            "Write it in other words.",
            words=words,
        )
        inputs.wrong(field, text_of)
        inputs.wrong("wording", _l("Tick this only if the wording cannot point at anybody."))
    return wording


def _heard(acting: Acting, case: Case) -> Heard:
    session = acting.session
    query = select(FieldRecord).where(
        FieldRecord.case_id == case.id, FieldRecord.kind == RecordKind.INTERVIEW
    )
    bodies = acting.open_all(row.body_id for row in session.scalars(query))
    words = [body["words"] for body in bodies.values()]
    return Heard(
        names=(*(str(one.get("person") or "") for one in words), *_true_names(acting, case)),
        talks=tuple(str(one.get("questions") or "") for one in words),
        statements=_statements(acting, case),
    )


def _true_names(acting: Acting, case: Case) -> list[str]:
    """True names of witnesses under a code name, as far as this person is of their team and may know them."""
    found = []
    for body_id in acting.session.scalars(select(Witness.body_id).where(Witness.case_id == case.id)):
        try:
            found.append(str(acting.open(body_id)["name"]))
        except KeyLocked:
            continue
    return found


def _statements(acting: Acting, case: Case) -> tuple[str, ...] | None:
    """Everything that informants wrote; None where one of their desks is not this person's."""
    session = acting.session
    tips = session.scalars(select(Tip).where(Tip.case_id == case.id).order_by(Tip.id)).all()
    if not all(acting.keyring.holds(session, tip.desk_key_id) for tip in tips):
        return None
    said = [statement.account for tip in tips for statement in read_sendings(acting, tip)]
    written = [
        message.text for tip in tips for message in read_mailbox(acting, tip) if message.informant is not None
    ]
    return tuple(said + written)
