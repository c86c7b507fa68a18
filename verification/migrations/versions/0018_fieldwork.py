"""What a team asked for, holds and gave back; witnesses with a code name; time on the way."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "holding",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.Column("record_id", sa.Uuid(), nullable=True),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("asked_on", sa.Date(), nullable=True),
        sa.Column("asked_by", sa.Uuid(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("received_on", sa.Date(), nullable=True),
        sa.Column("received_by", sa.Uuid(), nullable=True),
        sa.Column("back_on", sa.Date(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("ending_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_holding_case_id_case")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_holding_task_id_task")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_holding_unit_id_unit")),
        sa.ForeignKeyConstraint(
            ["record_id"], ["field_record.id"], name=op.f("fk_holding_record_id_field_record")
        ),
        sa.ForeignKeyConstraint(
            ["body_id"], ["sealed_object.id"], name=op.f("fk_holding_body_id_sealed_object")
        ),
        sa.ForeignKeyConstraint(["asked_by"], ["staff.id"], name=op.f("fk_holding_asked_by_staff")),
        sa.ForeignKeyConstraint(["received_by"], ["staff.id"], name=op.f("fk_holding_received_by_staff")),
        sa.ForeignKeyConstraint(["ended_by"], ["staff.id"], name=op.f("fk_holding_ended_by_staff")),
        sa.ForeignKeyConstraint(
            ["ending_id"], ["sealed_object.id"], name=op.f("fk_holding_ending_id_sealed_object")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holding")),
    )
    with op.batch_alter_table("holding", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_holding_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_holding_task_id"), ["task_id"], unique=False)
    op.create_table(
        "witness",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("written_by", sa.Uuid(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_witness_case_id_case")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_witness_task_id_task")),
        sa.ForeignKeyConstraint(
            ["body_id"], ["sealed_object.id"], name=op.f("fk_witness_body_id_sealed_object")
        ),
        sa.ForeignKeyConstraint(["written_by"], ["staff.id"], name=op.f("fk_witness_written_by_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_witness")),
        sa.UniqueConstraint("case_id", "ordinal", name=op.f("uq_witness_case_id_ordinal")),
    )
    with op.batch_alter_table("witness", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_witness_task_id"), ["task_id"], unique=False)
    with op.batch_alter_table("field_record", schema=None) as batch_op:
        batch_op.add_column(sa.Column("travel_minutes", sa.Integer(), nullable=False, server_default="0"))
        batch_op.create_index(batch_op.f("ix_field_record_began_at"), ["began_at"], unique=False)
    with op.batch_alter_table("field_record", schema=None) as batch_op:
        batch_op.alter_column("travel_minutes", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("field_record", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_field_record_began_at"))
        batch_op.drop_column("travel_minutes")
    with op.batch_alter_table("witness", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_witness_task_id"))
    op.drop_table("witness")
    with op.batch_alter_table("holding", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_holding_task_id"))
        batch_op.drop_index(batch_op.f("ix_holding_case_id"))
    op.drop_table("holding")
