"""One signed paper that dockets several cases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("paper_act", schema=None) as batch_op:
        batch_op.add_column(sa.Column("list_id", sa.Uuid(), nullable=True))
        batch_op.create_index(batch_op.f("ix_paper_act_list_id"), ["list_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("paper_act", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_paper_act_list_id"))
        batch_op.drop_column("list_id")
