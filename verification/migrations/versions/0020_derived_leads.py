"""What was found beyond a case: derived leads, the records that show them, and the cases they became."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "derived_lead",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("is_sweep", sa.Boolean(), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("found_on", sa.Date(), nullable=False),
        sa.Column("found_by", sa.Uuid(), nullable=False),
        sa.Column("became_id", sa.Uuid(), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("reason_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["became_id"], ["case.id"], name=op.f("fk_derived_lead_became_id_case")),
        sa.ForeignKeyConstraint(
            ["body_id"], ["sealed_object.id"], name=op.f("fk_derived_lead_body_id_sealed_object")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_derived_lead_case_id_case")),
        sa.ForeignKeyConstraint(["decided_by"], ["staff.id"], name=op.f("fk_derived_lead_decided_by_staff")),
        sa.ForeignKeyConstraint(["found_by"], ["staff.id"], name=op.f("fk_derived_lead_found_by_staff")),
        sa.ForeignKeyConstraint(
            ["reason_id"], ["sealed_object.id"], name=op.f("fk_derived_lead_reason_id_sealed_object")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_derived_lead")),
        sa.UniqueConstraint("became_id", name=op.f("uq_derived_lead_became_id")),
    )
    with op.batch_alter_table("derived_lead", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_derived_lead_case_id"), ["case_id"], unique=False)

    op.create_table(
        "lead_record",
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["derived_lead.id"], name=op.f("fk_lead_record_lead_id_derived_lead")
        ),
        sa.ForeignKeyConstraint(
            ["record_id"], ["field_record.id"], name=op.f("fk_lead_record_record_id_field_record")
        ),
        sa.PrimaryKeyConstraint("lead_id", "record_id", name=op.f("pk_lead_record")),
    )
    with op.batch_alter_table("lead_record", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_lead_record_record_id"), ["record_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("lead_record", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_lead_record_record_id"))
    op.drop_table("lead_record")
    with op.batch_alter_table("derived_lead", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_derived_lead_case_id"))
    op.drop_table("derived_lead")
