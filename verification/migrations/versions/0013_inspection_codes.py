"""Inspection codes: what was issued, and what the public side may show."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "published_inspection",
        sa.Column("lookup", sa.LargeBinary(), nullable=False),
        sa.Column("box", sa.LargeBinary(), nullable=False),
        sa.Column("revoked_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("lookup", name=op.f("pk_published_inspection")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "issued_code",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("lookup", sa.LargeBinary(), nullable=False),
        sa.Column("issued_by", sa.Uuid(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.Uuid(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["body_id"], ["sealed_object.id"], name=op.f("fk_issued_code_body_id_sealed_object")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_issued_code_case_id_case")),
        sa.ForeignKeyConstraint(["issued_by"], ["staff.id"], name=op.f("fk_issued_code_issued_by_staff")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_issued_code_plan_id_plan")),
        sa.ForeignKeyConstraint(["revoked_by"], ["staff.id"], name=op.f("fk_issued_code_revoked_by_staff")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_issued_code_task_id_task")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issued_code")),
        sa.UniqueConstraint("lookup", name=op.f("uq_issued_code_lookup")),
    )
    with op.batch_alter_table("issued_code", schema=None) as batch_op:
        for column in ("case_id", "task_id"):
            batch_op.create_index(batch_op.f(f"ix_issued_code_{column}"), [column], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("issued_code", schema=None) as batch_op:
        for column in ("task_id", "case_id"):
            batch_op.drop_index(batch_op.f(f"ix_issued_code_{column}"))
    op.drop_table("issued_code")
    op.drop_table("published_inspection")
