"""``code``: the demo accounts' one-time codes of this moment, for people without an authenticator at hand."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from portal.clock import SystemClock
from verification.cli.demo import CODE_SECONDS, accounts


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which account and which data folder."""
    parser.add_argument("login", nargs="?", help="one account (all, if none is named)")
    parser.add_argument("--var", type=Path, default=Path(os.environ.get("XIANSUO_VAR", "var")))


def main(arguments: argparse.Namespace) -> int:
    """Print ``login  code`` lines; 1 if there is no such demo account."""
    now = SystemClock().now()
    known = accounts(arguments.var)
    chosen = [one for one in known if arguments.login in (None, one.login)]
    if not chosen:
        print(f"No such demo account in {arguments.var}.")
        return 1
    for account in chosen:
        print(f"{account.login:<16} {account.code(now)}")
    left = CODE_SECONDS - int(now.timestamp()) % CODE_SECONDS
    print(f"good for {left} s more")
    return 0
