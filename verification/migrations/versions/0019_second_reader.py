"""Conclusions: who read the draft over, who checked its wording, and the receipt of its delivery.

What was proposed before there was a second reader stays as it was: nobody is said to have read it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_KEYS = (
    ("read_by", "staff", "id"),
    ("checked_by", "staff", "id"),
    ("receipt_id", "sealed_object", "id"),
    ("receipt_scan_id", "stored_file", "object_id"),
)


def upgrade() -> None:
    with op.batch_alter_table("conclusion", schema=None) as batch_op:
        batch_op.add_column(sa.Column("read_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("delivery_means", sa.String(length=40), nullable=True))
        for name, table, column in _KEYS:
            batch_op.add_column(sa.Column(name, sa.Uuid(), nullable=True))
            batch_op.create_foreign_key(batch_op.f(f"fk_conclusion_{name}_{table}"), table, [name], [column])


def downgrade() -> None:
    with op.batch_alter_table("conclusion", schema=None) as batch_op:
        for name, table, _column in reversed(_KEYS):
            batch_op.drop_constraint(batch_op.f(f"fk_conclusion_{name}_{table}"), type_="foreignkey")
            batch_op.drop_column(name)
        for name in ("delivery_means", "checked_at", "read_at"):
            batch_op.drop_column(name)
