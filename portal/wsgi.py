"""What the server runs: ``granian --interface wsgi portal.wsgi:app``."""

from __future__ import annotations

from config import load_portal
from portal.app import create_app

app = create_app(load_portal())
