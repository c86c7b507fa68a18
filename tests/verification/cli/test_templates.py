"""Own templates: copied, changed, checked, and a program that does not start with a broken one."""

from __future__ import annotations

from pathlib import Path

import pytest

from config import BadSettings
from tests.support.desk import Desk
from tests.support.office import TestOffice
from verification.cli.__main__ import main
from verification.models import DocumentKind


def test_templates_are_copied_once_and_checked_with_file_and_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "own"
    assert main(["templates", "--copy", str(folder)]) == 0
    assert {path.stem for path in folder.iterdir()} == {kind.value for kind in DocumentKind}
    notice = folder / "notice.txt"
    notice.write_text("---\n= 本县督查通知\n", encoding="utf-8")
    assert main(["templates", "--copy", str(folder)]) == 0
    assert notice.read_text(encoding="utf-8") == "---\n= 本县督查通知\n"
    assert main(["templates", "--check", str(folder)]) == 0
    assert "22 of your own" in capsys.readouterr().out
    notice.write_text("---\n= 通知\n{{ case.nmber }}\n", encoding="utf-8")
    assert main(["templates", "--check", str(folder)]) == 1
    assert f"{notice}:3: " in capsys.readouterr().err


@pytest.mark.databases("sqlite")
def test_program_does_not_start_with_a_template_that_cannot_be_used(
    office: TestOffice, tmp_path: Path
) -> None:
    (tmp_path / "plan.txt").write_text("---\n{{ plan.wish }}\n", encoding="utf-8")
    with pytest.raises(BadSettings) as refused:
        Desk(office, tmp_path / "blobs", document_templates=tmp_path)
    assert "plan.txt:2: " in refused.value.problems[0]
    (tmp_path / "plan.txt").write_text("---\n= 本县方案\n", encoding="utf-8")
    desk = Desk(office, tmp_path / "blobs", document_templates=tmp_path)
    assert desk.equipment.forms[DocumentKind.PLAN].is_own
