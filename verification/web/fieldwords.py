"""Words for the codes of the second half: fields of records, gaps, reasons for and against, what comes next.

Registered as template globals by ``verification.web.tasks``. Must not know: any page.
"""

from __future__ import annotations

from collections.abc import Callable

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from portal.texts import gettext, ngettext
from verification.domain.teams import Block, BlockCode, Reason, ReasonCode
from verification.labels import label
from verification.models import RecordKind, TaskState
from verification.policy.coverage import Gap
from verification.queries.tasks import NextStep

#: (label, hint) of each field of a record's form. Keys: kind and field of ``record_forms.RECORD_FORMS``.
FIELD_WORDS: dict[tuple[RecordKind, str], tuple[LazyString, LazyString | str]] = {
    (RecordKind.VISIT, "arrival"): (_l("Arrival"), _l("How you came and when; whether anybody knew.")),
    (RecordKind.VISIT, "card_shown"): (_l("We showed our cards"), ""),
    (RecordKind.VISIT, "people_there"): (_l("Who was there"), _l("Post or role is enough.")),
    (RecordKind.VISIT, "seen"): (_l("What was seen"), _l("Facts, measures, numbers. No judgement yet.")),
    (RecordKind.INTERVIEW, "person"): (
        _l("Person"),
        _l("A witness who fears trouble gets a code name, such as “Witness A”."),
    ),
    (RecordKind.INTERVIEW, "role"): (_l("Post or role"), ""),
    (RecordKind.INTERVIEW, "card_shown"): (_l("We showed our cards"), ""),
    (RecordKind.INTERVIEW, "refused"): (_l("They refused to talk"), ""),
    (RecordKind.INTERVIEW, "questions"): (_l("Questions and answers"), _l("One line each: Q: … A: …")),
    (RecordKind.INTERVIEW, "read_back"): (_l("Read back to them, and they agree that it is right"), ""),
    (RecordKind.INTERVIEW, "signed"): (_l("They signed every page"), ""),
    (RecordKind.INTERVIEW, "refused_sign"): (_l("They refused to sign"), ""),
    (RecordKind.INTERVIEW, "refusal"): (_l("What they said when they refused"), ""),
    (RecordKind.DOCUMENT, "what"): (_l("What was taken or copied"), _l("Title, number, pages.")),
    (RecordKind.DOCUMENT, "from_whom"): (_l("From whom"), ""),
    (RecordKind.DOCUMENT, "originals"): (
        _l("Originals that we give back"),
        _l("They appear under “Papers and samples” until they are given back."),
    ),
    (RecordKind.DOCUMENT, "remarks"): (_l("Remarks"), ""),
    (RecordKind.SAMPLE, "what"): (_l("What was sampled"), _l("Name, batch, condition.")),
    (RecordKind.SAMPLE, "count"): (_l("How many"), ""),
    (RecordKind.SAMPLE, "from_whom"): (_l("From whom"), ""),
    (RecordKind.SAMPLE, "kept_at"): (_l("Where it is kept"), ""),
    (RecordKind.SAMPLE, "remarks"): (_l("Remarks"), _l("Seal, who was there, where it is tested.")),
    (RecordKind.DESK, "what"): (_l("What was done"), ""),
    (RecordKind.OBSTRUCTION, "who"): (_l("Who"), ""),
    (RecordKind.OBSTRUCTION, "demanded"): (_l("What we asked for"), ""),
    (RecordKind.OBSTRUCTION, "happened"): (_l("What happened"), ""),
    (RecordKind.OBSTRUCTION, "told"): (_l("We told them of their duty to cooperate"), ""),
    (RecordKind.STATEMENT, "person"): (_l("Who speaks for the unit"), _l("Name and post.")),
    (RecordKind.STATEMENT, "said"): (_l("What the unit says"), _l("In its own words.")),
}

#: What lies outside the plan.
GAPS: dict[Gap, LazyString] = {
    Gap.NO_PLAN: _l("no approved plan"),
    Gap.DATES: _l("outside the plan's dates"),
    Gap.UNIT: _l("a unit that the plan does not name"),
    Gap.METHOD: _l("a method that the plan does not name"),
    Gap.PEOPLE: _l("fewer than two people"),
    Gap.DESIGNATION: _l("somebody of a department that was not designated that day"),
}

#: What the team of a task does next, and what the button says.
NEXT_STEPS: dict[NextStep, tuple[LazyString, LazyString]] = {
    NextStep.SIGN: (_l("Read the brief and sign for the task"), _l("Sign for the task")),
    NextStep.AWAIT_RULING: (_l("Handed back; the office rules on it"), _l("Open")),
    NextStep.AWAIT_MEMBER: (
        _l("Somebody of the team must keep away: the task stands still until a replacement is named"),
        _l("Open"),
    ),
    NextStep.VISIT: (_l("Carry the lead there: log the first visit or interview"), _l("Log a visit")),
    NextStep.FOLLOW: (_l("On site. Go on when the lead is carried there"), _l("Go on: follow the problem")),
    NextStep.FIND: (_l("Record statement and finding for each allegation"), _l("Record findings")),
    NextStep.WATCH: (_l("Every allegation has its finding"), _l("Go on: watch until it is fixed")),
    NextStep.AWAIT_CONCLUSION: (_l("Waiting for the conclusion"), _l("Open")),
    NextStep.AWAIT_REPORT: (_l("Waiting for the unit's report"), _l("Open")),
    NextStep.VERIFY_ITEM: (_l("The unit has reported: verify it"), _l("Verify the report")),
    NextStep.AWAIT_SIGNER: (_l("Waiting for the signature of the close-off"), _l("Open")),
    NextStep.FINISH: (_l("Everything is closed off"), _l("Finish the task")),
    NextStep.NOTHING: (_l("Nothing more to do"), _l("Open")),
}

_BLOCKS: dict[BlockCode, LazyString] = {
    BlockCode.INACTIVE: _l("no longer active"),
    BlockCode.OWN_UNIT: _l("belongs to the inspected unit"),
    BlockCode.NAMED: _l("must not see this, the informant says"),
    BlockCode.DECIDED: _l("it was decided that they keep away"),
    BlockCode.UNTRAINED: _l("no training record"),
    BlockCode.NO_UNDERTAKING: _l("undertaking not signed"),
    BlockCode.NOT_DESIGNATED: _l("the body is not designated for this"),
}

#: The three stages in order.
STAGES = (TaskState.CARRY, TaskState.FOLLOW, TaskState.FIX)


def gap_words(codes: list[str]) -> str:
    """Why a record is outside the plan, as a list in a sentence."""
    return gettext(", ").join(str(GAPS[Gap(code)]) for code in codes)


def block_words(block: Block) -> str:
    """What keeps somebody away."""
    if block.interest is None:
        return str(_BLOCKS[block.code])
    return gettext("%(kind)s with %(unit)s", kind=str(label(block.interest)), unit=block.unit_name or "")


def reason_words(reason: Reason) -> str:
    """A figure that speaks for or against somebody; empty where it says nothing."""
    count = reason.number
    match reason.code:
        case ReasonCode.OPEN_TASKS:
            return (
                ngettext("%(num)d open task", "%(num)d open tasks", count)
                if count
                else gettext("no open task")
            )
        case ReasonCode.WATCHED_TASKS:
            return ngettext("%(num)d fix to watch", "%(num)d fixes to watch", count) if count else ""
        case ReasonCode.WEEK_MINUTES:
            return gettext("%(hours)s h on site this week", hours=_hours(count))
        case ReasonCode.SAME_CATEGORY:
            return (
                ngettext("%(num)d case of this category", "%(num)d cases of this category", count)
                if count
                else ""
            )
        case ReasonCode.SAME_FIELD:
            return (
                ngettext("%(num)d case of this field", "%(num)d cases of this field", count) if count else ""
            )


def next_words(step: NextStep) -> LazyString:
    """What comes next, as a sentence."""
    return NEXT_STEPS[step][0]


def next_button(step: NextStep) -> LazyString:
    """What comes next, as a button says it."""
    return NEXT_STEPS[step][1]


def field_words(kind: RecordKind, name: str) -> tuple[LazyString, LazyString | str]:
    """Label and hint of a field of a record's form."""
    return FIELD_WORDS[kind, name]


def stages(state: TaskState) -> list[tuple[LazyString, str, str]]:
    """The three stages for the stepper: done, now, next; all off for a task that was withdrawn."""
    if state is TaskState.WITHDRAWN:
        return [(label(stage), "off", "") for stage in STAGES]
    here = len(STAGES) if state is TaskState.DONE else STAGES.index(state) if state in STAGES else -1
    return [
        (label(stage), "done" if place < here else "now" if place == here else "next", "")
        for place, stage in enumerate(STAGES)
    ]


def _hours(minutes: int) -> str:
    return f"{minutes / 60:.1f}".removesuffix(".0")


GLOBALS: dict[str, Callable[..., object]] = {
    "gap_words": gap_words,
    "block_words": block_words,
    "reason_words": reason_words,
    "next_words": next_words,
    "next_button": next_button,
    "field_words": field_words,
    "stages": stages,
}
