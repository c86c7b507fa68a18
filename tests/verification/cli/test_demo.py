"""Reading the demo's accounts, and their one-time codes."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from verification.cli.demo import Account, accounts

#: RFC 6238, appendix B (SHA-1), the last six of eight digits.
RFC_SECRET = base64.b32encode(b"12345678901234567890").decode().rstrip("=")
PERSON = {
    "name": "李静",
    "login": "li.jing",
    "role": "head",
    "passphrase": "four words of it",
    "totp_secret": RFC_SECRET,
}


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_code_at_the_moments_of_the_standard_is_the_standards(seconds: int, code: str) -> None:
    assert Account(**PERSON).code(datetime.fromtimestamp(seconds, UTC)) == code


def test_accounts_of_a_demo_are_listed_in_its_order(tmp_path: Path) -> None:
    written = {"accounts": [PERSON, PERSON | {"login": "second", "more": "ignored"}]}
    (tmp_path / "demo.json").write_text(json.dumps(written), encoding="utf-8")
    assert [one.login for one in accounts(tmp_path)] == ["li.jing", "second"]


def test_accounts_where_there_is_no_demo_are_none(tmp_path: Path) -> None:
    assert accounts(tmp_path) == []
