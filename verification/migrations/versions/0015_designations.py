"""Designations of departments."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_PEOPLE = ("written_by", "made_by", "ended_by")


def upgrade() -> None:
    op.create_table(
        "designation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("duty", sa.String(length=40), nullable=False),
        sa.Column("wide", sa.Boolean(), nullable=False),
        sa.Column("categories", sa.JSON(), nullable=False),
        sa.Column("units", sa.JSON(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=True),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("written_by", sa.Uuid(), nullable=False),
        sa.Column("written_on", sa.Date(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_note_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["body_id"], ["sealed_object.id"], name=op.f("fk_designation_body_id_sealed_object")
        ),
        sa.ForeignKeyConstraint(
            ["ended_note_id"], ["sealed_object.id"], name=op.f("fk_designation_ended_note_id_sealed_object")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_designation_case_id_case")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_designation_unit_id_unit")),
        *(
            sa.ForeignKeyConstraint([name], ["staff.id"], name=op.f(f"fk_designation_{name}_staff"))
            for name in _PEOPLE
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_designation")),
    )
    with op.batch_alter_table("designation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_designation_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_designation_unit_id"), ["unit_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_designation_state_ends_on_id"), ["state", "ends_on", "id"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("designation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_designation_state_ends_on_id"))
        batch_op.drop_index(batch_op.f("ix_designation_unit_id"))
        batch_op.drop_index(batch_op.f("ix_designation_case_id"))

    op.drop_table("designation")
