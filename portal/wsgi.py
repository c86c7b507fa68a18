"""What the server runs: ``granian --interface wsgi portal.wsgi:app``."""

from __future__ import annotations

from config import load_portal
from portal.app import create_app, refuse_rights_of_staff

_settings = load_portal()
refuse_rights_of_staff(_settings)
app = create_app(_settings)
