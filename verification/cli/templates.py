"""The templates of documents: copied into an office's own folder to be changed, and checked there.

./xiansuo templates --copy  /srv/xiansuo/templates     writes those that are not there yet
./xiansuo templates --check /srv/xiansuo/templates     says what cannot be used, file and line
"""

from __future__ import annotations

import argparse
import sys
from importlib.resources import files
from pathlib import Path

from verification.documents.forms import SUFFIX, load_forms
from verification.documents.templating import BadTemplate
from verification.models import DocumentKind


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """One of the two, and the folder."""
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "--copy", metavar="FOLDER", type=Path, help="write the templates that are not there yet"
    )
    what.add_argument("--check", metavar="FOLDER", type=Path, help="say what cannot be used, with its line")


def main(arguments: argparse.Namespace) -> int:
    """Returns 1 where a template cannot be used."""
    if arguments.copy is not None:
        return _copy(arguments.copy)
    try:
        forms = load_forms(arguments.check)
    except BadTemplate as error:
        print(error, file=sys.stderr)
        return 1
    own = [form.kind.value for form in forms if form.is_own]
    print(f"{len(own)} of your own: {', '.join(own) or 'none'}. All can be used.")
    return 0


def _copy(folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    shipped = files("verification.documents").joinpath("shipped")
    for kind in DocumentKind:
        target = folder / f"{kind.value}{SUFFIX}"
        if not target.exists():
            target.write_text(shipped.joinpath(target.name).read_text("utf-8"), encoding="utf-8")
            print(target)
    return 0
