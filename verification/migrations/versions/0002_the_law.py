"""Review of conclusions, standing programmes and the light path, referrals."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "programme",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("categories", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_programme_case_id_case")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_programme")),
    )
    op.create_table(
        "referral",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("matter", sa.String(length=40), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("found_on", sa.Date(), nullable=False),
        sa.Column("found_by", sa.Uuid(), nullable=False),
        sa.Column("organ", sa.String(length=40), nullable=True),
        sa.Column("number", sa.String(length=60), nullable=True),
        sa.Column("sent_on", sa.Date(), nullable=True),
        sa.Column("sent_by", sa.Uuid(), nullable=True),
        sa.Column("received_on", sa.Date(), nullable=True),
        sa.Column("receipt_id", sa.Uuid(), nullable=True),
        sa.Column("outcome_on", sa.Date(), nullable=True),
        sa.Column("outcome_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["body_id"], ["sealed_object.id"], name=op.f("fk_referral_body_id_sealed_object")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_referral_case_id_case")),
        sa.ForeignKeyConstraint(["found_by"], ["staff.id"], name=op.f("fk_referral_found_by_staff")),
        sa.ForeignKeyConstraint(
            ["outcome_id"], ["sealed_object.id"], name=op.f("fk_referral_outcome_id_sealed_object")
        ),
        sa.ForeignKeyConstraint(
            ["receipt_id"], ["sealed_object.id"], name=op.f("fk_referral_receipt_id_sealed_object")
        ),
        sa.ForeignKeyConstraint(["sent_by"], ["staff.id"], name=op.f("fk_referral_sent_by_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referral")),
    )
    with op.batch_alter_table("referral", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_referral_case_id"), ["case_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_referral_state_found_on_id"), ["state", "found_on", "id"], unique=False
        )

    op.create_table(
        "assignment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("issued_by", sa.Uuid(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signed_by", sa.Uuid(), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handed_back", sa.Boolean(), nullable=False),
        sa.Column("note_id", sa.Uuid(), nullable=True),
        sa.Column("checked_by", sa.Uuid(), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["body_id"], ["sealed_object.id"], name=op.f("fk_assignment_body_id_sealed_object")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_assignment_case_id_case")),
        sa.ForeignKeyConstraint(["checked_by"], ["staff.id"], name=op.f("fk_assignment_checked_by_staff")),
        sa.ForeignKeyConstraint(["issued_by"], ["staff.id"], name=op.f("fk_assignment_issued_by_staff")),
        sa.ForeignKeyConstraint(
            ["note_id"], ["sealed_object.id"], name=op.f("fk_assignment_note_id_sealed_object")
        ),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programme.case_id"], name=op.f("fk_assignment_programme_id_programme")
        ),
        sa.ForeignKeyConstraint(["signed_by"], ["staff.id"], name=op.f("fk_assignment_signed_by_staff")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_assignment_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment")),
    )
    with op.batch_alter_table("assignment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_assignment_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_assignment_programme_id"), ["programme_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_assignment_state_due_on_id"), ["state", "due_on", "id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_assignment_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "review",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("conclusion_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("applied_on", sa.Date(), nullable=False),
        sa.Column("applied_by", sa.Uuid(), nullable=False),
        sa.Column("named_by", sa.Uuid(), nullable=True),
        sa.Column("admitted_by", sa.Uuid(), nullable=True),
        sa.Column("outcome", sa.String(length=40), nullable=True),
        sa.Column("decision_id", sa.Uuid(), nullable=True),
        sa.Column("file_version_id", sa.Uuid(), nullable=True),
        sa.Column("unit_version_id", sa.Uuid(), nullable=True),
        sa.Column("withdrawn", sa.JSON(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=True),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_on", sa.Date(), nullable=True),
        sa.Column("delivered_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["admitted_by"], ["staff.id"], name=op.f("fk_review_admitted_by_staff")),
        sa.ForeignKeyConstraint(["applied_by"], ["staff.id"], name=op.f("fk_review_applied_by_staff")),
        sa.ForeignKeyConstraint(
            ["body_id"], ["sealed_object.id"], name=op.f("fk_review_body_id_sealed_object")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_review_case_id_case")),
        sa.ForeignKeyConstraint(
            ["conclusion_id"], ["conclusion.id"], name=op.f("fk_review_conclusion_id_conclusion")
        ),
        sa.ForeignKeyConstraint(["decided_by"], ["staff.id"], name=op.f("fk_review_decided_by_staff")),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["sealed_object.id"], name=op.f("fk_review_decision_id_sealed_object")
        ),
        sa.ForeignKeyConstraint(["delivered_by"], ["staff.id"], name=op.f("fk_review_delivered_by_staff")),
        sa.ForeignKeyConstraint(
            ["file_version_id"], ["sealed_object.id"], name=op.f("fk_review_file_version_id_sealed_object")
        ),
        sa.ForeignKeyConstraint(["named_by"], ["staff.id"], name=op.f("fk_review_named_by_staff")),
        sa.ForeignKeyConstraint(["proposed_by"], ["staff.id"], name=op.f("fk_review_proposed_by_staff")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_review_unit_id_unit")),
        sa.ForeignKeyConstraint(
            ["unit_version_id"], ["sealed_object.id"], name=op.f("fk_review_unit_version_id_sealed_object")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review")),
        sa.UniqueConstraint("conclusion_id", "unit_id", name=op.f("uq_review_conclusion_id_unit_id")),
    )
    with op.batch_alter_table("review", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_review_case_id"), ["case_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_review_state_applied_on_id"), ["state", "applied_on", "id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_review_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "assignment_reply",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("assignment_id", sa.Uuid(), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("replied_by", sa.Uuid(), nullable=False),
        sa.Column("replied_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("returned_note_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignment.id"], name=op.f("fk_assignment_reply_assignment_id_assignment")
        ),
        sa.ForeignKeyConstraint(
            ["body_id"], ["sealed_object.id"], name=op.f("fk_assignment_reply_body_id_sealed_object")
        ),
        sa.ForeignKeyConstraint(
            ["replied_by"], ["staff.id"], name=op.f("fk_assignment_reply_replied_by_staff")
        ),
        sa.ForeignKeyConstraint(
            ["returned_note_id"],
            ["sealed_object.id"],
            name=op.f("fk_assignment_reply_returned_note_id_sealed_object"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment_reply")),
    )
    with op.batch_alter_table("assignment_reply", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_assignment_reply_assignment_id"), ["assignment_id"], unique=False
        )

    op.create_table(
        "review_finding",
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("allegation_id", sa.Uuid(), nullable=False),
        sa.Column("finding", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["allegation_id"], ["allegation.id"], name=op.f("fk_review_finding_allegation_id_allegation")
        ),
        sa.ForeignKeyConstraint(
            ["review_id"], ["review.id"], name=op.f("fk_review_finding_review_id_review")
        ),
        sa.PrimaryKeyConstraint("review_id", "allegation_id", name=op.f("pk_review_finding")),
    )
    op.create_table(
        "review_member",
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name=op.f("fk_review_member_review_id_review")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_review_member_staff_id_staff")),
        sa.PrimaryKeyConstraint("review_id", "staff_id", name=op.f("pk_review_member")),
    )
    with op.batch_alter_table("review_member", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_review_member_staff_id"), ["staff_id"], unique=False)

    with op.batch_alter_table("case", schema=None) as batch_op:
        batch_op.add_column(sa.Column("source", sa.String(length=40), nullable=False, server_default="tip"))
        batch_op.add_column(sa.Column("programme_id", sa.Uuid(), nullable=True))
        batch_op.create_index(batch_op.f("ix_case_programme_id"), ["programme_id"], unique=False)
        batch_op.create_foreign_key(batch_op.f("fk_case_programme_id_case"), "case", ["programme_id"], ["id"])

    with op.batch_alter_table("conclusion", schema=None) as batch_op:
        batch_op.add_column(sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("exhibit", schema=None) as batch_op:
        batch_op.add_column(sa.Column("review_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("reply_id", sa.Uuid(), nullable=True))
        batch_op.create_index(batch_op.f("ix_exhibit_reply_id"), ["reply_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_exhibit_review_id"), ["review_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_exhibit_reply_id_assignment_reply"), "assignment_reply", ["reply_id"], ["id"]
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_exhibit_review_id_review"), "review", ["review_id"], ["id"]
        )


def downgrade() -> None:
    with op.batch_alter_table("exhibit", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_exhibit_review_id_review"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_exhibit_reply_id_assignment_reply"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_exhibit_review_id"))
        batch_op.drop_index(batch_op.f("ix_exhibit_reply_id"))
        batch_op.drop_column("reply_id")
        batch_op.drop_column("review_id")

    with op.batch_alter_table("conclusion", schema=None) as batch_op:
        batch_op.drop_column("revoked_at")

    with op.batch_alter_table("case", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_case_programme_id_case"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_case_programme_id"))
        batch_op.drop_column("programme_id")
        batch_op.drop_column("source")

    with op.batch_alter_table("review_member", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_review_member_staff_id"))

    op.drop_table("review_member")
    op.drop_table("review_finding")
    with op.batch_alter_table("assignment_reply", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_assignment_reply_assignment_id"))

    op.drop_table("assignment_reply")
    with op.batch_alter_table("review", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_review_unit_id"))
        batch_op.drop_index(batch_op.f("ix_review_state_applied_on_id"))
        batch_op.drop_index(batch_op.f("ix_review_case_id"))

    op.drop_table("review")
    with op.batch_alter_table("assignment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_assignment_unit_id"))
        batch_op.drop_index(batch_op.f("ix_assignment_state_due_on_id"))
        batch_op.drop_index(batch_op.f("ix_assignment_programme_id"))
        batch_op.drop_index(batch_op.f("ix_assignment_case_id"))

    op.drop_table("assignment")
    with op.batch_alter_table("referral", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_referral_state_found_on_id"))
        batch_op.drop_index(batch_op.f("ix_referral_case_id"))

    op.drop_table("referral")
    op.drop_table("programme")
