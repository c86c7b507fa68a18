"""The public app, put together: what it seals with, which requests it reads, which pages it has.

Owns: the wiring. Must not know: what any page does.
"""

from __future__ import annotations

import functools

from flask import Response
from sqlalchemy.exc import OperationalError

from config import BadSettings, Environment, PortalSettings
from portal import shell
from portal.assets import Side
from portal.clock import Clock, SystemClock
from portal.crypto.signing import VerifyKey
from portal.db import Database
from portal.domain.directory import Directory
from portal.domain.flood import UploadTurns, has_room
from portal.domain.intake import Intake
from portal.domain.recipients import Recipients
from portal.models import SYSTEM_RNG, Rng
from portal.storage.bodies import PoliteBodies
from portal.storage.filesystem import FileBlobs
from portal.storage.received import BrokenBody, Limits, TooLarge
from portal.web import arriving, inspections, mailbox, pages, screens, submit, tokens, uploads
from portal.web.admission import Uploads
from portal.web.tokens import BadToken, check_token
from portal.web.uploads import PortalRequest

#: A body that nobody wants is read to its end for so long, so that the browser shows the page that says why.
_DRAIN_SECONDS = 60


def create_app(settings: PortalSettings, *, clock: Clock | None = None, rng: Rng = SYSTEM_RNG) -> shell.Shell:
    """The public app. clock, rng: fixed ones in tests."""
    intake = open_intake(settings, clock=clock or SystemClock(), rng=rng)
    app = shell.new_app(__name__, Side.PUBLIC, settings=settings, packages=("portal",))
    app.request_class = PortalRequest
    tokens.install(app)
    app.extensions[uploads.EXTENSION] = Uploads(
        intake=intake,
        turns=UploadTurns(),
        check_token=check_token,
        has_room=lambda size: has_room(settings.blob_dir, for_bytes=size),
    )
    app.extensions[screens.EXTENSION] = screens.Screens(intake, Directory(intake), settings)
    for blueprint in (pages.bp, submit.bp, mailbox.bp, arriving.bp, inspections.bp):
        app.register_blueprint(blueprint)
    for kind, status in ((BadToken, 400), (BrokenBody, 400), (TooLarge, 413)):
        app.register_error_handler(kind, functools.partial(_answer, status=status))
    app.wsgi_app = PoliteBodies(  # type: ignore[method-assign]  # Flask's documented place for middleware
        app.wsgi_app, max_drain_bytes=intake.limits.max_body_bytes, max_drain_seconds=_DRAIN_SECONDS
    )
    return app


def refuse_rights_of_staff(settings: PortalSettings) -> None:
    """Raise BadSettings where a real installation's public side could change what only staff may.

    A database that is away is asked nothing: the pages say that it is, and the next start asks again.
    """
    if settings.environment is not Environment.PRODUCTION:
        return
    database = Database(settings.database_url)
    try:
        if not database.is_sqlite and database.may_update("tip", "state"):
            raise BadSettings(
                ["XIANSUO_DATABASE_URL: this role may change a tip's state; see `migrate --portal-role`"]
            )
    except OperationalError:
        pass
    finally:
        database.dispose()


def open_intake(settings: PortalSettings, *, clock: Clock, rng: Rng) -> Intake:
    """What the verbs stand on, opened as the settings say."""
    database = Database(settings.database_url)
    return Intake(
        database=database,
        blobs=FileBlobs(settings.blob_dir),
        recipients=Recipients(database, root=VerifyKey.from_bytes(settings.root_public), clock=clock),
        clock=clock,
        rng=rng,
        limits=Limits(
            max_file_bytes=settings.max_file_bytes,
            max_message_bytes=settings.max_message_bytes,
            max_files=settings.max_files,
            part_bytes=settings.part_bytes,
        ),
    )


def _answer(_error: Exception, *, status: int) -> Response:
    return shell.error_page(status)
