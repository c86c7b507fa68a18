"""When each step of a case comes: from the story's day of opening to its last step, on working days.

Owns: the order of the steps and the usual times between them. Must not know: what a step does
(``docket_steps``, ``field_steps``, ``fixing_steps``). Source: 1-mission "The journey".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from verification.demo import asking_steps, docket_steps, field_steps, fixing_steps
from verification.demo.case_run import CaseRun
from verification.demo.diary import Diary, Step
from verification.demo.stories import CaseStory

#: After the desk's work on tips, so that a tip accepted today can be taken up today.
CASES = 100

#: Days after the opening, before the story's pace; in the order in which they happen.
USUAL_DAYS = {
    "open": 0,
    "propose": 1,
    "endorse": 2,
    "paper-recorded": 2,
    "return-docketing": 3,
    "approve": 3,
    "plan": 5,
    "approve-plan": 6,
    "dispatch": 7,
    "hand-back": 8,
    "sign": 8,
    "records": 8,
    "follow": 13,
    "findings": 16,
    "fix": 17,
    "conclude": 18,
    "draft": 20,
    "propose-conclusion": 21,
    "approve-conclusion": 23,
    "deliver": 25,
    "order": 26,
    "answer": 32,
    "close": 33,
}
STEPS = tuple(USUAL_DAYS)

#: Steps that end a story, and are no part of those that go further.
ENDINGS = ("paper-recorded", "return-docketing")

Part = Callable[[CaseRun], None]

#: What a step consists of, as a rule. Records, items and closing have days of their own.
PARTS: dict[str, tuple[Part, ...]] = {
    "open": (docket_steps.open_case,),
    "propose": (docket_steps.propose,),
    "endorse": (docket_steps.endorse,),
    "paper-recorded": (docket_steps.record_paper,),
    "return-docketing": (docket_steps.send_back,),
    "approve": (docket_steps.approve,),
    "plan": (docket_steps.plan,),
    "approve-plan": (docket_steps.approve_plan,),
    "dispatch": (field_steps.dispatch,),
    "hand-back": (field_steps.hand_back,),
    "sign": (field_steps.sign,),
    "follow": (field_steps.begin_follow,),
    "findings": (field_steps.find,),
    "fix": (field_steps.begin_fix,),
    "conclude": (fixing_steps.conclude,),
    "draft": (fixing_steps.draft,),
    "propose-conclusion": (fixing_steps.propose,),
    "approve-conclusion": (fixing_steps.approve,),
    "deliver": (fixing_steps.deliver,),
    "answer": (fixing_steps.answer,),
}


@dataclass(frozen=True, slots=True)
class Planned:
    """A step and how many days after the opening it comes."""

    after: float
    step: Step


def enter_case(run: CaseRun, diary: Diary) -> None:
    """Enter a case's whole story. ValueError if it needs more days than there are."""
    opened = diary.ago(run.story.opened)
    day = opened
    if run.story.paper:
        run.scan = run.album.ask("scan", day=opened, town="chengguan", comment="批示件扫描")
    for planned in _planned(run, diary):
        # Free days push steps back; whatever follows never comes before.
        day = max(day, diary.working_day(opened + timedelta(days=round(planned.after))))
        if getattr(planned.step, "func", None) is fixing_steps.deliver:
            run.delivered = day
        try:
            diary.enter(day, partial(_told, run.story.key, planned.step), order=CASES)
        except ValueError as error:
            raise ValueError(f"{run.story.key}: {error}") from None


def _told(key: str, step: Step) -> None:
    """Play a step; if it fails, say in whose story."""
    try:
        step()
    except Exception as error:
        error.add_note(f"in the case {key}")
        raise


def steps_of(story: CaseStory) -> Iterator[str]:
    """The names of a story's steps in order. ValueError for a last step that there is not."""
    last = STEPS.index(story.last)
    kept = {
        "endorse": bool(story.endorse),
        "hand-back": bool(story.hand_back),
        "order": bool(story.items),
        **{name: name == story.last for name in ENDINGS},
    }
    for index, name in enumerate(STEPS):
        if name == "answer":
            if is_answered(story) and not story.items:
                yield name
        elif index <= last and kept.get(name, True):
            yield name


def is_answered(story: CaseStory) -> bool:
    """Whether the informants have their answer."""
    return story.answered or story.last == "close"


def _planned(run: CaseRun, diary: Diary) -> Iterator[Planned]:
    story = run.story
    for name in steps_of(story):
        after = float(story.at.get(name, USUAL_DAYS[name] * story.pace))
        if name == "records":
            yield from _records(run, diary, after)
        elif name == "order":
            yield Planned(after, partial(fixing_steps.order, run))
            yield from sorted(_items(run, diary, after), key=lambda planned: planned.after)
        elif name == "close":
            done = max([after, *(_order_day(story) + item.reports[-1].day + 5 for item in story.items)])
            yield Planned(done, partial(fixing_steps.finish, run))
            yield Planned(done + 1, partial(fixing_steps.close, run))
        else:
            yield from (Planned(after, partial(part, run)) for part in _parts(story, name))


def _parts(story: CaseStory, name: str) -> tuple[Part, ...]:
    """What a step consists of in this story: some things are done twice."""
    usual = PARTS[name]
    if name == "plan" and story.return_plan:
        return (*usual, docket_steps.return_plan, *usual)
    if name == "draft" and story.return_conclusion:
        return (*usual, fixing_steps.propose, fixing_steps.return_conclusion, *usual)
    if name == "hand-back" and story.ruling:
        return (*usual, field_steps.rule, *((field_steps.dispatch,) if story.ruling_uphold else ()))
    return usual


def _records(run: CaseRun, diary: Diary, base: float) -> Iterator[Planned]:
    for record in run.story.records:
        photos = _photos(run, diary, base + record.on, record.photos, comment=record.place)
        yield Planned(base + record.on, partial(field_steps.record, run, record, photos))


def _items(run: CaseRun, diary: Diary, ordered: float) -> Iterator[Planned]:
    """What happens to the items after the order; a unit without a liaison reports nothing."""
    for index, item in enumerate(run.story.items):
        if not run.stage.has_liaison(item.unit):
            continue
        for report in item.reports:
            day = ordered + report.day
            named = [(scene, "整改佐证") for scene in report.photos]
            photos = _photos(run, diary, day, named, comment=item.problem)
            yield Planned(day, partial(fixing_steps.report, run, index, report, photos))
            if report.returned:
                yield Planned(day + 1, partial(fixing_steps.return_report, run, index, report))
        if item.end in ("verified", "refused", "closed-off"):
            day = ordered + item.reports[-1].day + 2
            yield Planned(day, partial(fixing_steps.verify, run, index))
            if item.end != "refused":
                yield Planned(day + 1, partial(asking_steps.ask, run))
                yield Planned(day + 2, partial(asking_steps.hear, run, item))
            if item.end == "closed-off":
                yield Planned(day + 2, partial(fixing_steps.sign_off, run, index))
            if item.end == "refused":
                yield Planned(day + 1, partial(fixing_steps.refuse, run, index))
    if is_answered(run.story):
        yield Planned(ordered + _answer_day(run.story), partial(fixing_steps.answer, run))


def _answer_day(story: CaseStory) -> int:
    """Days after the order: before anybody is asked whether it is fixed."""
    asked = [item.reports[-1].day + 2 for item in story.items if item.end in ("verified", "closed-off")]
    return min([6, *asked])


def _photos(
    run: CaseRun, diary: Diary, after: float, named: Sequence[tuple[str, str]], *, comment: str
) -> list[tuple[int, str]]:
    day = min(diary.ago(run.story.opened) + timedelta(days=round(after)), diary.today)
    return [
        (run.album.ask(scene, day=day, town=run.story.town, comment=comment), note) for scene, note in named
    ]


def _order_day(story: CaseStory) -> float:
    return float(story.at.get("order", USUAL_DAYS["order"] * story.pace))
