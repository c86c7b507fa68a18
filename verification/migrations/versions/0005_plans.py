"""Plans: burdens, returned versions; outside members of a team."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "task_guest",
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_task_guest_staff_id_staff")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_task_guest_task_id_task")),
        sa.PrimaryKeyConstraint("task_id", "staff_id", name=op.f("pk_task_guest")),
    )
    with op.batch_alter_table("task_guest", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_task_guest_staff_id"), ["staff_id"], unique=False)
    with op.batch_alter_table("plan", schema=None) as batch_op:
        batch_op.add_column(sa.Column("burdens", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("returned_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("plan", schema=None) as batch_op:
        batch_op.alter_column("burdens", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("plan", schema=None) as batch_op:
        batch_op.drop_column("returned_at")
        batch_op.drop_column("burdens")
    with op.batch_alter_table("task_guest", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_task_guest_staff_id"))
    op.drop_table("task_guest")
