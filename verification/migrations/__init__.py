"""One Alembic chain for all tables of both packages, and what the portal's own database role may do."""
