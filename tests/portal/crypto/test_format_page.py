"""FORMAT.md and the code name the same things: labels, kinds, floors, purposes, sizes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from portal.crypto import bundles, chain, compartments, recipients
from portal.crypto.header import FLOOR_BYTES, HEADER_BYTES, ObjectKind

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "portal/crypto/FORMAT.md").read_text("utf-8")


def section(title: str) -> str:
    """From one heading to the next of its level or above."""
    start = re.search(rf"^(#+) {re.escape(title)}", PAGE, re.MULTILINE)
    assert start is not None, title
    rest = PAGE[start.end() :]
    end = re.search(rf"^#{{1,{len(start[1])}}} ", rest, re.MULTILINE)
    return rest[: end.start()] if end else rest


def calls_of(name: str) -> Iterator[tuple[Path, ast.Call]]:
    """Every call of one function in the project's own code."""
    for package in ("portal", "verification"):
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "id", None) == name:
                    yield path, node


def test_every_derivation_label_in_the_code_is_registered_and_used() -> None:
    registered = set(re.findall(r"`([a-z0-9/-]+)`", "".join(
        row.split("|")[1] for row in section("2 Derivation").splitlines() if row.startswith("| `")
    )))  # fmt: skip
    used: set[str] = set()
    for path, call in calls_of("derive"):
        labels = [word.value for word in call.keywords if word.arg == "label"]
        if labels:
            assert isinstance(labels[0], ast.Constant), f"{path}: a label is written out where it is used"
            used.add(str(labels[0].value))
    assert len(used) > 10
    assert used == registered


def test_every_small_box_context_in_the_code_is_on_the_page() -> None:
    on_page = set(re.findall(r'labelled\("small", "([a-z-]+)"', PAGE))
    used = set()
    for _, call in calls_of("labelled"):
        domain, *fields = call.args
        if (
            isinstance(domain, ast.Constant)
            and domain.value == "small"
            and isinstance(fields[0], ast.Constant)
        ):
            used.add(bytes(fields[0].value).decode())  # type: ignore[arg-type]  # bytes wherever it is small
    assert "staff" in used
    assert used == on_page


def test_kinds_and_floors_on_the_page_are_those_of_the_code() -> None:
    cells = re.findall(r"\| (\d+) \| ([A-Z_]+) \| (\d+) ", section("4.2 Kinds and their floors"))
    assert {(int(number), name, int(floor)) for number, name, floor in cells} == {
        (int(kind), kind.name, FLOOR_BYTES[kind]) for kind in ObjectKind
    }


def test_hpke_purposes_and_sizes_on_the_page_are_those_of_the_code() -> None:
    rows = re.findall(r"^\| `([a-z/-]+)` \|.*\| (\d+) \|$", section("7 What is HPKE-sealed"), re.MULTILINE)
    assert {purpose: int(size) for purpose, size in rows} == {
        "file-key": recipients.SEALED_FILE_KEY_BYTES,
        "private-key": recipients.WRAPPED_PRIVATE_BYTES,
        **{half.value: recipients.SEALED_FILE_KEY_BYTES for half in compartments.Half},
    }
    used = {call.args[0].value for _, call in calls_of("info_for") if isinstance(call.args[0], ast.Constant)}
    assert used == {"file-key", "private-key"}


def test_issuers_on_the_page_are_those_of_the_code() -> None:
    issued: dict[str, set[str]] = {}
    for row in section("8.1 Key statement").splitlines():
        cells = [cell.strip() for cell in row.split("|")]
        if len(cells) == 5 and cells[1].startswith("`"):
            for issuer in cells[3].split(" or "):
                issued.setdefault(issuer, set()).update(re.findall(r"`([a-z-]+)`", cells[1]))
    assert issued == {issuer: set(purposes) for issuer, purposes in chain.ISSUES.items()}
    assert set(chain.PUBLIC_BYTES_OF) == set().union(*chain.ISSUES.values())


def test_sizes_on_the_page_are_those_of_the_code() -> None:
    for wanted in (
        f"Header, {HEADER_BYTES} bytes",
        f"**private key**, {recipients.PRIVATE_BYTES} bytes",
        f"**public key**, {recipients.PUBLIC_BYTES} bytes",
        f"plaintext + {recipients.OVERHEAD_BYTES} bytes",
        f"Staff private bytes, {bundles.STAFF_PRIVATE_BYTES}:",
        f"{compartments.STATEMENT_SEALED_BYTES} bytes sealed",
        f"at most {compartments.MAX_IDENTITY_BYTES} bytes of plaintext",
        f"always {compartments.IDENTITY_SEALED_BYTES} bytes sealed",
        f"Small box with floor {bundles.DIGEST_FLOOR_BYTES} ",
    ):
        assert wanted in PAGE
