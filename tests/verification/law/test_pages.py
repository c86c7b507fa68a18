"""The page "Rules" and the page "Workflow" show the whole law to every member of staff, in both languages."""

from __future__ import annotations

from html import unescape
from pathlib import Path

import pytest
from sqlalchemy import delete

from portal.texts import LANGUAGES, force_locale
from tests.support.desk import Desk
from tests.support.office import TestOffice
from verification.labels import label
from verification.models import Role, StaffRole
from verification.policy.rulebook import shipped_rules
from verification.web.explain import explained_rule
from verification.workflow.table import TRANSITIONS

pytestmark = [pytest.mark.slow, pytest.mark.databases("sqlite")]


@pytest.fixture
def desk(office: TestOffice, tmp_path: Path) -> Desk:
    return Desk(office, tmp_path / "blobs")


def _only(desk: Desk, role: Role) -> None:
    """Let novice have this role and no other."""
    staff_id = desk.office.staff_id("novice")
    with desk.office.database.write() as session:
        session.execute(delete(StaffRole).where(StaffRole.staff_id == staff_id))
        session.add(StaffRole(staff_id=staff_id, role=role))


@pytest.mark.parametrize("role", list(Role))
def test_every_role_reads_every_rule_with_its_source_and_every_act(desk: Desk, role: Role) -> None:
    _only(desk, role)
    novice = desk.person("novice")
    for language, locale in LANGUAGES.items():
        rules = unescape(novice.get("/rules", lang=language).get_data(as_text=True))
        acts = unescape(novice.get("/workflow", lang=language).get_data(as_text=True))
        with desk.app.test_request_context(), force_locale(locale):
            for rule in map(explained_rule, shipped_rules().all()):
                assert [part for part in (rule.text, rule.source) if part not in rules] == []
            for row in TRANSITIONS:
                assert str(label(row.action)) in acts
                assert str(label(row.action)) in rules
                assert all(f"/rules#{rule_id}" in acts for rule_id in row.rules)
