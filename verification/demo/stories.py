"""The tips and cases of the demo as data: read from tips/*.toml and cases/*.toml, checked, typed.

Owns: the shape of these files. Must not know: how a story is played (``tip_steps``, ``journey``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from portal.models import Priority
from portal.models.records import Reporter, Subject
from verification.demo.county import HERE, read_toml
from verification.demo.entries import Entry
from verification.models import CaseSource, CaseType, ContentBasis, Finding, Method, RecordKind, Stance

TIP_VERBS = {
    *("open", "ask", "reply", "material", "object", "end-wait", "accept", "decline", "refer", "hand-on"),
    *("identity", "retaliation"),
}


@dataclass(frozen=True, slots=True)
class TipAct:
    """What happens to a tip ``after`` so many days. ``words``: texts and codes; ``files``: scenes."""

    verb: str
    after: int
    words: tuple[str, ...]
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TipStory:
    """One tip, ``day`` days before today, and what becomes of it."""

    key: str
    day: int
    reporter: Reporter
    subject: Subject
    about: str
    place: str
    when: str
    account: str
    other: str
    keep_away: str
    urgent: bool
    language: str
    in_attachment: bool
    alternate: bool
    name: str
    contact: str
    files: tuple[str, ...]
    acts: tuple[TipAct, ...]
    small: bool


@dataclass(frozen=True, slots=True)
class Claim:
    """One allegation; later parts are empty where the story does not go so far."""

    text: str
    finding: Finding | None
    statement: str
    stance: Stance
    reasons: str
    weighed: str
    needed: str
    answer: str


@dataclass(frozen=True, slots=True)
class PlanStory:
    """A plan. ``days``: how long it runs from its approval. burden_reason: why it burdens the unit.

    notice: words of the notice to the units, where one is issued.
    """

    content: str
    scope: str
    risks: str
    methods: tuple[Method, ...]
    unannounced: bool
    days: int
    people: int
    hours: int
    materials: tuple[str, ...]
    meeting_people: int
    burden_reason: str
    outside: tuple[str, ...]
    card_scope: str
    notice: str


@dataclass(frozen=True, slots=True)
class RecordStory:
    """A record ``on`` so many days after signing for the task. ``photos``: (scene, note)."""

    kind: RecordKind
    on: int
    minutes: int
    place: str
    unit: str | None
    method: Method | None
    alone: bool
    night: bool
    words: Mapping[str, str | bool]
    photos: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ReportStory:
    """A unit's report ``day`` days after the order. ``returned``: why it was sent back, if it was."""

    day: int
    measures: str
    photos: tuple[str, ...]
    returned: str


@dataclass(frozen=True, slots=True)
class ItemStory:
    """A rectification item. ``end``: ordered, reported, returned, verified, refused, closed-off.

    rating: what its informants say, asked whether it is fixed. decide: why it stands although they say no.
    """

    unit: str
    problem: str
    standard: str
    days: int
    reports: tuple[ReportStory, ...]
    verify: str
    refuse: str
    rating: str
    decide: str
    end: str


@dataclass(frozen=True, slots=True)
class CaseStory:
    """One case, opened ``opened`` days before today and taken to its step ``last``.

    pace: by how much the usual times between steps are multiplied. at: days after opening, for single steps.
    paper_of: where no tip began it, who issued the paper, its number, and how many days before the opening.
    """

    key: str
    tips: tuple[str, ...]
    source: CaseSource
    paper_of: tuple[str, str, int]
    opened: int
    last: str
    pace: float
    at: Mapping[str, int]
    small: bool
    case_type: CaseType
    basis: ContentBasis
    category: str
    priority: Priority
    town: str
    units: tuple[str, ...]
    title: str
    brief: str
    claims: tuple[Claim, ...]
    plan: PlanStory | None
    records: tuple[RecordStory, ...]
    file_text: str
    unit_text: str
    items: tuple[ItemStory, ...]
    answered: bool
    closing: str
    endorse: str
    overlap: str
    reasons: Mapping[str, str]
    return_docketing: str
    paper: bool
    return_plan: str
    hand_back: str
    ruling: str
    ruling_uphold: bool
    return_conclusion: str


@cache
def read_stories(*, small: bool) -> tuple[tuple[TipStory, ...], tuple[CaseStory, ...]]:
    """Every tip and case of a profile. ValueError for a story that refers to one that there is not."""
    all_cases = [_case(entry) for entry in _entries("cases", "case")]
    cases = tuple(story for story in all_cases if story.small or not small)
    taken = {key for story in cases for key in story.tips}
    elsewhere = {key for story in all_cases for key in story.tips} - taken
    all_tips = [_tip(entry) for entry in _entries("tips", "tip")]
    tips = tuple(
        story
        for story in all_tips
        if story.key in taken or (story.key not in elsewhere and (story.small or not small))
    )
    keys = [story.key for story in all_tips] + [story.key for story in all_cases]
    if len(set(keys)) != len(keys) or not taken <= {story.key for story in tips}:
        raise ValueError("a story's key stands twice, or a case's tip is missing")
    return tuple(story for story in tips if not (small and story.alternate)), cases


def _entries(folder: str, name: str) -> Iterable[dict[str, Any]]:
    for path in sorted((HERE / folder).glob("*.toml")):
        yield from read_toml(path)[name]


def _tip(entry: dict[str, Any]) -> TipStory:
    read = Entry(entry)
    story = TipStory(
        key=read.text("key"),
        day=read.number("day"),
        reporter=Reporter(read.text("who", "citizen")),
        subject=Subject(read.number("subject")),
        about=read.text("about", ""),
        place=read.text("place", ""),
        when=read.text("when", ""),
        account=read.text("account").strip(),
        other=read.text("other", ""),
        keep_away=read.text("keep_away", ""),
        urgent=read.yes("urgent"),
        language=read.text("language", "zh-Hans"),
        in_attachment=read.yes("in_attachment"),
        alternate=read.yes("alternate"),
        name=read.text("name", ""),
        contact=read.text("contact", ""),
        files=tuple(read.rest("files", [])),
        acts=tuple(_tip_act(act) for act in read.rest("acts", [])),
        small=read.yes("small"),
    )
    read.done()
    return story


def _tip_act(act: list[Any]) -> TipAct:
    verb, after, *rest = act
    if verb not in TIP_VERBS:
        raise ValueError(f"nothing like {verb} happens to a tip")
    files = tuple(part for part in rest if isinstance(part, list))
    words = tuple(str(part) for part in rest if not isinstance(part, list))
    return TipAct(str(verb), int(after), words, tuple(files[0]) if files else ())


def _case(entry: dict[str, Any]) -> CaseStory:
    read = Entry(entry)
    conclusion = read.rest("conclusion", {"file": "", "unit": ""})
    plan = read.rest("plan", None)
    story = CaseStory(
        key=read.text("key"),
        tips=tuple(read.rest("tips")),
        source=CaseSource(read.text("source", "tip")),
        paper_of=tuple(read.rest("paper_of", ("", "", 0))),
        opened=read.number("opened"),
        last=read.text("last"),
        pace=float(read.rest("pace", 1.0)),
        at=dict(read.rest("at", {})),
        small=read.yes("small"),
        case_type=CaseType(read.text("type")),
        basis=ContentBasis(read.text("basis")),
        category=read.text("category"),
        priority=Priority(read.text("priority")),
        town=read.text("town", ""),
        units=tuple(read.rest("units")),
        title=read.text("title"),
        brief=read.text("brief"),
        claims=tuple(_claim(claim) for claim in read.rest("claim")),
        plan=_plan(plan) if plan else None,
        records=tuple(_record(record) for record in read.rest("record", [])),
        file_text=conclusion["file"],
        unit_text=conclusion["unit"],
        items=tuple(_item(item) for item in read.rest("item", [])),
        answered=read.yes("answered"),
        closing=read.text("closing", "核查和整改情况如上。您觉得没有回答清楚的，可以在这里继续提出。"),
        endorse=read.text("endorse", ""),
        overlap=read.text("overlap", ""),
        reasons=dict(read.rest("reasons", {})),
        return_docketing=read.text("return_docketing", ""),
        paper=read.yes("paper"),
        return_plan=read.text("return_plan", ""),
        hand_back=read.text("hand_back", ""),
        ruling=read.text("ruling", ""),
        ruling_uphold=read.yes("ruling_uphold"),
        return_conclusion=read.text("return_conclusion", ""),
    )
    read.done()
    return story


def _claim(entry: dict[str, Any]) -> Claim:
    read = Entry(entry)
    claim = Claim(
        text=read.text("text"),
        finding=Finding(code) if (code := read.text("finding", "")) else None,
        statement=read.text("statement", ""),
        stance=Stance(read.text("stance", "supports")),
        reasons=read.text("reasons", ""),
        weighed=read.text("weighed", ""),
        needed=read.text("needed", ""),
        answer=read.text("answer", ""),
    )
    read.done()
    return claim


def _plan(entry: dict[str, Any]) -> PlanStory:
    read = Entry(entry)
    plan = PlanStory(
        content=read.text("content"),
        scope=read.text("scope"),
        risks=read.text("risks", ""),
        methods=tuple(Method(method) for method in read.rest("methods")),
        unannounced=read.yes("unannounced"),
        days=read.number("days"),
        people=read.number("people"),
        hours=read.number("hours"),
        materials=tuple(read.rest("materials", ())),
        meeting_people=read.number("meeting_people", 0),
        burden_reason=read.text("burden_reason", ""),
        outside=tuple(read.rest("outside", ())),
        card_scope=read.text("card_scope", ""),
        notice=read.text("notice", ""),
    )
    read.done()
    return plan


def _record(entry: dict[str, Any]) -> RecordStory:
    read = Entry(entry)
    method = read.text("method", "")
    return RecordStory(
        kind=RecordKind(read.text("kind")),
        on=read.number("on"),
        minutes=read.number("minutes"),
        place=read.text("place"),
        unit=read.text("unit", "") or None,
        method=Method(method) if method else None,
        alone=read.yes("alone"),
        night=read.yes("night"),
        photos=tuple((scene, note) for scene, note in read.rest("photos", [])),
        words=read.remaining(),
    )


def _item(entry: dict[str, Any]) -> ItemStory:
    read = Entry(entry)
    item = ItemStory(
        unit=read.text("unit"),
        problem=read.text("problem"),
        standard=read.text("standard"),
        days=read.number("days"),
        reports=tuple(_report(report) for report in read.rest("reports", [])),
        verify=read.text("verify", ""),
        refuse=read.text("refuse", ""),
        rating=read.text("rating", "fixed"),
        decide=read.text("decide", ""),
        end=read.text("end"),
    )
    read.done()
    return item


def _report(entry: dict[str, Any]) -> ReportStory:
    read = Entry(entry)
    report = ReportStory(
        day=read.number("day"),
        measures=read.text("measures"),
        photos=tuple(read.rest("photos")),
        returned=read.text("returned", ""),
    )
    read.done()
    return report
