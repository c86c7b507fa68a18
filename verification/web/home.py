"""The first page: what this person should do next, by role. Counts lead to lists."""

from __future__ import annotations

from dataclasses import dataclass, field

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from verification.domain.acting import Acting
from verification.models import CaseState
from verification.policy.permissions import Permission
from verification.queries import boards
from verification.queries.assignments import AssignmentCard, waiting_assignments
from verification.queries.boards import OpeningRow, PaperView, TaskRow
from verification.queries.cases import CaseRow
from verification.queries.coordination import Waiting, waiting_coordination
from verification.queries.coordination_unit import parts_of_unit
from verification.queries.hours import Balance, balance_of
from verification.queries.inbox import InboxRow, Tray, tray_counts, urgent_tips
from verification.queries.look_backs import Shelf, looks_waiting
from verification.queries.recusals import WaitingRequest, requests_to_decide
from verification.queries.reviews import ReviewCard, waiting_reviews
from verification.queries.uses import UseCard, uses_to_decide
from verification.web.office import acting_in
from verification.web.routing import PUBLIC, route
from verification.web.words import exists

blueprint = Blueprint("home", __name__)


@dataclass(frozen=True, slots=True)
class Tile:
    """A number that leads somewhere. late: it should be nought."""

    href: str
    count: int
    label: LazyString
    late: bool = False


@dataclass(slots=True, repr=False)
class Board:
    """Everything that waits for one person."""

    tiles: list[Tile] = field(default_factory=list)
    urgent: list[InboxRow] = field(default_factory=list)
    decide: list[CaseRow] = field(default_factory=list)
    go_on: list[CaseRow] = field(default_factory=list)
    papers: list[PaperView] = field(default_factory=list)
    openings: list[OpeningRow] = field(default_factory=list)
    reviews: list[ReviewCard] = field(default_factory=list)
    assignments: list[AssignmentCard] = field(default_factory=list)
    tasks: list[TaskRow] = field(default_factory=list)
    uses: list[UseCard] = field(default_factory=list)
    recusals: list[WaitingRequest] = field(default_factory=list)
    helping: list[Waiting] = field(default_factory=list)
    balance: Balance | None = None

    @property
    def is_quiet(self) -> bool:
        """Whether nothing waits."""
        decide = (
            self.decide,
            self.papers,
            self.openings,
            self.reviews,
            self.assignments,
            self.uses,
            self.recusals,
            self.helping,
        )
        tiles = [tile for tile in self.tiles if tile.count]
        return not any((*decide, self.urgent, self.go_on, self.tasks, tiles))


@route(blueprint, "/", permission=Permission.HOME)
def show() -> ResponseReturnValue:
    """What to do next."""
    with acting_in() as acting:
        return render_template("verification/home.html", board=_board(acting))


@route(blueprint, "/healthz", permission=PUBLIC)
def healthz() -> ResponseReturnValue:
    """For the supervisor: this process answers."""
    return "ok", 200, {"Content-Type": "text/plain"}


def _board(acting: Acting) -> Board:
    may = acting.actor.may
    board = Board(
        reviews=waiting_reviews(acting),
        uses=uses_to_decide(acting),
        recusals=requests_to_decide(acting),
        helping=waiting_coordination(acting),
        balance=balance_of(acting) if may(Permission.HOURS_READ) else None,
    )
    if may(Permission.TIP_LIST):
        _add_desk(acting, board)
    if any(may(permission) for permission in boards.DECISIONS):
        board.decide = boards.cases_to_decide(acting)
    if may(Permission.PAPER_RECORD):
        board.papers = [paper for paper in boards.papers_to_confirm(acting) if not paper.mine]
    if may(Permission.IDENTITY_AGREE):
        board.openings = boards.openings_to_agree(acting)
    if may(Permission.TASK_LIST):
        board.tasks = boards.own_tasks(acting)
    if may(Permission.ITEM_SIGN_OFF) and exists("rectification.show"):
        count = boards.items_to_sign(acting)
        if count:
            _add(board, "rectification.show", count, _l("close-offs wait for your signature"))
    _add_look_backs(acting, board)
    if may(Permission.UNIT_DESK) and acting.actor.unit_id is not None:
        count = boards.items_of_unit(acting, unit_id=acting.actor.unit_id)
        _add(board, "unit_desk.show", count, _l("rectification items to report on"))
        asked = boards.assignments_of_unit(acting, unit_id=acting.actor.unit_id)
        _add(board, "unit_desk.show", asked, _l("assignments to reply to"))
        parts = parts_of_unit(acting, unit_id=acting.actor.unit_id)
        _add(board, "unit_desk.show", parts, _l("parts of coordination items to do"))
    if may(Permission.QUEUE_ADMIN):
        _add(board, "admin.letters", boards.dead_letters(acting), _l("failed jobs"), late=True)
    return board


def _add_look_backs(acting: Acting, board: Board) -> None:
    """What is to be looked at, settled and told; nothing where nothing waits."""
    waits, running = looks_waiting(acting), Shelf.RUNNING.value
    late = url_for("look_backs.ledger", shelf=Shelf.OVERDUE.value)
    tiles = (
        Tile(late, waits.late, _l("look-backs late"), late=True),
        Tile(url_for("look_backs.ledger", shelf=running), waits.to_look, _l("look-backs to make")),
        Tile(url_for("look_backs.ledger", shelf=running), waits.to_settle, _l("look-backs to settle")),
        Tile(
            url_for("look_backs.ledger", shelf=Shelf.SETTLED.value),
            waits.to_tell,
            _l("look-backs to tell the informants of"),
        ),
    )
    board.tiles += [tile for tile in tiles if tile.count]


def _add_desk(acting: Acting, board: Board) -> None:
    counts = tray_counts(acting)
    waiting = boards.tips_waiting(acting)
    _add(board, "inbox.show", waiting.overdue, _l("tips overdue"), late=True)
    _add(board, "inbox.show", waiting.due_today, _l("tips due today"))
    _add(board, "inbox.show", counts[Tray.TRIAGE], _l("tips to decide on"))
    accepted = url_for("inbox.show", tray=Tray.ACCEPTED.value)
    board.tiles.append(Tile(accepted, counts[Tray.ACCEPTED], _l("accepted, without a brief")))
    board.urgent = urgent_tips(acting)
    steps = (CaseState.DRAFT, CaseState.DOCKETED, CaseState.PLANNED, CaseState.CONCLUDED)
    board.go_on = boards.cases_in(acting, steps)[:10]
    board.assignments = waiting_assignments(acting)


def _add(board: Board, endpoint: str, count: int, label: LazyString, *, late: bool = False) -> None:
    if exists(endpoint):
        board.tiles.append(Tile(url_for(endpoint), count, label, late=late and count > 0))
