"""The internal web app, put together. Must not know: any page's content, any rule.

Source: 3-architecture "two WSGI apps, two processes, two ports, two cookies".
"""

from __future__ import annotations

from config import VerificationSettings
from portal.assets import Side
from portal.clock import Clock, SystemClock
from portal.db import Database
from portal.models import SYSTEM_RNG, Rng
from portal.shell import Shell, new_app
from portal.storage.bodies import PoliteBodies
from verification.web import BLUEPRINTS, errors, frame, gate, login
from verification.web.office import EXTENSION, equip
from verification.web.uploads import OfficeRequest

#: How much of a body that nobody wanted is read, so that the browser shows our page and not "reset".
_MAX_DRAIN_BYTES = 256 * 1024 * 1024
_MAX_DRAIN_SECONDS = 30


def create_app(
    settings: VerificationSettings,
    *,
    clock: Clock | None = None,
    rng: Rng = SYSTEM_RNG,
    database: Database | None = None,
) -> Shell:
    """The app for one process. clock, rng and database may be handed in by tests."""
    app = new_app(__name__, Side.INTERNAL, settings=settings, packages=("portal", "verification"))
    app.request_class = OfficeRequest
    app.extensions[EXTENSION] = equip(settings, database=database, clock=clock or SystemClock(), rng=rng)
    app.config.update(
        SESSION_COOKIE_SAMESITE="Strict",
        SESSION_MAX_SECONDS=settings.session_max_hours * 3600,
    )
    gate.install(app)
    frame.install(app)
    errors.install(app)
    login.install(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.wsgi_app = PoliteBodies(  # type: ignore[method-assign]  # how WSGI middleware is put on
        app.wsgi_app, max_drain_bytes=_MAX_DRAIN_BYTES, max_drain_seconds=_MAX_DRAIN_SECONDS
    )
    return app
