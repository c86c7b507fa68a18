"""One case while its story is played: its ids, its people, and how each of them opens it for an act.

Owns: what the steps of a case share. Must not know: when a step comes (``journey``), what it does.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy import select

from portal.clock import civil_day
from portal.crypto.header import ObjectKind
from portal.storage.received import SealedFile
from verification.demo.pictures import Album
from verification.demo.stage import Stage
from verification.demo.stories import CaseStory
from verification.demo.tip_steps import PlayedTip
from verification.domain.acting import Acting
from verification.domain.exhibits import NewExhibit
from verification.models import Allegation, Case, Role, Task
from verification.policy.recusal import recused_from


@dataclass(slots=True, repr=False)
class CaseRun:
    """What is known of a case so far. ``opener``: the supervisor whose case it is; ``team``: leader first."""

    stage: Stage
    album: Album
    story: CaseStory
    tips: dict[str, PlayedTip]
    opener: str
    case_id: uuid.UUID | None = None
    task_id: uuid.UUID | None = None
    team: list[str] = field(default_factory=list)
    left_out: set[uuid.UUID] = field(default_factory=set)
    items: list[uuid.UUID] = field(default_factory=list)
    signers: dict[int, str] = field(default_factory=dict)
    scan: int | None = None
    paper_id: uuid.UUID | None = None
    delivered: date | None = None

    @contextmanager
    def as_(self, login: str) -> Iterator[tuple[Acting, Case]]:
        """This person with the case in hand, in one transaction."""
        with self.stage.acting(login) as acting:
            yield acting, acting.session.get_one(Case, self.case_id)

    @property
    def today(self) -> date:
        """The day that is being played."""
        return civil_day(self.stage.clock)

    @property
    def head(self) -> str:
        """Who approves."""
        return self.stage.first(Role.HEAD)

    @property
    def director(self) -> str:
        """Who approves plans."""
        return self.stage.first(Role.DIRECTOR)

    @property
    def deputy(self) -> str | None:
        """A deputy who need not keep away from the case; none in a small office."""
        with self.stage.database.read() as session:
            away = recused_from(session, case_id=self.case_id) if self.case_id else frozenset()
        free = [login for login in self.stage.with_role(Role.DEPUTY) if self.stage.staff[login] not in away]
        return free[len(self.story.key) % len(free)] if free else None

    @property
    def colleague(self) -> str:
        """Another supervisor than the opener, for what takes two."""
        return next(login for login in self.stage.with_role(Role.SUPERVISOR) if login != self.opener)

    @property
    def unit_ids(self) -> tuple[uuid.UUID, ...]:
        """The case's units."""
        return tuple(self.stage.units[code] for code in self.story.units)

    @property
    def guests(self) -> tuple[uuid.UUID, ...]:
        """Outside members whom the plan invites; a small office has none."""
        wanted = self.story.plan.outside if self.story.plan else ()
        return tuple(self.stage.staff[login] for login in wanted if login in self.stage.staff)

    def task(self, acting: Acting) -> Task:
        """The task at work."""
        return acting.session.get_one(Task, self.task_id)

    def allegations(self, acting: Acting) -> list[Allegation]:
        """In the order of the story's claims."""
        query = select(Allegation).where(Allegation.case_id == self.case_id).order_by(Allegation.ordinal)
        return list(acting.session.scalars(query))

    def exhibits(self, photos: Sequence[tuple[int, str]], *, place: str = "") -> list[NewExhibit]:
        """Pictures of the album as sealed uploads; (number, note) each, taken a little before now."""
        taken_at = self.stage.clock.now() - timedelta(minutes=20)
        return [
            NewExhibit(file=self.seal(number), place=place, note=note, taken_at=taken_at)
            for number, note in photos
        ]

    def seal(self, number: int) -> SealedFile:
        """One picture as a sealed upload of staff."""
        shot, content = self.album[number]
        return self.stage.seal_file(
            content, name=shot.file_name, media_type=shot.media_type, kind=ObjectKind.EXHIBIT
        )
