"""``python -m verification.cli``: finds the command that was named and runs it. Knows nothing else.

Only the named command is imported: some know every verb, and ``run`` should say at once what is wrong.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

#: Each is a module of this package with ``add_arguments`` and ``main``.
COMMANDS = {
    "run": "serve both sides, with the queue and the workers, until Ctrl-C",
    "code": "print the demo accounts' one-time codes of this moment",
    "migrate": "bring a database to the newest schema, and give both sides' roles their rights",
    "found": "found a real installation: root key, office keys, first people, paper shares",
    "exhibit": "check an exported bundle of exhibits, offline",
    "templates": "copy the templates of documents into a folder to change them; check such a folder",
    "staff": "list the office's people; add one, or take everything from one who leaves",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    parser = argparse.ArgumentParser(prog="xiansuo")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, summary in COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=summary)
        if words[:1] == [name]:
            module = importlib.import_module(f"verification.cli.{name}")
            module.add_arguments(command)
            command.set_defaults(main=module.main)
    chosen = parser.parse_args(words)
    exit_code: int = chosen.main(chosen)
    return exit_code


if __name__ == "__main__":
    sys.exit(main())
