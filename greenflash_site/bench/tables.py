"""The tables that messages go to, as the bench sees them: their rows counted, weighed, copied and cleared.

No SQL here holds a value that comes from elsewhere.
"""

from contextlib import suppress
from time import perf_counter

import psycopg

from greenflash_site.bench.load import Timing

# In the order that foreign keys ask for.
TABLES = ("organization", "participant", "conversation", "message")
# A COPY longer than this tells nothing more.
MOST_COPIED = 100_000


class Tables:
    """The tables behind one connection, which commits each statement by itself."""

    def __init__(self, connection: psycopg.Connection[tuple[int, ...]]) -> None:
        self._connection = connection

    def clear(self) -> None:
        """Remove all conversations, so that each kind of requests finds the tables alike."""
        while True:
            # The worker may be at them, and takes them in another order.
            with suppress(psycopg.errors.DeadlockDetected):
                self._connection.execute(f"truncate {', '.join(TABLES)} cascade")
                return

    def analyze(self) -> None:
        """Tell the planner what the tables hold, as autovacuum does within a minute of their first rows.

        Until then it takes any index of a workspace for as good as the unique one, and reads all of the workspace.
        """
        self._connection.execute(f"analyze {', '.join(TABLES)}")

    def vacuum(self) -> None:
        """Make room of what is no longer seen, as autovacuum does when a fifth of a table is."""
        self._connection.execute(f"vacuum {', '.join(TABLES)}")

    def message_count(self) -> int:
        """How many messages are stored."""
        return self._one("select count(*) from message")

    def sizes(self) -> dict[str, int]:
        """Bytes of each table on the disk, with its indexes and long values, the largest first."""
        query = """
            select relname::text, pg_total_relation_size(oid) as size from pg_class
             where relkind = 'r' and relnamespace = 'public'::regnamespace order by size desc
        """
        return {str(table): size for table, size in self._connection.execute(query).fetchall()}

    def is_digested(self) -> bool:
        """Whether the worker has visited all that is here."""
        return not self._one("select count(*) from conversation where search_due_at is not null")

    def copy(self) -> Timing:
        """Read all rows, clear the tables, and COPY the rows back in one transaction; the latency is that of each row.

        Takes the newest `MOST_COPIED` messages.
        """
        with self._connection.cursor() as cursor:
            data: dict[str, bytes] = {}
            for table in TABLES:
                limit = f"order by id desc limit {MOST_COPIED}" if table == "message" else ""
                with cursor.copy(f"copy (select * from {table} {limit}) to stdout") as copy:
                    data[table] = b"".join(copy)
            self.clear()
            rows = 0
            started = perf_counter()
            with self._connection.transaction():
                for table in TABLES:
                    with cursor.copy(f"copy {table} from stdin") as copy:
                        copy.write(data[table])
                    rows = cursor.rowcount
            return Timing(started, perf_counter(), [0.0] * rows)

    def _one(self, query: str) -> int:
        row = self._connection.execute(query).fetchone()
        return row[0] if row else 0
