"""The run mode PRINT is called HEADLESS

Revision: 0003
Follows: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_RUNS = sa.table("runs", sa.column("mode", sa.String))
_TASKS = sa.table("tasks", sa.column("run_mode", sa.String))


def upgrade() -> None:
    op.execute(_RUNS.update().where(_RUNS.c.mode == "PRINT").values(mode="HEADLESS"))
    op.execute(_TASKS.update().where(_TASKS.c.run_mode == "PRINT").values(run_mode="HEADLESS"))


def downgrade() -> None:
    raise NotImplementedError("Chorus only migrates forward: restore the backup instead")
