"""A case with one item that was closed off and closed, and looking back at it.

``walk = LookingBack(office).closed()``; ``walk.named()``, ``walk.noted(…)``, ``walk.reported_back()``,
``walk.settled()`` … say how far it goes. Who: fan (desk), director, wei and chen (who look), du (verified).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from tests.support.asking import heard, verify
from tests.support.journey import Journey
from verification.domain import answering, fieldwork, looking_back, rectification
from verification.domain.looking_back import Looked
from verification.models import LookBack, LookBackFinding, LookBackResult

HOLDS, RELAPSED = LookBackFinding.HOLDS, LookBackFinding.RELAPSED
NEVER_DONE, UNCHECKED = LookBackFinding.NEVER_DONE, LookBackFinding.UNCHECKED
FOR_UNIT = "回头看发现坑洼又出现，请按原标准重新修复。"


class LookingBack(Journey):
    """A journey that goes on after the end."""

    def mended(self, *, done: bool = True) -> LookingBack:
        """The newest item: reported, verified, heard, signed off by the reviewer."""
        self.reported()
        verify(self)
        heard(self)
        self.on_item("reviewer", rectification.sign_off_item)
        if done:
            self.on_task("du", fieldwork.finish_task)
        return self

    def closed(self) -> LookingBack:
        """From the tip to a closed case with one item."""
        self.ordered()
        self.mended()
        self.on_case("fan", answering.close_case)
        return self

    def look_backs(self) -> Sequence[LookBack]:
        """Those of the case, in order."""
        with self.office.database.read() as session:
            query = select(LookBack).where(LookBack.case_id == self.case_id).order_by(LookBack.ordinal)
            return session.scalars(query).all()

    @property
    def look_back(self) -> LookBack:
        """The newest look-back as it stands."""
        return self.look_backs()[-1]

    def results(self) -> Sequence[LookBackResult]:
        """What was found in the newest look-back."""
        with self.office.database.read() as session:
            query = select(LookBackResult).where(LookBackResult.look_back_id == self.look_back.id)
            return session.scalars(query).all()

    def later(self, *, days: int = 90) -> LookingBack:
        """Days pass."""
        self.office.clock.set(self.office.clock.now() + timedelta(days=days))
        return self

    def on_look_back(self, login: str, verb: Callable[..., Any], **given: Any) -> Any:
        """A verb on the newest look-back at its present version."""
        row = self.look_back
        with self.acting(login) as acting:
            return verb(acting, look_back_id=row.id, version=row.version, **given)

    def named(self, *people: str, by: str = "fan") -> LookingBack:
        """wei and chen, or ``people``, look again."""
        ids = [self.office.staff_id(login) for login in people or ("wei", "chen")]
        self.on_look_back(by, looking_back.name_lookers, people=ids)
        return self

    def noted(
        self,
        finding: LookBackFinding | None = HOLDS,
        *,
        login: str = "wei",
        photos: int = 1,
        item_id: uuid.UUID | None = None,
        **changes: Any,
    ) -> LookingBack:
        """What was found of the newest item, with photographs."""
        values: dict[str, Any] = {"seen": "现场查看路面。", "looked_on": self.today} | changes
        with self.acting(login) as acting:
            looking_back.note_result(
                acting,
                look_back_id=self.look_back.id,
                item_id=item_id or self.item_id,
                looked=Looked(finding, **values),
                proofs=[self.photo(b"looked back") for _ in range(photos)],
            )
        return self

    def reported_back(self, finding: LookBackFinding = HOLDS) -> LookingBack:
        """Named, noted and reported."""
        self.named().noted(finding, photos=0 if finding is UNCHECKED else 1)
        self.on_look_back("wei", looking_back.report_look_back)
        return self

    def settled(self, finding: LookBackFinding = HOLDS, *, by: str = "director") -> LookingBack:
        """... and settled by somebody else."""
        self.reported_back(finding)
        self.settle(by)
        return self

    def settle(self, by: str = "director", **changes: Any) -> LookingBack:
        """Signed, with a date and the unit's words for what relapsed."""
        given: dict[str, Any] = {
            "note": "情况属实。",
            "due_on": self.today + timedelta(days=20),
            "reasons": {self.item_id: FOR_UNIT},
        } | changes
        self.on_look_back(by, looking_back.settle_look_back, **given)
        return self

    def told_of_it(self, text: str = "我们去回头看了：问题又出现了，已责令重新整改。") -> LookingBack:
        """The desk tells the informants."""
        self.on_look_back("fan", looking_back.tell_informants, text=text)
        return self
