"""The matrix of evidence: what each exhibit and record says to each allegation, in place of mere links.

Links carry over: to an untrue finding because the exhibit refutes, to any other because it supports.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_SEALED = ("weighed_id", "against_id", "needed_id")


def upgrade() -> None:
    op.create_table(
        "evidence_cell",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("allegation_id", sa.Uuid(), nullable=False),
        sa.Column("exhibit_id", sa.Uuid(), nullable=True),
        sa.Column("record_id", sa.Uuid(), nullable=True),
        sa.Column("stance", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("set_by", sa.Uuid(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(exhibit_id IS NULL) <> (record_id IS NULL)", name=op.f("ck_evidence_cell_one_source")
        ),
        sa.ForeignKeyConstraint(
            ["allegation_id"], ["allegation.id"], name=op.f("fk_evidence_cell_allegation_id_allegation")
        ),
        sa.ForeignKeyConstraint(
            ["exhibit_id"], ["exhibit.object_id"], name=op.f("fk_evidence_cell_exhibit_id_exhibit")
        ),
        sa.ForeignKeyConstraint(
            ["record_id"], ["field_record.id"], name=op.f("fk_evidence_cell_record_id_field_record")
        ),
        sa.ForeignKeyConstraint(["set_by"], ["staff.id"], name=op.f("fk_evidence_cell_set_by_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence_cell")),
        sa.UniqueConstraint(
            "allegation_id", "exhibit_id", name=op.f("uq_evidence_cell_allegation_id_exhibit_id")
        ),
        sa.UniqueConstraint(
            "allegation_id", "record_id", name=op.f("uq_evidence_cell_allegation_id_record_id")
        ),
    )
    with op.batch_alter_table("evidence_cell", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_evidence_cell_exhibit_id"), ["exhibit_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_evidence_cell_record_id"), ["record_id"], unique=False)

    sqlite = op.get_bind().dialect.name == "sqlite"
    new_id = "lower(hex(randomblob(16)))" if sqlite else "gen_random_uuid()"
    op.execute(
        "INSERT INTO evidence_cell (id, allegation_id, exhibit_id, stance, version, set_by, set_at) "  # noqa: S608  # both parts are our own
        f"SELECT {new_id}, link.allegation_id, link.exhibit_id, "
        "CASE WHEN allegation.finding = 'untrue' THEN 'refutes' ELSE 'supports' END, 1, "
        "COALESCE(allegation.found_by, exhibit.taken_by), COALESCE(allegation.found_at, exhibit.taken_at) "
        "FROM allegation_exhibit AS link "
        "JOIN allegation ON allegation.id = link.allegation_id "
        "JOIN exhibit ON exhibit.object_id = link.exhibit_id"
    )
    op.drop_table("allegation_exhibit")

    with op.batch_alter_table("allegation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("stance", sa.String(length=40), nullable=True))
        for name in _SEALED:
            batch_op.add_column(sa.Column(name, sa.Uuid(), nullable=True))
            batch_op.create_foreign_key(
                batch_op.f(f"fk_allegation_{name}_sealed_object"), "sealed_object", [name], ["id"]
            )


def downgrade() -> None:
    with op.batch_alter_table("allegation", schema=None) as batch_op:
        for name in reversed(_SEALED):
            batch_op.drop_constraint(batch_op.f(f"fk_allegation_{name}_sealed_object"), type_="foreignkey")
            batch_op.drop_column(name)
        batch_op.drop_column("stance")

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
    op.execute(
        "INSERT INTO allegation_exhibit (allegation_id, exhibit_id) "
        "SELECT allegation_id, exhibit_id FROM evidence_cell "
        "WHERE exhibit_id IS NOT NULL AND stance <> 'silent'"
    )
    with op.batch_alter_table("evidence_cell", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_evidence_cell_record_id"))
        batch_op.drop_index(batch_op.f("ix_evidence_cell_exhibit_id"))
    op.drop_table("evidence_cell")
