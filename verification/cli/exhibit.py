"""``exhibit verify``: check an exported bundle, without server, settings or database."""

from __future__ import annotations

import argparse
from pathlib import Path

from portal.crypto.signing import VerifyKey
from portal.errors import Tampered
from verification.audit.bundle import Finding, Step, unanchored, verify_bundle

_WORDS = {
    Step.STRUCTURE: "The bundle is whole",
    Step.SIGNATURE: "Signed by the person who exported it",
    Step.FILES: "Every file is the one that was exported",
    Step.TRAIL: "Every custody entry was signed by the person it names",
    Step.ROOT: "The office's root vouches for these people",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``verify BUNDLE --root``."""
    acts = parser.add_subparsers(metavar="ACT", required=True)
    verify = acts.add_parser("verify", help="check a bundle of exhibits offline")
    verify.add_argument("bundle", type=Path)
    verify.add_argument("--root", help="the office's public root: 64 hexadecimal digits, or a file with them")


def main(arguments: argparse.Namespace) -> int:
    """Print each step; 0 where all of them hold, 1 otherwise."""
    try:
        findings = verify_bundle(arguments.bundle, root=_root(arguments.root))
    except OSError as error:
        print(f"Cannot read {arguments.bundle}: {error.strerror}")
        return 1
    except (ValueError, Tampered):
        print("--root: 64 hexadecimal digits, or a file with them")
        return 1
    for finding in findings:
        print(_line(finding))
    if unanchored(findings):
        print("No --root was given: the bundle holds together, but only its own word says whose it is.")
    return 0 if all(finding.holds for finding in findings) else 1


def _line(finding: Finding) -> str:
    return f"{'yes' if finding.holds else 'NO ':<4} {_WORDS[finding.step]} ({finding.about})"


def _root(given: str | None) -> VerifyKey | None:
    if given is None:
        return None
    path = Path(given)
    text = path.read_text(encoding="ascii") if len(given) != 64 and path.is_file() else given
    return VerifyKey.from_bytes(bytes.fromhex(text.strip()))
