"""False rectification, how an item was verified, and more time for it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "extension",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("reason_id", sa.Uuid(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["asked_by"], ["staff.id"], name=op.f("fk_extension_asked_by_staff")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_extension_case_id_case")),
        sa.ForeignKeyConstraint(["decided_by"], ["staff.id"], name=op.f("fk_extension_decided_by_staff")),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["sealed_object.id"], name=op.f("fk_extension_decision_id_sealed_object")
        ),
        sa.ForeignKeyConstraint(
            ["item_id"], ["rectification_item.id"], name=op.f("fk_extension_item_id_rectification_item")
        ),
        sa.ForeignKeyConstraint(
            ["reason_id"], ["sealed_object.id"], name=op.f("fk_extension_reason_id_sealed_object")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_extension_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_extension")),
        sa.UniqueConstraint("item_id", name=op.f("uq_extension_item_id")),
    )
    with op.batch_alter_table("extension", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_extension_case_id"), ["case_id"], unique=False)

    with op.batch_alter_table("rectification_item", schema=None) as batch_op:
        batch_op.add_column(sa.Column("verified_how", sa.String(length=40), nullable=True))

    with op.batch_alter_table("item_report", schema=None) as batch_op:
        batch_op.add_column(sa.Column("false_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("false_by", sa.Uuid(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_item_report_false_by_staff"), "staff", ["false_by"], ["id"]
        )


def downgrade() -> None:
    with op.batch_alter_table("item_report", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_item_report_false_by_staff"), type_="foreignkey")
        batch_op.drop_column("false_by")
        batch_op.drop_column("false_at")

    with op.batch_alter_table("rectification_item", schema=None) as batch_op:
        batch_op.drop_column("verified_how")

    with op.batch_alter_table("extension", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_extension_case_id"))

    op.drop_table("extension")
