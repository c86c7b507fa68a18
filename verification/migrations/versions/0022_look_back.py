"""Look-backs: their rows, who looks, what was found of each item, and samples drawn by chance."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _add_look_backs()
    _add_people_and_results()
    with op.batch_alter_table("exhibit", schema=None) as batch_op:
        batch_op.add_column(sa.Column("look_back_result_id", sa.Uuid(), nullable=True))
        batch_op.create_index(
            batch_op.f("ix_exhibit_look_back_result_id"), ["look_back_result_id"], unique=False
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_exhibit_look_back_result_id_look_back_result"),
            "look_back_result",
            ["look_back_result_id"],
            ["id"],
        )

    with op.batch_alter_table("rectification_item", schema=None) as batch_op:
        batch_op.add_column(sa.Column("relapses", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("rectification_item", schema=None) as batch_op:
        batch_op.alter_column("relapses", server_default=None)


def _add_look_backs() -> None:
    op.create_table(
        "look_back_sample",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("seed", sa.LargeBinary(), nullable=False),
        sa.Column("pool", sa.JSON(), nullable=False),
        sa.Column("left_out", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("drawn_on", sa.Date(), nullable=False),
        sa.Column("drawn_by", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["drawn_by"], ["staff.id"], name=op.f("fk_look_back_sample_drawn_by_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_look_back_sample")),
    )
    op.create_table(
        "look_back",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("sample_id", sa.Uuid(), nullable=True),
        sa.Column("named_by", sa.Uuid(), nullable=True),
        sa.Column("reported_by", sa.Uuid(), nullable=True),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("returned_note_id", sa.Uuid(), nullable=True),
        sa.Column("decision_id", sa.Uuid(), nullable=True),
        sa.Column("settled_by", sa.Uuid(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_by", sa.Uuid(), nullable=True),
        sa.Column("told_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_look_back_case_id_case")),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["sealed_object.id"], name=op.f("fk_look_back_decision_id_sealed_object")
        ),
        sa.ForeignKeyConstraint(["named_by"], ["staff.id"], name=op.f("fk_look_back_named_by_staff")),
        sa.ForeignKeyConstraint(["reported_by"], ["staff.id"], name=op.f("fk_look_back_reported_by_staff")),
        sa.ForeignKeyConstraint(
            ["returned_note_id"],
            ["sealed_object.id"],
            name=op.f("fk_look_back_returned_note_id_sealed_object"),
        ),
        sa.ForeignKeyConstraint(
            ["sample_id"], ["look_back_sample.id"], name=op.f("fk_look_back_sample_id_look_back_sample")
        ),
        sa.ForeignKeyConstraint(["settled_by"], ["staff.id"], name=op.f("fk_look_back_settled_by_staff")),
        sa.ForeignKeyConstraint(["told_by"], ["staff.id"], name=op.f("fk_look_back_told_by_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_look_back")),
        sa.UniqueConstraint("case_id", "ordinal", name=op.f("uq_look_back_case_id_ordinal")),
    )
    with op.batch_alter_table("look_back", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_look_back_case_id"), ["case_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_look_back_state_due_on_id"), ["state", "due_on", "id"], unique=False
        )


def _add_people_and_results() -> None:
    op.create_table(
        "look_back_member",
        sa.Column("look_back_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["look_back_id"], ["look_back.id"], name=op.f("fk_look_back_member_look_back_id_look_back")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_look_back_member_staff_id_staff")),
        sa.PrimaryKeyConstraint("look_back_id", "staff_id", name=op.f("pk_look_back_member")),
    )
    with op.batch_alter_table("look_back_member", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_look_back_member_staff_id"), ["staff_id"], unique=False)

    op.create_table(
        "look_back_result",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("look_back_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("looked_on", sa.Date(), nullable=False),
        sa.Column("finding", sa.String(length=40), nullable=False),
        sa.Column("seen_id", sa.Uuid(), nullable=False),
        sa.Column("reason_id", sa.Uuid(), nullable=True),
        sa.Column("verified_by", sa.Uuid(), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verified_how", sa.String(length=40), nullable=True),
        sa.Column("verification_id", sa.Uuid(), nullable=True),
        sa.Column("signer_id", sa.Uuid(), nullable=True),
        sa.Column("closed_off_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["rectification_item.id"],
            name=op.f("fk_look_back_result_item_id_rectification_item"),
        ),
        sa.ForeignKeyConstraint(
            ["look_back_id"], ["look_back.id"], name=op.f("fk_look_back_result_look_back_id_look_back")
        ),
        sa.ForeignKeyConstraint(
            ["reason_id"], ["sealed_object.id"], name=op.f("fk_look_back_result_reason_id_sealed_object")
        ),
        sa.ForeignKeyConstraint(
            ["seen_id"], ["sealed_object.id"], name=op.f("fk_look_back_result_seen_id_sealed_object")
        ),
        sa.ForeignKeyConstraint(
            ["signer_id"], ["staff.id"], name=op.f("fk_look_back_result_signer_id_staff")
        ),
        sa.ForeignKeyConstraint(
            ["verification_id"],
            ["sealed_object.id"],
            name=op.f("fk_look_back_result_verification_id_sealed_object"),
        ),
        sa.ForeignKeyConstraint(
            ["verified_by"], ["staff.id"], name=op.f("fk_look_back_result_verified_by_staff")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_look_back_result")),
        sa.UniqueConstraint("look_back_id", "item_id", name=op.f("uq_look_back_result_look_back_id_item_id")),
    )
    with op.batch_alter_table("look_back_result", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_look_back_result_item_id"), ["item_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("rectification_item", schema=None) as batch_op:
        batch_op.drop_column("relapses")

    with op.batch_alter_table("exhibit", schema=None) as batch_op:
        batch_op.drop_constraint(
            batch_op.f("fk_exhibit_look_back_result_id_look_back_result"), type_="foreignkey"
        )
        batch_op.drop_index(batch_op.f("ix_exhibit_look_back_result_id"))
        batch_op.drop_column("look_back_result_id")

    with op.batch_alter_table("look_back_result", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_look_back_result_item_id"))

    op.drop_table("look_back_result")
    with op.batch_alter_table("look_back_member", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_look_back_member_staff_id"))

    op.drop_table("look_back_member")
    with op.batch_alter_table("look_back", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_look_back_state_due_on_id"))
        batch_op.drop_index(batch_op.f("ix_look_back_case_id"))

    op.drop_table("look_back")
    op.drop_table("look_back_sample")
