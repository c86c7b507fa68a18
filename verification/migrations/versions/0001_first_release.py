"""The tables of the first release."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("event", sa.String(length=60), nullable=False),
        sa.Column("subject_kind", sa.String(length=20), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("signed_by", sa.Uuid(), nullable=True),
        sa.Column("signature", sa.LargeBinary(), nullable=True),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=False),
        sa.Column("entry_hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_entry")),
        sa.UniqueConstraint("entry_hash", name=op.f("uq_audit_entry_entry_hash")),
    )
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_entry_actor_id"), ["actor_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entry_subject_id"), ["subject_id"], unique=False)

    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("entry_hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "calendar_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("is_workday", sa.Boolean(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_calendar_day")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "deadline",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_kind", sa.String(length=20), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("rule_id", sa.String(length=60), nullable=False),
        sa.Column("began_on", sa.Date(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pause_code", sa.String(length=40), nullable=True),
        sa.Column("met_on", sa.Date(), nullable=True),
        sa.Column("warned", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deadline")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("deadline", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_deadline_met_on_due_at"), ["met_on", "due_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_deadline_subject_id"), ["subject_id"], unique=False)

    op.create_table(
        "directory_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_directory_entry")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("topic", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("dead", sa.Boolean(), nullable=False),
        sa.Column("error_code", sa.String(length=80), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_outbox_dead_attempts"), ["dead", "attempts"], unique=False)

    op.create_table(
        "recipient_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("public", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("signed_by", sa.Uuid(), nullable=True),
        sa.Column("not_before", sa.Date(), nullable=False),
        sa.Column("not_after", sa.Date(), nullable=True),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recipient_key")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("recipient_key", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_recipient_key_purpose_holder_generation"),
            ["purpose", "holder", "generation"],
            unique=False,
        )

    op.create_table(
        "schedule_slot",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("slot", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_schedule_slot")),
    )
    op.create_table(
        "sealed_object",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("blob_name", sa.String(length=64), nullable=True),
        sa.Column("sealed_bytes", sa.Integer(), nullable=False),
        sa.Column("stored_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sealed_object")),
        sa.UniqueConstraint("blob_name", name=op.f("uq_sealed_object_blob_name")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "key_wrap",
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("holder_key_id", sa.Uuid(), nullable=False),
        sa.Column("sealed_private", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["holder_key_id"], ["recipient_key.id"], name=op.f("fk_key_wrap_holder_key_id_recipient_key")
        ),
        sa.ForeignKeyConstraint(
            ["key_id"], ["recipient_key.id"], name=op.f("fk_key_wrap_key_id_recipient_key")
        ),
        sa.PrimaryKeyConstraint("key_id", "holder_key_id", name=op.f("pk_key_wrap")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("key_wrap", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_key_wrap_holder_key_id"), ["holder_key_id"], unique=False)

    op.create_table(
        "object_grant",
        sa.Column("object_id", sa.Uuid(), nullable=False),
        sa.Column("recipient_key_id", sa.Uuid(), nullable=False),
        sa.Column("sealed_file_key", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["object_id"],
            ["sealed_object.id"],
            name=op.f("fk_object_grant_object_id_sealed_object"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("object_id", "recipient_key_id", name=op.f("pk_object_grant")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("object_grant", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_object_grant_recipient_key_id"), ["recipient_key_id"], unique=False
        )

    op.create_table(
        "stored_file",
        sa.Column("object_id", sa.Uuid(), nullable=False),
        sa.Column("clean_state", sa.String(length=40), nullable=False),
        sa.Column("clean_for", sa.Uuid(), nullable=False),
        sa.Column("clean_object_id", sa.Uuid(), nullable=True),
        sa.Column("report_object_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["clean_object_id"],
            ["sealed_object.id"],
            name=op.f("fk_stored_file_clean_object_id_sealed_object"),
        ),
        sa.ForeignKeyConstraint(
            ["object_id"],
            ["sealed_object.id"],
            name=op.f("fk_stored_file_object_id_sealed_object"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["report_object_id"],
            ["sealed_object.id"],
            name=op.f("fk_stored_file_report_object_id_sealed_object"),
        ),
        sa.PrimaryKeyConstraint("object_id", name=op.f("pk_stored_file")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tip",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("receipt_lookup", sa.LargeBinary(), nullable=False),
        sa.Column("informant_public", sa.LargeBinary(), nullable=False),
        sa.Column("desk", sa.String(length=40), nullable=False),
        sa.Column("desk_key_id", sa.Uuid(), nullable=False),
        sa.Column("director_key_id", sa.Uuid(), nullable=False),
        sa.Column("statement_id", sa.Uuid(), nullable=False),
        sa.Column("identity_id", sa.Uuid(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("received_hour", sa.Integer(), nullable=True),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=40), server_default="received", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=True),
        sa.Column("category", sa.String(length=8), nullable=True),
        sa.Column("town_id", sa.Uuid(), nullable=True),
        sa.Column("priority", sa.String(length=40), nullable=True),
        sa.Column("closing_code", sa.String(length=40), nullable=True),
        sa.Column("channel_code", sa.String(length=40), nullable=True),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("identity_opened", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(
            ["desk_key_id"], ["recipient_key.id"], name=op.f("fk_tip_desk_key_id_recipient_key")
        ),
        sa.ForeignKeyConstraint(
            ["director_key_id"], ["recipient_key.id"], name=op.f("fk_tip_director_key_id_recipient_key")
        ),
        sa.ForeignKeyConstraint(
            ["identity_id"], ["sealed_object.id"], name=op.f("fk_tip_identity_id_sealed_object")
        ),
        sa.ForeignKeyConstraint(
            ["statement_id"], ["sealed_object.id"], name=op.f("fk_tip_statement_id_sealed_object")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tip")),
        sa.UniqueConstraint("receipt_lookup", name=op.f("uq_tip_receipt_lookup")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("tip", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tip_case_id"), ["case_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_tip_desk_state_category_received_on_id"),
            ["desk", "state", "category", "received_on", "id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_tip_desk_state_received_on_id"),
            ["desk", "state", "received_on", "id"],
            unique=False,
        )
        batch_op.create_index(
            "ix_tip_urgent",
            ["urgent", "desk", "state", "received_on", "id"],
            unique=False,
            sqlite_where=sa.text("urgent = 1"),
            postgresql_where=sa.text("urgent"),
        )

    op.create_table(
        "unit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("name_en", sa.String(length=160), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("in_charge_id", sa.Uuid(), nullable=True),
        sa.Column("key_id", sa.Uuid(), nullable=True),
        sa.Column("channel", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(["key_id"], ["recipient_key.id"], name=op.f("fk_unit_key_id_recipient_key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit")),
        sa.UniqueConstraint("code", name=op.f("uq_unit_code")),
    )
    op.create_table(
        "draft",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("begun_on", sa.Date(), nullable=False),
        sa.Column("desk", sa.String(length=40), nullable=False),
        sa.Column("tip_id", sa.Uuid(), nullable=True),
        sa.Column("content_mac", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["tip_id"], ["tip.id"], name=op.f("fk_draft_tip_id_tip")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("draft", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_draft_begun_on"), ["begun_on"], unique=False)

    op.create_table(
        "message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tip_id", sa.Uuid(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("object_id", sa.Uuid(), nullable=False),
        sa.Column("sent_on", sa.Date(), nullable=False),
        sa.Column("reply_to", sa.Uuid(), nullable=True),
        sa.Column("read_by_office", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["object_id"], ["sealed_object.id"], name=op.f("fk_message_object_id_sealed_object")
        ),
        sa.ForeignKeyConstraint(["tip_id"], ["tip.id"], name=op.f("fk_message_tip_id_tip")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("tip_id", "ordinal", name=op.f("uq_message_tip_id_ordinal")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_message_tip_id"), ["tip_id"], unique=False)

    op.create_table(
        "staff",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("login", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("sealed_keys", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_totp", sa.LargeBinary(), nullable=False),
        sa.Column("totp_counter", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trained_on", sa.Date(), nullable=True),
        sa.Column("undertaking_on", sa.Date(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["key_id"], ["recipient_key.id"], name=op.f("fk_staff_key_id_recipient_key")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_staff_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
        sa.UniqueConstraint("login", name=op.f("uq_staff_login")),
    )
    op.create_table(
        "unit_duty",
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("category", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_unit_duty_unit_id_unit")),
        sa.PrimaryKeyConstraint("unit_id", "category", name=op.f("pk_unit_duty")),
    )
    op.create_table(
        "attachment",
        sa.Column("object_id", sa.Uuid(), nullable=False),
        sa.Column("tip_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_attachment_message_id_message")
        ),
        sa.ForeignKeyConstraint(
            ["object_id"],
            ["stored_file.object_id"],
            name=op.f("fk_attachment_object_id_stored_file"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["tip_id"], ["tip.id"], name=op.f("fk_attachment_tip_id_tip")),
        sa.PrimaryKeyConstraint("object_id", name=op.f("pk_attachment")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_attachment_tip_id"), ["tip_id"], unique=False)

    op.create_table(
        "case",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=True),
        sa.Column("case_type", sa.String(length=40), nullable=False),
        sa.Column("content_basis", sa.String(length=40), nullable=True),
        sa.Column("docket_basis", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("priority", sa.String(length=40), nullable=False),
        sa.Column("category", sa.String(length=8), nullable=False),
        sa.Column("town_id", sa.Uuid(), nullable=True),
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("key_left", sa.Boolean(), nullable=False),
        sa.Column("brief_id", sa.Uuid(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("opened_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=True),
        sa.Column("endorsed_by", sa.Uuid(), nullable=True),
        sa.Column("docketed_by", sa.Uuid(), nullable=True),
        sa.Column("docketed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("overlap_reason_id", sa.Uuid(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["brief_id"], ["sealed_object.id"], name=op.f("fk_case_brief_id_sealed_object")
        ),
        sa.ForeignKeyConstraint(["docketed_by"], ["staff.id"], name=op.f("fk_case_docketed_by_staff")),
        sa.ForeignKeyConstraint(["endorsed_by"], ["staff.id"], name=op.f("fk_case_endorsed_by_staff")),
        sa.ForeignKeyConstraint(["key_id"], ["recipient_key.id"], name=op.f("fk_case_key_id_recipient_key")),
        sa.ForeignKeyConstraint(["opened_by"], ["staff.id"], name=op.f("fk_case_opened_by_staff")),
        sa.ForeignKeyConstraint(
            ["overlap_reason_id"], ["sealed_object.id"], name=op.f("fk_case_overlap_reason_id_sealed_object")
        ),
        sa.ForeignKeyConstraint(["proposed_by"], ["staff.id"], name=op.f("fk_case_proposed_by_staff")),
        sa.ForeignKeyConstraint(["town_id"], ["unit.id"], name=op.f("fk_case_town_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case")),
        sa.UniqueConstraint("number", name=op.f("uq_case_number")),
    )
    with op.batch_alter_table("case", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_case_state_opened_on_id"), ["state", "opened_on", "id"], unique=False
        )

    op.create_table(
        "file_part",
        sa.Column("object_id", sa.Uuid(), nullable=False),
        sa.Column("head_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["head_id"],
            ["sealed_object.id"],
            name=op.f("fk_file_part_head_id_sealed_object"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["object_id"],
            ["sealed_object.id"],
            name=op.f("fk_file_part_object_id_sealed_object"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("object_id", name=op.f("pk_file_part")),
        sa.UniqueConstraint("head_id", "number", name=op.f("uq_file_part_head_id_number")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "draft_file",
        sa.Column("object_id", sa.Uuid(), nullable=False),
        sa.Column("draft_id", sa.LargeBinary(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("sealed_meta", sa.LargeBinary(), nullable=False),
        sa.Column("submitted", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["draft.id"], name=op.f("fk_draft_file_draft_id_draft"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["object_id"],
            ["sealed_object.id"],
            name=op.f("fk_draft_file_object_id_sealed_object"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("object_id", name=op.f("pk_draft_file")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("draft_file", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_draft_file_draft_id"), ["draft_id"], unique=False)

    op.create_table(
        "destruction",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("object_id", sa.Uuid(), nullable=False),
        sa.Column("tip_id", sa.Uuid(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason_object_id", sa.Uuid(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("destroyed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["asked_by"], ["staff.id"], name=op.f("fk_destruction_asked_by_staff")),
        sa.ForeignKeyConstraint(["decided_by"], ["staff.id"], name=op.f("fk_destruction_decided_by_staff")),
        sa.ForeignKeyConstraint(
            ["object_id"], ["stored_file.object_id"], name=op.f("fk_destruction_object_id_stored_file")
        ),
        sa.ForeignKeyConstraint(
            ["reason_object_id"],
            ["sealed_object.id"],
            name=op.f("fk_destruction_reason_object_id_sealed_object"),
        ),
        sa.ForeignKeyConstraint(["tip_id"], ["tip.id"], name=op.f("fk_destruction_tip_id_tip")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_destruction")),
    )
    with op.batch_alter_table("destruction", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_destruction_object_id"), ["object_id"], unique=False)

    op.create_table(
        "identity_opening",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tip_id", sa.Uuid(), nullable=False),
        sa.Column("identity_id", sa.Uuid(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason_object_id", sa.Uuid(), nullable=False),
        sa.Column("agreed_by", sa.Uuid(), nullable=True),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sealed_share", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["agreed_by"], ["staff.id"], name=op.f("fk_identity_opening_agreed_by_staff")
        ),
        sa.ForeignKeyConstraint(["asked_by"], ["staff.id"], name=op.f("fk_identity_opening_asked_by_staff")),
        sa.ForeignKeyConstraint(
            ["reason_object_id"],
            ["sealed_object.id"],
            name=op.f("fk_identity_opening_reason_object_id_sealed_object"),
        ),
        sa.ForeignKeyConstraint(
            ["identity_id"],
            ["sealed_object.id"],
            name=op.f("fk_identity_opening_identity_id_sealed_object"),
        ),
        sa.ForeignKeyConstraint(["tip_id"], ["tip.id"], name=op.f("fk_identity_opening_tip_id_tip")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_opening")),
    )
    with op.batch_alter_table("identity_opening", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_identity_opening_tip_id"), ["tip_id"], unique=False)

    op.create_table(
        "interest",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_interest_staff_id_staff")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_interest_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interest")),
        sa.UniqueConstraint("staff_id", "unit_id", "kind", name=op.f("uq_interest_staff_id_unit_id_kind")),
    )
    with op.batch_alter_table("interest", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_interest_staff_id"), ["staff_id"], unique=False)

    op.create_table(
        "staff_notice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("subject_kind", sa.String(length=20), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("written_on", sa.Date(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_staff_notice_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_notice")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("staff_notice", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_staff_notice_staff_id_read_at"), ["staff_id", "read_at"], unique=False
        )

    op.create_table(
        "staff_role",
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_staff_role_staff_id_staff")),
        sa.PrimaryKeyConstraint("staff_id", "role", name=op.f("pk_staff_role")),
    )
    op.create_table(
        "staff_session",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("sealed_keys", sa.LargeBinary(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_staff_session_staff_id_staff"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_session")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("staff_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_staff_session_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_staff_session_staff_id"), ["staff_id"], unique=False)

    op.create_table(
        "allegation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text_id", sa.Uuid(), nullable=False),
        sa.Column("finding", sa.String(length=40), nullable=True),
        sa.Column("reasons_id", sa.Uuid(), nullable=True),
        sa.Column("statement", sa.String(length=40), nullable=True),
        sa.Column("statement_id", sa.Uuid(), nullable=True),
        sa.Column("found_by", sa.Uuid(), nullable=True),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_allegation_case_id_case")),
        sa.ForeignKeyConstraint(["found_by"], ["staff.id"], name=op.f("fk_allegation_found_by_staff")),
        sa.ForeignKeyConstraint(
            ["reasons_id"], ["sealed_object.id"], name=op.f("fk_allegation_reasons_id_sealed_object")
        ),
        sa.ForeignKeyConstraint(
            ["statement_id"], ["sealed_object.id"], name=op.f("fk_allegation_statement_id_sealed_object")
        ),
        sa.ForeignKeyConstraint(
            ["text_id"], ["sealed_object.id"], name=op.f("fk_allegation_text_id_sealed_object")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allegation")),
        sa.UniqueConstraint("case_id", "ordinal", name=op.f("uq_allegation_case_id_ordinal")),
    )
    with op.batch_alter_table("allegation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_allegation_case_id"), ["case_id"], unique=False)

    op.create_table(
        "case_kept_away",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_case_kept_away_case_id_case")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_case_kept_away_staff_id_staff")),
        sa.PrimaryKeyConstraint("case_id", "staff_id", name=op.f("pk_case_kept_away")),
    )
    op.create_table(
        "case_material",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("object_id", sa.Uuid(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("selected_by", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_case_material_case_id_case")),
        sa.ForeignKeyConstraint(
            ["object_id"], ["sealed_object.id"], name=op.f("fk_case_material_object_id_sealed_object")
        ),
        sa.ForeignKeyConstraint(
            ["selected_by"], ["staff.id"], name=op.f("fk_case_material_selected_by_staff")
        ),
        sa.PrimaryKeyConstraint("case_id", "object_id", name=op.f("pk_case_material")),
    )
    op.create_table(
        "case_note",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("object_id", sa.Uuid(), nullable=False),
        sa.Column("written_by", sa.Uuid(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_case_note_case_id_case")),
        sa.ForeignKeyConstraint(
            ["object_id"], ["sealed_object.id"], name=op.f("fk_case_note_object_id_sealed_object")
        ),
        sa.ForeignKeyConstraint(["written_by"], ["staff.id"], name=op.f("fk_case_note_written_by_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_note")),
    )
    with op.batch_alter_table("case_note", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_note_case_id"), ["case_id"], unique=False)

    op.create_table(
        "case_unit",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_case_unit_case_id_case")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_case_unit_unit_id_unit")),
        sa.PrimaryKeyConstraint("case_id", "unit_id", name=op.f("pk_case_unit")),
    )
    with op.batch_alter_table("case_unit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_unit_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "conclusion",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("file_version_id", sa.Uuid(), nullable=False),
        sa.Column("unit_version_id", sa.Uuid(), nullable=False),
        sa.Column("drafted_by", sa.Uuid(), nullable=False),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_on", sa.Date(), nullable=True),
        sa.Column("delivered_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["approved_by"], ["staff.id"], name=op.f("fk_conclusion_approved_by_staff")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_conclusion_case_id_case")),
        sa.ForeignKeyConstraint(
            ["delivered_by"], ["staff.id"], name=op.f("fk_conclusion_delivered_by_staff")
        ),
        sa.ForeignKeyConstraint(["drafted_by"], ["staff.id"], name=op.f("fk_conclusion_drafted_by_staff")),
        sa.ForeignKeyConstraint(
            ["file_version_id"],
            ["sealed_object.id"],
            name=op.f("fk_conclusion_file_version_id_sealed_object"),
        ),
        sa.ForeignKeyConstraint(
            ["unit_version_id"],
            ["sealed_object.id"],
            name=op.f("fk_conclusion_unit_version_id_sealed_object"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conclusion")),
        sa.UniqueConstraint("case_id", "number", name=op.f("uq_conclusion_case_id_number")),
    )
    with op.batch_alter_table("conclusion", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_conclusion_case_id"), ["case_id"], unique=False)

    op.create_table(
        "paper_act",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_kind", sa.String(length=20), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("case_version", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("signed_by", sa.Uuid(), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("scan_id", sa.Uuid(), nullable=False),
        sa.Column("note_id", sa.Uuid(), nullable=True),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_paper_act_case_id_case")),
        sa.ForeignKeyConstraint(["confirmed_by"], ["staff.id"], name=op.f("fk_paper_act_confirmed_by_staff")),
        sa.ForeignKeyConstraint(
            ["note_id"], ["sealed_object.id"], name=op.f("fk_paper_act_note_id_sealed_object")
        ),
        sa.ForeignKeyConstraint(["recorded_by"], ["staff.id"], name=op.f("fk_paper_act_recorded_by_staff")),
        sa.ForeignKeyConstraint(
            ["scan_id"], ["stored_file.object_id"], name=op.f("fk_paper_act_scan_id_stored_file")
        ),
        sa.ForeignKeyConstraint(["signed_by"], ["staff.id"], name=op.f("fk_paper_act_signed_by_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_act")),
    )
    with op.batch_alter_table("paper_act", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_paper_act_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_paper_act_subject_id"), ["subject_id"], unique=False)

    op.create_table(
        "plan",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("methods", sa.JSON(), nullable=False),
        sa.Column("unannounced", sa.Boolean(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("people_planned", sa.Integer(), nullable=False),
        sa.Column("hours_planned", sa.Integer(), nullable=False),
        sa.Column("written_by", sa.Uuid(), nullable=False),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["approved_by"], ["staff.id"], name=op.f("fk_plan_approved_by_staff")),
        sa.ForeignKeyConstraint(
            ["body_id"], ["sealed_object.id"], name=op.f("fk_plan_body_id_sealed_object")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_plan_case_id_case")),
        sa.ForeignKeyConstraint(["written_by"], ["staff.id"], name=op.f("fk_plan_written_by_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan")),
        sa.UniqueConstraint("case_id", "number", name=op.f("uq_plan_case_id_number")),
    )
    with op.batch_alter_table("plan", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_plan_case_id"), ["case_id"], unique=False)

    op.create_table(
        "rectification_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("ordered_by", sa.Uuid(), nullable=False),
        sa.Column("verified_by", sa.Uuid(), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verification_id", sa.Uuid(), nullable=True),
        sa.Column("signer_id", sa.Uuid(), nullable=True),
        sa.Column("closed_off_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["body_id"], ["sealed_object.id"], name=op.f("fk_rectification_item_body_id_sealed_object")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_rectification_item_case_id_case")),
        sa.ForeignKeyConstraint(
            ["ordered_by"], ["staff.id"], name=op.f("fk_rectification_item_ordered_by_staff")
        ),
        sa.ForeignKeyConstraint(
            ["signer_id"], ["staff.id"], name=op.f("fk_rectification_item_signer_id_staff")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_rectification_item_unit_id_unit")),
        sa.ForeignKeyConstraint(
            ["verification_id"],
            ["sealed_object.id"],
            name=op.f("fk_rectification_item_verification_id_sealed_object"),
        ),
        sa.ForeignKeyConstraint(
            ["verified_by"], ["staff.id"], name=op.f("fk_rectification_item_verified_by_staff")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rectification_item")),
        sa.UniqueConstraint("case_id", "ordinal", name=op.f("uq_rectification_item_case_id_ordinal")),
    )
    with op.batch_alter_table("rectification_item", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rectification_item_case_id"), ["case_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_rectification_item_state_due_on_id"), ["state", "due_on", "id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_rectification_item_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "item_report",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("reported_by", sa.Uuid(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("returned_note_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["body_id"], ["sealed_object.id"], name=op.f("fk_item_report_body_id_sealed_object")
        ),
        sa.ForeignKeyConstraint(
            ["item_id"], ["rectification_item.id"], name=op.f("fk_item_report_item_id_rectification_item")
        ),
        sa.ForeignKeyConstraint(["reported_by"], ["staff.id"], name=op.f("fk_item_report_reported_by_staff")),
        sa.ForeignKeyConstraint(
            ["returned_note_id"],
            ["sealed_object.id"],
            name=op.f("fk_item_report_returned_note_id_sealed_object"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_report")),
    )
    with op.batch_alter_table("item_report", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_item_report_item_id"), ["item_id"], unique=False)

    op.create_table(
        "plan_unit",
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_plan_unit_plan_id_plan")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_plan_unit_unit_id_unit")),
        sa.PrimaryKeyConstraint("plan_id", "unit_id", name=op.f("pk_plan_unit")),
    )
    op.create_table(
        "task",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("dispatched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("dispatched_by", sa.Uuid(), nullable=False),
        sa.Column("handed_back", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_task_case_id_case")),
        sa.ForeignKeyConstraint(["dispatched_by"], ["staff.id"], name=op.f("fk_task_dispatched_by_staff")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_task_plan_id_plan")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
    )
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_task_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_task_state_due_on_id"), ["state", "due_on", "id"], unique=False)

    op.create_table(
        "field_record",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("method", sa.String(length=40), nullable=False),
        sa.Column("stage", sa.String(length=40), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("off_plan", sa.Boolean(), nullable=False),
        sa.Column("gaps", sa.JSON(), nullable=False),
        sa.Column("written_by", sa.Uuid(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["body_id"], ["sealed_object.id"], name=op.f("fk_field_record_body_id_sealed_object")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_field_record_case_id_case")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_field_record_task_id_task")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_field_record_unit_id_unit")),
        sa.ForeignKeyConstraint(["written_by"], ["staff.id"], name=op.f("fk_field_record_written_by_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_field_record")),
    )
    with op.batch_alter_table("field_record", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_field_record_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_field_record_task_id"), ["task_id"], unique=False)

    op.create_table(
        "task_member",
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("is_leader", sa.Boolean(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_task_member_staff_id_staff")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_task_member_task_id_task")),
        sa.PrimaryKeyConstraint("task_id", "staff_id", name=op.f("pk_task_member")),
    )
    with op.batch_alter_table("task_member", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_task_member_staff_id"), ["staff_id"], unique=False)

    op.create_table(
        "exhibit",
        sa.Column("object_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=True),
        sa.Column("record_id", sa.Uuid(), nullable=True),
        sa.Column("item_report_id", sa.Uuid(), nullable=True),
        sa.Column("meta_id", sa.Uuid(), nullable=False),
        sa.Column("off_plan", sa.Boolean(), nullable=False),
        sa.Column("taken_by", sa.Uuid(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_exhibit_case_id_case")),
        sa.ForeignKeyConstraint(
            ["item_report_id"], ["item_report.id"], name=op.f("fk_exhibit_item_report_id_item_report")
        ),
        sa.ForeignKeyConstraint(
            ["meta_id"], ["sealed_object.id"], name=op.f("fk_exhibit_meta_id_sealed_object")
        ),
        sa.ForeignKeyConstraint(
            ["object_id"], ["stored_file.object_id"], name=op.f("fk_exhibit_object_id_stored_file")
        ),
        sa.ForeignKeyConstraint(
            ["record_id"], ["field_record.id"], name=op.f("fk_exhibit_record_id_field_record")
        ),
        sa.ForeignKeyConstraint(["taken_by"], ["staff.id"], name=op.f("fk_exhibit_taken_by_staff")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_exhibit_task_id_task")),
        sa.PrimaryKeyConstraint("object_id", name=op.f("pk_exhibit")),
    )
    with op.batch_alter_table("exhibit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_exhibit_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_exhibit_item_report_id"), ["item_report_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_exhibit_record_id"), ["record_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_exhibit_task_id"), ["task_id"], unique=False)

    op.create_table(
        "field_record_staff",
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"], ["field_record.id"], name=op.f("fk_field_record_staff_record_id_field_record")
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_field_record_staff_staff_id_staff")
        ),
        sa.PrimaryKeyConstraint("record_id", "staff_id", name=op.f("pk_field_record_staff")),
    )
    op.create_table(
        "allegation_exhibit",
        sa.Column("allegation_id", sa.Uuid(), nullable=False),
        sa.Column("exhibit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["allegation_id"], ["allegation.id"], name=op.f("fk_allegation_exhibit_allegation_id_allegation")
        ),
        sa.ForeignKeyConstraint(
            ["exhibit_id"], ["exhibit.object_id"], name=op.f("fk_allegation_exhibit_exhibit_id_exhibit")
        ),
        sa.PrimaryKeyConstraint("allegation_id", "exhibit_id", name=op.f("pk_allegation_exhibit")),
    )

    op.create_table(
        "file_mark",
        sa.Column("object_id", sa.Uuid(), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["key_id"], ["recipient_key.id"], name=op.f("fk_file_mark_key_id_recipient_key")
        ),
        sa.ForeignKeyConstraint(
            ["object_id"],
            ["stored_file.object_id"],
            name=op.f("fk_file_mark_object_id_stored_file"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("object_id", name=op.f("pk_file_mark")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("file_mark", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_file_mark_mark_key_id"), ["mark", "key_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("file_mark", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_file_mark_mark_key_id"))
    op.drop_table("file_mark")
    op.drop_table("allegation_exhibit")
    op.drop_table("field_record_staff")
    with op.batch_alter_table("exhibit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_exhibit_task_id"))
        batch_op.drop_index(batch_op.f("ix_exhibit_record_id"))
        batch_op.drop_index(batch_op.f("ix_exhibit_item_report_id"))
        batch_op.drop_index(batch_op.f("ix_exhibit_case_id"))

    op.drop_table("exhibit")
    with op.batch_alter_table("task_member", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_task_member_staff_id"))

    op.drop_table("task_member")
    with op.batch_alter_table("field_record", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_field_record_task_id"))
        batch_op.drop_index(batch_op.f("ix_field_record_case_id"))

    op.drop_table("field_record")
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_task_state_due_on_id"))
        batch_op.drop_index(batch_op.f("ix_task_case_id"))

    op.drop_table("task")
    op.drop_table("plan_unit")
    with op.batch_alter_table("item_report", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_item_report_item_id"))

    op.drop_table("item_report")
    with op.batch_alter_table("rectification_item", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_rectification_item_unit_id"))
        batch_op.drop_index(batch_op.f("ix_rectification_item_state_due_on_id"))
        batch_op.drop_index(batch_op.f("ix_rectification_item_case_id"))

    op.drop_table("rectification_item")
    with op.batch_alter_table("plan", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_plan_case_id"))

    op.drop_table("plan")
    with op.batch_alter_table("paper_act", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_paper_act_subject_id"))
        batch_op.drop_index(batch_op.f("ix_paper_act_case_id"))

    op.drop_table("paper_act")
    with op.batch_alter_table("conclusion", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_conclusion_case_id"))

    op.drop_table("conclusion")
    with op.batch_alter_table("case_unit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_case_unit_unit_id"))

    op.drop_table("case_unit")
    with op.batch_alter_table("case_note", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_case_note_case_id"))

    op.drop_table("case_note")
    op.drop_table("case_material")
    op.drop_table("case_kept_away")
    with op.batch_alter_table("allegation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_allegation_case_id"))

    op.drop_table("allegation")
    with op.batch_alter_table("staff_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_staff_session_staff_id"))
        batch_op.drop_index(batch_op.f("ix_staff_session_expires_at"))

    op.drop_table("staff_session")
    op.drop_table("staff_role")
    with op.batch_alter_table("staff_notice", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_staff_notice_staff_id_read_at"))

    op.drop_table("staff_notice")
    with op.batch_alter_table("interest", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_interest_staff_id"))

    op.drop_table("interest")
    with op.batch_alter_table("destruction", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_destruction_object_id"))

    op.drop_table("destruction")
    with op.batch_alter_table("identity_opening", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_identity_opening_tip_id"))

    op.drop_table("identity_opening")
    with op.batch_alter_table("draft_file", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_draft_file_draft_id"))

    op.drop_table("draft_file")
    op.drop_table("file_part")
    with op.batch_alter_table("case", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_case_state_opened_on_id"))

    op.drop_table("case")
    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_attachment_tip_id"))

    op.drop_table("attachment")
    op.drop_table("unit_duty")
    op.drop_table("staff")
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_message_tip_id"))

    op.drop_table("message")
    with op.batch_alter_table("draft", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_draft_begun_on"))

    op.drop_table("draft")
    op.drop_table("unit")
    with op.batch_alter_table("tip", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_tip_urgent", sqlite_where=sa.text("urgent = 1"), postgresql_where=sa.text("urgent")
        )
        batch_op.drop_index(batch_op.f("ix_tip_desk_state_received_on_id"))
        batch_op.drop_index(batch_op.f("ix_tip_desk_state_category_received_on_id"))
        batch_op.drop_index(batch_op.f("ix_tip_case_id"))

    op.drop_table("tip")
    op.drop_table("stored_file")
    with op.batch_alter_table("object_grant", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_object_grant_recipient_key_id"))

    op.drop_table("object_grant")
    with op.batch_alter_table("key_wrap", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_key_wrap_holder_key_id"))

    op.drop_table("key_wrap")
    op.drop_table("sealed_object")
    op.drop_table("schedule_slot")
    with op.batch_alter_table("recipient_key", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_recipient_key_purpose_holder_generation"))

    op.drop_table("recipient_key")
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outbox_dead_attempts"))

    op.drop_table("outbox")
    op.drop_table("directory_entry")
    with op.batch_alter_table("deadline", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_deadline_subject_id"))
        batch_op.drop_index(batch_op.f("ix_deadline_met_on_due_at"))

    op.drop_table("deadline")
    op.drop_table("calendar_day")
    op.drop_table("audit_head")
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_entry_subject_id"))
        batch_op.drop_index(batch_op.f("ix_audit_entry_actor_id"))

    op.drop_table("audit_entry")
