"""What each app's own database role may do on PostgreSQL. SQLite has no roles: there the file is the border.

The portal's role can add tips and messages and read mailboxes and public keys. It cannot read cases, staff,
wrapped keys or the audit trail, and cannot change a tip's state or anybody's message.
Source: 3-architecture "The portal writes rows; only the internal side changes states".
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, text

#: Tables the portal's role may insert into whole.
PORTAL_INSERTS = (
    "sealed_object",
    "object_grant",
    "stored_file",
    "attachment",
    "message",
    "draft",
    "draft_file",
    "file_part",
    "outbox",
)
PORTAL_READS = (
    "recipient_key",
    "directory_entry",
    "published_inspection",
    "sealed_object",
    "object_grant",
    "stored_file",
    "attachment",
    "message",
    "draft",
    "draft_file",
    "file_part",
)
#: What the portal may write of a tip, once, when it comes. Not its state, and nothing that staff write.
PORTAL_TIP_INSERTS = (
    "id",
    "receipt_lookup",
    "informant_public",
    "desk",
    "desk_key_id",
    "director_key_id",
    "statement_id",
    "identity_id",
    "received_on",
    "received_hour",
    "urgent",
)
#: What a mailbox shows of a tip.
PORTAL_TIP_READS = (
    *PORTAL_TIP_INSERTS,
    "state",
    "closing_code",
    "channel_code",
    "identity_opened",
)
PORTAL_UPDATES: Mapping[str, tuple[str, ...]] = {
    "draft": ("desk", "tip_id", "content_mac"),
    "draft_file": ("submitted",),
}


#: Only a table's owner may rewrite it; the nightly job may have these done, by the order of their keys alone.
CLUSTER_FUNCTION = """
CREATE OR REPLACE FUNCTION xiansuo_cluster(name text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  EXECUTE format('CLUSTER public.%I USING %I', name, 'pk_' || name);
END $$
"""


def grant_roles(connection: Connection, *, portal: str, verification: str) -> None:
    """Give both roles exactly their rights on every table; run after each migration, as the owner.

    portal, verification: names of roles that exist.
    """
    quote = connection.dialect.identifier_preparer.quote
    portal, verification = quote(portal), quote(verification)
    for role in (portal, verification):
        connection.execute(text(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}"))
        connection.execute(text(f"GRANT USAGE ON SCHEMA public TO {role}"))
    every = "ALL TABLES IN SCHEMA public"
    connection.execute(text(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {every} TO {verification}"))
    for table in PORTAL_INSERTS:
        connection.execute(text(f"GRANT INSERT ON {table} TO {portal}"))
    for table in PORTAL_READS:
        connection.execute(text(f"GRANT SELECT ON {table} TO {portal}"))
    connection.execute(text(f"GRANT INSERT ({', '.join(PORTAL_TIP_INSERTS)}) ON tip TO {portal}"))
    connection.execute(text(f"GRANT SELECT ({', '.join(PORTAL_TIP_READS)}) ON tip TO {portal}"))
    connection.execute(text(CLUSTER_FUNCTION))
    connection.execute(text("REVOKE ALL ON FUNCTION xiansuo_cluster(text) FROM PUBLIC"))
    connection.execute(text(f"GRANT EXECUTE ON FUNCTION xiansuo_cluster(text) TO {verification}"))
    for table, columns in PORTAL_UPDATES.items():
        connection.execute(text(f"GRANT UPDATE ({', '.join(columns)}) ON {table} TO {portal}"))
