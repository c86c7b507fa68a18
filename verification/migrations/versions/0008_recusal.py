"""Requests that somebody keep away from a case, and checks of findings that rested on their work."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "recusal_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("origin", sa.String(length=40), nullable=False),
        sa.Column("ground", sa.String(length=40), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decision_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["body_id"], ["sealed_object.id"], name=op.f("fk_recusal_request_body_id_sealed_object")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_recusal_request_case_id_case")),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["staff.id"], name=op.f("fk_recusal_request_decided_by_staff")
        ),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["sealed_object.id"], name=op.f("fk_recusal_request_decision_id_sealed_object")
        ),
        sa.ForeignKeyConstraint(["made_by"], ["staff.id"], name=op.f("fk_recusal_request_made_by_staff")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_recusal_request_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recusal_request")),
    )
    with op.batch_alter_table("recusal_request", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_recusal_request_case_id"), ["case_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_recusal_request_state_made_on_id"), ["state", "made_on", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_recusal_request_staff_id_case_id"), ["staff_id", "case_id"], unique=False
        )
    op.create_table(
        "finding_check",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("allegation_id", sa.Uuid(), nullable=False),
        sa.Column("checked_by", sa.Uuid(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["allegation_id"], ["allegation.id"], name=op.f("fk_finding_check_allegation_id_allegation")
        ),
        sa.ForeignKeyConstraint(["checked_by"], ["staff.id"], name=op.f("fk_finding_check_checked_by_staff")),
        sa.ForeignKeyConstraint(
            ["note_id"], ["sealed_object.id"], name=op.f("fk_finding_check_note_id_sealed_object")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding_check")),
    )
    with op.batch_alter_table("finding_check", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_finding_check_allegation_id"), ["allegation_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("finding_check", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_finding_check_allegation_id"))
    op.drop_table("finding_check")
    with op.batch_alter_table("recusal_request", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_recusal_request_staff_id_case_id"))
        batch_op.drop_index(batch_op.f("ix_recusal_request_state_made_on_id"))
        batch_op.drop_index(batch_op.f("ix_recusal_request_case_id"))
    op.drop_table("recusal_request")
