"""A signed paper is recorded against the version of its subject, which need not be a case."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("paper_act", schema=None) as batch_op:
        batch_op.alter_column("case_version", new_column_name="subject_version")


def downgrade() -> None:
    with op.batch_alter_table("paper_act", schema=None) as batch_op:
        batch_op.alter_column("subject_version", new_column_name="case_version")
