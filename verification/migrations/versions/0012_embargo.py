"""The embargo of unannounced visits: who was let in, when it ended; notices of announced ones."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "case_insider",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("let_in_by", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_case_insider_case_id_case")),
        sa.ForeignKeyConstraint(["let_in_by"], ["staff.id"], name=op.f("fk_case_insider_let_in_by_staff")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_case_insider_staff_id_staff")),
        sa.PrimaryKeyConstraint("case_id", "staff_id", name=op.f("pk_case_insider")),
    )
    op.create_table(
        "inspection_notice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("issued_by", sa.Uuid(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["body_id"], ["sealed_object.id"], name=op.f("fk_inspection_notice_body_id_sealed_object")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_inspection_notice_case_id_case")),
        sa.ForeignKeyConstraint(
            ["issued_by"], ["staff.id"], name=op.f("fk_inspection_notice_issued_by_staff")
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_inspection_notice_plan_id_plan")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_inspection_notice_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_notice")),
    )
    with op.batch_alter_table("inspection_notice", schema=None) as batch_op:
        for column in ("case_id", "plan_id", "unit_id"):
            batch_op.create_index(batch_op.f(f"ix_inspection_notice_{column}"), [column], unique=False)
    with op.batch_alter_table("case", schema=None) as batch_op:
        batch_op.add_column(sa.Column("embargo_ended_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("case", schema=None) as batch_op:
        batch_op.drop_column("embargo_ended_at")
    with op.batch_alter_table("inspection_notice", schema=None) as batch_op:
        for column in ("unit_id", "plan_id", "case_id"):
            batch_op.drop_index(batch_op.f(f"ix_inspection_notice_{column}"))
    op.drop_table("inspection_notice")
    op.drop_table("case_insider")
