"""Whether an informant's identity goes along with a referral."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "identity_consent",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("tip_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("asked_on", sa.Date(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=True),
        sa.Column("answered_on", sa.Date(), nullable=True),
        sa.Column("opening_id", sa.Uuid(), nullable=True),
        sa.Column("went_on", sa.Date(), nullable=True),
        sa.Column("went_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["asked_by"], ["staff.id"], name=op.f("fk_identity_consent_asked_by_staff")),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_identity_consent_message_id_message")
        ),
        sa.ForeignKeyConstraint(
            ["opening_id"],
            ["identity_opening.id"],
            name=op.f("fk_identity_consent_opening_id_identity_opening"),
        ),
        sa.ForeignKeyConstraint(
            ["referral_id"], ["referral.id"], name=op.f("fk_identity_consent_referral_id_referral")
        ),
        sa.ForeignKeyConstraint(["tip_id"], ["tip.id"], name=op.f("fk_identity_consent_tip_id_tip")),
        sa.ForeignKeyConstraint(["went_by"], ["staff.id"], name=op.f("fk_identity_consent_went_by_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_consent")),
        sa.UniqueConstraint("message_id", name=op.f("uq_identity_consent_message_id")),
        sa.UniqueConstraint("referral_id", "tip_id", name=op.f("uq_identity_consent_referral_id_tip_id")),
    )
    with op.batch_alter_table("identity_consent", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_identity_consent_tip_id"), ["tip_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("identity_consent", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_identity_consent_tip_id"))

    op.drop_table("identity_consent")
