"""Playing the tips: a citizen submits and writes, a supervisor opens, asks, accepts, declines, refers.

Owns: how a tip's story becomes steps of the diary. Citizens act through the public side's own verbs. Must not
know: cases. Source: 1-mission journey 1, 2, 8.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy import select

from portal.crypto.header import ObjectKind
from portal.crypto.receipt import Receipt
from portal.domain.drafts import DraftSecrets, keep_files
from portal.domain.mailbox import open_mailbox, send
from portal.domain.submit import submit_tip
from portal.models import Desk, MessageKind, OutboxTopic, Priority, Tip, TipState
from portal.models.records import Identity, Statement
from verification.demo.diary import Diary
from verification.demo.pictures import POSITIONS, Album
from verification.demo.stage import Stage
from verification.demo.stories import CaseStory, TipAct, TipStory
from verification.domain import identity, triage
from verification.domain.acting import Acting
from verification.models import Role

#: In the order of a day: citizens write, then the desk works, then cases go on.
CITIZENS, DESK = 0, 10

BY_CITIZEN = {
    "reply": MessageKind.REPLY,
    "material": MessageKind.MATERIAL,
    "retaliation": MessageKind.RETALIATION,
    "object": MessageKind.OBJECTION,
}


@dataclass(slots=True, repr=False)
class PlayedTip:
    """A tip that is in the database: what its case, its informant and ``demo.json`` need of it."""

    story: TipStory
    tip_id: uuid.UUID
    receipt: Receipt
    files: list[uuid.UUID] = field(default_factory=list)


class TipSteps:
    """Enters tips into the diary; ``played`` fills while it is played."""

    def __init__(self, stage: Stage, diary: Diary, album: Album) -> None:
        self._stage = stage
        self._diary = diary
        self._album = album
        self.played: dict[str, PlayedTip] = {}

    def enter(self, story: TipStory, *, number: int, case: CaseStory | None) -> None:
        """Enter one tip. number: which supervisor's turn it is; case: the story that takes it up, if any."""
        came_on = self._diary.ago(story.day)
        photos = self._ask(story.files, came_on, story)
        self._diary.enter(came_on, lambda: self._submit(story, photos), order=CITIZENS)
        at_desk = self._stage.with_role(Role.SUPERVISOR, alternate=story.alternate)
        by = at_desk[number % len(at_desk)]
        day = came_on
        for index, act in enumerate((*_taking_up(story, case), *story.acts)):
            day = self._day_of(act, came_on, not_before=day, case=case)
            self._enter_act(story, act, day=day, by=by, order=DESK + index)

    def _day_of(self, act: TipAct, came_on: date, *, not_before: date, case: CaseStory | None) -> date:
        day = max(came_on + timedelta(days=act.after), not_before)
        if act.verb in BY_CITIZEN:
            return day
        day = self._diary.working_day(day)
        if case is not None and act.verb == "accept":
            return min(day, self._diary.working_day(self._diary.ago(case.opened)))
        return day

    def _enter_act(self, story: TipStory, act: TipAct, *, day: date, by: str, order: int) -> None:
        if act.verb in BY_CITIZEN:
            photos = self._ask(act.files, day, story)
            self._diary.enter(day, lambda: self._write(story, act, photos), order=order)
        elif act.verb == "identity":
            self._diary.enter(day, lambda: self._open_identity(story, act, by=by), order=order)
        else:
            self._diary.enter(day, lambda: self._decide(story, act, by=by), order=order)

    def receipts(self) -> list[dict[str, str]]:
        """A few receipts to try, one of each state, with a word on each."""
        with self._stage.database.read() as session:
            rows = session.scalars(select(Tip).where(Tip.id.in_(one.tip_id for one in self.played.values())))
            states = {row.id: row.state for row in rows}
        chosen: dict[TipState, PlayedTip] = {}
        for played in sorted(self.played.values(), key=lambda one: -len(one.story.acts)):
            chosen.setdefault(states[played.tip_id], played)
        return [
            {"receipt": played.receipt.text, "state": state.value, "about": _gist(played.story)}
            for state, played in sorted(chosen.items())
        ]

    # --- the citizen ---------------------------------------------------------------------------------------

    def _submit(self, story: TipStory, photos: Sequence[int]) -> None:
        draft, desk = self._stage.fresh_draft(), Desk.ALTERNATE if story.alternate else Desk.DESK
        files = self._attach(draft, desk, photos)
        submitted = submit_tip(
            self._stage.intake,
            draft=draft,
            statement=_statement(story),
            identity=Identity(name=story.name, contact=story.contact),
            desk=desk,
            files=files,
        )
        self._stage.run_outbox(OutboxTopic.STAFF_NOTICE)
        with self._stage.database.read() as session:
            wanted = select(Tip.id).where(Tip.receipt_lookup == submitted.receipt.lookup_id)
            tip_id = session.scalars(wanted).one()
        self.played[story.key] = PlayedTip(story, tip_id, submitted.receipt, files)

    def _write(self, story: TipStory, act: TipAct, photos: Sequence[int]) -> None:
        played, draft = self.played[story.key], self._stage.fresh_draft()
        desk = Desk.ALTERNATE if story.alternate else Desk.DESK
        question = open_mailbox(self._stage.intake, receipt=played.receipt).open_question
        send(
            self._stage.intake,
            receipt=played.receipt,
            draft=draft,
            kind=BY_CITIZEN[act.verb],
            text=act.words[0],
            files=self._attach(draft, desk, photos),
            reply_to=question if act.verb == "reply" else None,
        )
        self._stage.run_outbox(OutboxTopic.INFORMANT_EVENT)

    def _attach(self, draft: DraftSecrets, desk: Desk, photos: Sequence[int]) -> list[uuid.UUID]:
        sealed = []
        for number in photos:
            shot, content = self._album[number]
            sealed.append(
                self._stage.seal_file(
                    content, name=shot.file_name, media_type=shot.media_type, kind=ObjectKind.ATTACHMENT
                )
            )
        keep_files(self._stage.intake, draft=draft, desk=desk, files=sealed)
        return [file.object_id for file in sealed]

    def _ask(self, scenes: Sequence[str], day: date, story: TipStory) -> list[int]:
        comment = f"{story.place or '安澜县'} 手机原图"
        return [
            self._album.ask(scene, day=day, town=town_in(story.place), comment=comment) for scene in scenes
        ]

    # --- the desk ------------------------------------------------------------------------------------------

    def _decide(self, story: TipStory, act: TipAct, *, by: str) -> None:
        with self._stage.acting(by) as acting:
            tip = acting.session.get_one(Tip, self.played[story.key].tip_id)
            if tip.state is TipState.RECEIVED or act.verb == "open":
                triage.open_tip(acting, tip)
            if act.verb != "open":
                self._carry_out(acting, tip, act)

    def _carry_out(self, acting: Acting, tip: Tip, act: TipAct) -> None:
        words, tip_id, version = act.words, tip.id, tip.version
        if act.verb == "ask":
            triage.ask_informant(acting, tip_id=tip_id, version=version, question=words[0])
        elif act.verb == "end-wait":
            triage.end_wait(acting, tip_id=tip_id, version=version)
        elif act.verb == "accept":
            category, priority, town = words
            triage.accept_tip(
                acting, tip_id=tip_id, version=version, category=category, priority=Priority(priority),
                town_id=self._stage.units[town] if town else None,
            )  # fmt: skip
        elif act.verb == "decline":
            reason, channel, category, note = words
            triage.decline_tip(
                acting, tip_id=tip_id, version=version, reason=reason, channel=channel, note=note,
                category=category,
            )  # fmt: skip
        else:
            end = triage.refer_tip if act.verb == "refer" else triage.hand_on_tip
            channel, category, note = words
            end(acting, tip_id=tip_id, version=version, channel=channel, note=note, category=category)

    def _open_identity(self, story: TipStory, act: TipAct, *, by: str) -> None:
        """Three acts of two people, as on three pages."""
        with self._stage.acting(by) as acting:
            tip = acting.session.get_one(Tip, self.played[story.key].tip_id)
            opening_id = identity.ask_identity(acting, tip=tip, reason=act.words[0]).id
        with self._stage.acting(self._stage.first(Role.DIRECTOR)) as acting:
            identity.agree_identity(acting, opening_id=opening_id)
        with self._stage.acting(by) as acting:
            identity.read_identity(acting, opening_id=opening_id)


def _gist(story: TipStory) -> str:
    """A few words by which somebody who tries the demo knows the tip."""
    return " ".join(story.account.split())[:24] or "（内容在附件里）"


def town_in(place: str) -> str:
    """The code of the town that a place lies in, as far as its words tell; the county town otherwise."""
    return next((code for word, code in _TOWN_WORDS.items() if word in place), "chengguan")


_TOWN_WORDS = {
    "河东": "hedong", "云岭": "yunling", "白沙": "baisha", "柳林": "liulin", "石桥": "shiqiao",
    "清溪": "qingxi", "北湖": "beihu", "青山": "qingshan", "南坪": "nanping", "开发区": "kaifaqu",
}  # fmt: skip
assert set(_TOWN_WORDS.values()) < set(POSITIONS)


def _taking_up(story: TipStory, case: CaseStory | None) -> tuple[TipAct, ...]:
    """A tip that a case takes up is accepted for it, the next day or, if urgent, the same."""
    if case is None:
        return ()
    after = 0 if story.urgent else 1
    return (TipAct("accept", after, (case.category, case.priority.value, case.town), ()),)


def _statement(story: TipStory) -> Statement:
    return Statement(
        reporter=story.reporter,
        subject=story.subject,
        about=story.about,
        place=story.place,
        when=story.when,
        account=story.account,
        in_attachment=story.in_attachment,
        other_channels=story.other,
        urgent=story.urgent,
        keep_away=story.keep_away,
        language=story.language,
    )
