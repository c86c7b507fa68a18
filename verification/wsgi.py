"""What the web server loads: the internal app of this process, from the environment."""

from __future__ import annotations

from config import load_verification
from verification.app import create_app

app = create_app(load_verification())
