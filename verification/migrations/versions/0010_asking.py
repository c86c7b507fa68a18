"""Asking the informants whether it was really fixed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "asking",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("tip_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("fixed", sa.String(length=40), nullable=True),
        sa.Column("treated", sa.String(length=40), nullable=True),
        sa.Column("pressed", sa.Boolean(), nullable=False),
        sa.Column("decision", sa.String(length=40), nullable=True),
        sa.Column("reason_id", sa.Uuid(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["asked_by"], ["staff.id"], name=op.f("fk_asking_asked_by_staff")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_asking_case_id_case")),
        sa.ForeignKeyConstraint(["decided_by"], ["staff.id"], name=op.f("fk_asking_decided_by_staff")),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_asking_message_id_message")),
        sa.ForeignKeyConstraint(
            ["reason_id"], ["sealed_object.id"], name=op.f("fk_asking_reason_id_sealed_object")
        ),
        sa.ForeignKeyConstraint(["tip_id"], ["tip.id"], name=op.f("fk_asking_tip_id_tip")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asking")),
        sa.UniqueConstraint("message_id", name=op.f("uq_asking_message_id")),
    )
    with op.batch_alter_table("asking", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_asking_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_asking_state"), ["state"], unique=False)
        batch_op.create_index(batch_op.f("ix_asking_tip_id"), ["tip_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("asking", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_asking_tip_id"))
        batch_op.drop_index(batch_op.f("ix_asking_state"))
        batch_op.drop_index(batch_op.f("ix_asking_case_id"))

    op.drop_table("asking")
