"""Routes of wages that came back or went astray: those of other conditions, for more kinds."""

import sqlalchemy as sa
from alembic import op

from shared import clock
from shared.db import new_id

revision = "0028"
down_revision = "0027"

NEW = ["payment_outside_account", "payment_returned", "receipt_disputed"]
COPIED = "condition."


def upgrade() -> None:
    routes = sa.Table("routes", sa.MetaData(), autoload_with=op.get_bind())
    latest = (
        sa.select(routes)
        .where(routes.c.area_code == "0", routes.c.code.startswith(COPIED))
        .order_by(routes.c.code, routes.c.version)
    )
    # The last version of each code.
    found = {one["code"]: dict(one) for one in op.get_bind().execute(latest).mappings()}
    for one in found.values():
        one |= {
            "id": new_id(),
            "code": one["code"].replace(COPIED, "payment."),
            "version": 1,
            "kinds": NEW,
            "created_at": clock.wall(),
            "created_by": "migration:payments",
        }
    op.bulk_insert(routes, list(found.values()))
