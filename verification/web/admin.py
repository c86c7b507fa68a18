"""Background work, for the administrator: is the queue there, what waits, what was given up.

Shows topics, counts and names of errors, never a subject's content. Source: 3-architecture rule 2.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue, Worker
from sqlalchemy import func, select

from portal.models import OutboxRow, OutboxTopic
from verification.domain import dead_letters
from verification.domain.acting import Acting
from verification.policy.permissions import Permission
from verification.web.office import acting_in, office
from verification.web.problems import NO_PROBLEM, Problem
from verification.web.routing import route
from verification.web.submit import attempt

blueprint = Blueprint("admin", __name__)

_SECONDS = 1.0
_ROWS = 50

TOPICS: dict[OutboxTopic, LazyString] = {
    OutboxTopic.CLEAN_FILE: _l("Make a clean copy"),
    OutboxTopic.INFORMANT_EVENT: _l("Take in what an informant did"),
    OutboxTopic.STAFF_NOTICE: _l("Announce a new tip"),
    OutboxTopic.CLOCK_TICK: _l("Look after the clocks"),
    OutboxTopic.ORPHAN_SWEEP: _l("Sweep what uploads left behind"),
    OutboxTopic.KEY_ROLL: _l("Make the day's key"),
    OutboxTopic.INTAKE_COUNT: _l("Count the day's intake"),
    OutboxTopic.NIGHT_REORDER: _l("Put stored rows into random order"),
}


@dataclass(frozen=True, slots=True)
class QueueHealth:
    """What the queue server says. ``reachable`` False: it is away; work waits in the database meanwhile."""

    reachable: bool
    workers: int = 0
    queued: int = 0


@route(blueprint, "/admin/queue", permission=Permission.QUEUE_ADMIN)
def queue() -> ResponseReturnValue:
    """Whether work is being done."""
    with acting_in() as acting:
        waiting = acting.session.execute(
            select(OutboxRow.topic, func.count()).where(OutboxRow.dead.is_(False)).group_by(OutboxRow.topic)
        )
        counts = dict(waiting.all())
        return render_template(
            "verification/queue_health.html",
            health=_health(), topics=[(name, counts.get(topic, 0)) for topic, name in TOPICS.items()],
            dead=dead_letters.count_dead(acting.session),
        )  # fmt: skip


@route(blueprint, "/admin/dead-letters", permission=Permission.QUEUE_ADMIN)
def letters() -> ResponseReturnValue:
    """What was given up."""
    return _letters(NO_PROBLEM)


@route(
    blueprint,
    "/admin/dead-letters/<uuid:outbox_id>/<any(retry, discard):decision>",
    permission=Permission.QUEUE_ADMIN,
    methods=["POST"],
)
def decide(outbox_id: uuid.UUID, decision: str) -> ResponseReturnValue:
    """Start one again; or forget one whose work comes round by itself."""

    def act(acting: Acting) -> str:
        verb = dead_letters.retry_dead if decision == "retry" else dead_letters.discard_dead
        verb(acting, outbox_id)
        return url_for("admin.letters")

    return attempt(act, again=_letters)


def _letters(problem: Problem) -> ResponseReturnValue:
    try:
        after = uuid.UUID(request.args.get("after", ""))
    except ValueError:
        after = None
    with acting_in() as acting:
        rows = dead_letters.list_dead(acting.session, after=after, limit=_ROWS + 1)
        shown = rows[:_ROWS]
        return render_template(
            "verification/dead_letters.html",
            rows=[(row, TOPICS[row.topic], row.topic in dead_letters.RECURRING) for row in shown],
            older=url_for("admin.letters", after=shown[-1].id) if len(rows) > _ROWS else "", problem=problem,
        )  # fmt: skip


def _health() -> QueueHealth:
    client = Redis.from_url(
        office().settings.queue_url,
        retry=Retry(NoBackoff(), 0),
        socket_connect_timeout=_SECONDS,
        socket_timeout=_SECONDS,
    )
    try:
        with client:
            queues = Queue.all(connection=client)
            return QueueHealth(
                reachable=bool(client.ping()),
                workers=Worker.count(connection=client),
                queued=sum(len(one) for one in queues),
            )
    except (RedisError, OSError):
        return QueueHealth(reachable=False)
