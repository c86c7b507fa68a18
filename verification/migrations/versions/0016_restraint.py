"""The overlap search that goes with a proposal, and rules set aside for one case."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "overlap_search",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("searched_on", sa.Date(), nullable=False),
        sa.Column("searched_by", sa.Uuid(), nullable=False),
        sa.Column("window_days", sa.Integer(), nullable=False),
        sa.Column("found", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_overlap_search_case_id_case")),
        sa.ForeignKeyConstraint(
            ["searched_by"], ["staff.id"], name=op.f("fk_overlap_search_searched_by_staff")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_overlap_search")),
    )
    with op.batch_alter_table("overlap_search", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_overlap_search_case_id"), ["case_id"], unique=False)

    op.create_table(
        "rule_exception",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("rule_id", sa.String(length=60), nullable=False),
        sa.Column("reason_id", sa.Uuid(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_rule_exception_case_id_case")),
        sa.ForeignKeyConstraint(["made_by"], ["staff.id"], name=op.f("fk_rule_exception_made_by_staff")),
        sa.ForeignKeyConstraint(
            ["reason_id"], ["sealed_object.id"], name=op.f("fk_rule_exception_reason_id_sealed_object")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_exception")),
        sa.UniqueConstraint("case_id", "rule_id", name=op.f("uq_rule_exception_case_id_rule_id")),
    )
    with op.batch_alter_table("rule_exception", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rule_exception_case_id"), ["case_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("rule_exception", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_rule_exception_case_id"))

    op.drop_table("rule_exception")
    with op.batch_alter_table("overlap_search", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_overlap_search_case_id"))

    op.drop_table("overlap_search")
