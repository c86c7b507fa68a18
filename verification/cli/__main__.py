"""``python -m verification.cli``: finds the command that was named and runs it. Knows nothing else."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from verification.cli import code, run

COMMANDS = {"run": run, "code": code}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m verification.cli")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, module in COMMANDS.items():
        command = commands.add_parser(name, help=module.SUMMARY, description=module.SUMMARY)
        module.add_arguments(command)
        command.set_defaults(main=module.main)
    chosen = parser.parse_args(arguments)
    exit_code: int = chosen.main(chosen)
    return exit_code


if __name__ == "__main__":
    sys.exit(main())
