"""What becomes of single items of the demo, from rectified.toml: more time, and a report that was false."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from portal.crypto.header import ObjectKind
from verification.demo.case_run import CaseRun
from verification.demo.county import HERE, read_toml
from verification.demo.diary import Diary
from verification.domain import extending, rectification
from verification.domain.acting import Acting
from verification.domain.exhibits import NewExhibit
from verification.models import Extension, RectificationItem, Role

#: After whatever happens to the case on the same day.
RECTIFIED = 140


def enter_rectified(runs: Mapping[str, CaseRun], diary: Diary) -> None:
    """Enter what happens to items of this profile's cases into the diary."""
    data = read_toml(HERE / "rectified.toml")
    # What is found false first: its unit may ask for more time on the same day.
    for story in data["false"]:
        if run := runs.get(story["case"]):
            photo = run.album.ask(
                "bridge", day=diary.ago(int(story["ago"])), town=run.story.town, comment="佐证"
            )
            _enter(diary, story, 0, partial(_report, run, story, photo))
            _enter(diary, story, 2, partial(_mark, run, story))
    for story in data["extension"]:
        if run := runs.get(story["case"]):
            _enter(diary, story, 0, partial(_ask, run, story))
            if story["outcome"] != "asked":
                _enter(diary, story, 1, partial(_decide, run, story))


def _enter(diary: Diary, story: Mapping[str, Any], after: int, step: Any) -> None:
    day = diary.working_day(diary.ago(int(story["ago"])) + timedelta(days=after))
    diary.enter(day, step, order=RECTIFIED)


def _item(run: CaseRun, acting: Acting, story: Mapping[str, Any]) -> RectificationItem:
    return acting.session.get_one(RectificationItem, run.items[int(story["item"])])


def _unit(run: CaseRun, story: Mapping[str, Any]) -> str:
    return run.story.items[int(story["item"])].unit


def _ask(run: CaseRun, story: Mapping[str, Any]) -> None:
    with run.stage.acting(_unit(run, story)) as acting:
        item = _item(run, acting, story)
        extending.ask_extension(
            acting,
            item_id=item.id,
            version=item.version,
            until=item.due_on + timedelta(days=int(story["days"])),
            reason=story["reason"],
        )


def _decide(run: CaseRun, story: Mapping[str, Any]) -> None:
    with run.stage.acting(run.stage.first(Role.DIRECTOR)) as acting:
        item = _item(run, acting, story)
        row = acting.session.query(Extension).filter(Extension.item_id == item.id).one()
        extending.decide_extension(
            acting,
            extension_id=row.id,
            version=row.version,
            granted=story["outcome"] == "granted",
            reason=story["decision"],
        )


def _report(run: CaseRun, story: Mapping[str, Any], photo: int) -> None:
    shot, content = run.album[photo]
    with run.stage.acting(_unit(run, story)) as acting:
        item = _item(run, acting, story)
        sealed = run.stage.seal_file(
            content, name=shot.file_name, media_type=shot.media_type, kind=ObjectKind.EXHIBIT
        )
        rectification.report_item(
            acting,
            item_id=item.id,
            version=item.version,
            measures=story["measures"],
            proofs=[NewExhibit(file=sealed, note="整改佐证")],
        )


def _mark(run: CaseRun, story: Mapping[str, Any]) -> None:
    with run.as_(run.team[0]) as (acting, _case):
        item = _item(run, acting, story)
        rectification.mark_false(acting, item_id=item.id, version=item.version, note=story["found"])
