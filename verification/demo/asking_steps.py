"""Asking the demo's informants whether it is fixed, their answers, and what the desk decides on a “no”."""

from __future__ import annotations

from collections.abc import Iterable

from portal.domain.mailbox import open_mailbox, send
from portal.models import MessageKind, OutboxTopic
from portal.models.records import Fixed, Rating, Treated
from verification.demo.case_run import CaseRun
from verification.demo.stage import Stage
from verification.demo.stories import ItemStory
from verification.demo.tip_steps import PlayedTip
from verification.domain import asking
from verification.models import AskingState, DisputeDecision

QUESTION = "您反映的问题，责任单位报告已经整改，督查组也核实过。请告诉我们：真的解决了吗？"
#: What informants write beside their two answers.
_WORDS = {
    Fixed.YES: "去看过了，确实解决了。",
    Fixed.PARTLY: "大部分好了，还差一点。",
    Fixed.NO: "没有解决，跟以前一样。",
}


def ask(run: CaseRun) -> None:
    """The opener asks those who were not asked since the last verification."""
    with run.as_(run.opener) as (acting, case):
        if asking.unasked(acting, case.id):
            asking.ask_informants(acting, case_id=case.id, version=case.version, text=QUESTION)


def hear(run: CaseRun, story: ItemStory) -> None:
    """The informants answer as the story has it, and the desk reads and decides."""
    fixed = Fixed(story.rating)
    informants = [run.tips[key] for key in run.story.tips]
    # A “no” is one informant's; the others have not answered yet.
    rate(run.stage, informants[:1] if fixed is Fixed.NO else informants, fixed)
    with run.as_(run.opener) as (acting, case):
        asking.read_ratings(acting, case_id=case.id)
    if story.decide:
        _let_stand(run, story.decide)


def rate(stage: Stage, informants: Iterable[PlayedTip], fixed: Fixed) -> None:
    """Whoever has the question in their mailbox answers it."""
    for played in informants:
        question = open_mailbox(stage.intake, receipt=played.receipt).open_rating
        if question is not None:
            send(
                stage.intake,
                receipt=played.receipt,
                draft=stage.fresh_draft(),
                kind=MessageKind.RATING,
                text=_WORDS[fixed],
                reply_to=question,
                rating=Rating(fixed, Treated.BADLY if fixed is Fixed.NO else Treated.WELL),
            )
    stage.run_outbox(OutboxTopic.INFORMANT_EVENT)


def _let_stand(run: CaseRun, reason: str) -> None:
    with run.as_(run.opener) as (acting, case):
        for one in asking.askings_of(acting, case.id):
            if one.row.state is AskingState.DISPUTED:
                asking.decide_dispute(
                    acting,
                    asking_id=one.row.id,
                    version=one.row.version,
                    decision=DisputeDecision.STANDS,
                    reason=reason,
                )
