"""Coordination items across departments: parts, reports, meetings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def _id(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Uuid(), nullable=nullable)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))


def upgrade() -> None:
    _items()
    _parts()
    op.create_table(
        "coordination_report",
        _id("id"),
        _id("part_id"),
        _id("body_id"),
        _id("reported_by"),
        _moment("reported_at"),
        _id("returned_note_id", nullable=True),
        _refers("coordination_report", "part_id", "coordination_part"),
        _refers("coordination_report", "body_id", "sealed_object"),
        _refers("coordination_report", "reported_by", "staff"),
        _refers("coordination_report", "returned_note_id", "sealed_object"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coordination_report")),
    )
    op.create_index(op.f("ix_coordination_report_part_id"), "coordination_report", ["part_id"])
    op.create_table(
        "coordination_meeting",
        _id("id"),
        _id("coordination_id"),
        sa.Column("held_on", sa.Date(), nullable=False),
        _id("body_id"),
        _id("recorded_by"),
        _moment("recorded_at"),
        _refers("coordination_meeting", "coordination_id", "coordination"),
        _refers("coordination_meeting", "body_id", "sealed_object"),
        _refers("coordination_meeting", "recorded_by", "staff"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coordination_meeting")),
    )
    op.create_index(
        op.f("ix_coordination_meeting_coordination_id"), "coordination_meeting", ["coordination_id"]
    )
    with op.batch_alter_table("exhibit", schema=None) as batch_op:
        batch_op.add_column(_id("part_report_id", nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_exhibit_part_report_id_coordination_report"),
            "coordination_report", ["part_report_id"], ["id"],
        )  # fmt: skip
        batch_op.create_index(batch_op.f("ix_exhibit_part_report_id"), ["part_report_id"], unique=False)


def _items() -> None:
    op.create_table(
        "coordination",
        _id("id"),
        _id("case_id"),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        _id("body_id"),
        _id("shared_id"),
        _id("written_by"),
        _moment("written_at"),
        _id("checked_by", nullable=True),
        _moment("checked_at", nullable=True),
        _id("agreed_by", nullable=True),
        _moment("agreed_at", nullable=True),
        _id("note_id", nullable=True),
        _id("mechanism_id", nullable=True),
        _id("ended_by", nullable=True),
        _moment("ended_at", nullable=True),
        _refers("coordination", "case_id", "case"),
        *(
            _refers("coordination", name, "sealed_object")
            for name in ("body_id", "shared_id", "note_id", "mechanism_id")
        ),
        *(
            _refers("coordination", name, "staff")
            for name in ("written_by", "checked_by", "agreed_by", "ended_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coordination")),
        sa.UniqueConstraint("case_id", "ordinal", name=op.f("uq_coordination_case_id_ordinal")),
    )
    op.create_index(op.f("ix_coordination_case_id"), "coordination", ["case_id"])


def _parts() -> None:
    op.create_table(
        "coordination_part",
        _id("id"),
        _id("case_id"),
        _id("coordination_id"),
        _id("unit_id"),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("is_lead", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        _id("body_id"),
        sa.Column("due_on", sa.Date(), nullable=False),
        _id("after_id", nullable=True),
        _moment("asked_at", nullable=True),
        _id("reason_id", nullable=True),
        _id("ruling_id", nullable=True),
        _id("ruled_by", nullable=True),
        _id("endorsed_by", nullable=True),
        _id("confirmed_by", nullable=True),
        _moment("confirmed_at", nullable=True),
        _refers("coordination_part", "case_id", "case"),
        _refers("coordination_part", "coordination_id", "coordination"),
        _refers("coordination_part", "unit_id", "unit"),
        _refers("coordination_part", "after_id", "coordination_part"),
        *(
            _refers("coordination_part", name, "sealed_object")
            for name in ("body_id", "reason_id", "ruling_id")
        ),
        *(
            _refers("coordination_part", name, "staff")
            for name in ("ruled_by", "endorsed_by", "confirmed_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coordination_part")),
        sa.UniqueConstraint(
            "coordination_id", "ordinal", name=op.f("uq_coordination_part_coordination_id_ordinal")
        ),
        sa.UniqueConstraint(
            "coordination_id", "unit_id", name=op.f("uq_coordination_part_coordination_id_unit_id")
        ),
    )
    for name in ("case_id", "coordination_id", "unit_id"):
        op.create_index(op.f(f"ix_coordination_part_{name}"), "coordination_part", [name])
    op.create_index("ix_coordination_part_state_due_on_id", "coordination_part", ["state", "due_on", "id"])


def downgrade() -> None:
    with op.batch_alter_table("exhibit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_exhibit_part_report_id"))
        batch_op.drop_constraint(
            batch_op.f("fk_exhibit_part_report_id_coordination_report"), type_="foreignkey"
        )
        batch_op.drop_column("part_report_id")
    for table in ("coordination_meeting", "coordination_report", "coordination_part", "coordination"):
        op.drop_table(table)
