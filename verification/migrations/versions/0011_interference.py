"""Obstruction and retaliation."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "interference",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("noted_on", sa.Date(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=True),
        sa.Column("tip_id", sa.Uuid(), nullable=True),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("opened_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_interference_case_id_case")),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_interference_message_id_message")
        ),
        sa.ForeignKeyConstraint(["opened_by"], ["staff.id"], name=op.f("fk_interference_opened_by_staff")),
        sa.ForeignKeyConstraint(
            ["record_id"], ["field_record.id"], name=op.f("fk_interference_record_id_field_record")
        ),
        sa.ForeignKeyConstraint(["tip_id"], ["tip.id"], name=op.f("fk_interference_tip_id_tip")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interference")),
        sa.UniqueConstraint("message_id", name=op.f("uq_interference_message_id")),
        sa.UniqueConstraint("record_id", name=op.f("uq_interference_record_id")),
    )
    with op.batch_alter_table("interference", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_interference_case_id_noted_on_id"), ["case_id", "noted_on", "id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_interference_tip_id"), ["tip_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("interference", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_interference_tip_id"))
        batch_op.drop_index(batch_op.f("ix_interference_case_id_noted_on_id"))

    op.drop_table("interference")
