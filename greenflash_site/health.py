"""`/healthz` says that the process answers; `/readyz` that it can do its work."""

from datetime import datetime
from typing import Any

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import Error as DatabaseError
from django.http import HttpRequest, JsonResponse
from django.utils import timezone

from greenflash_site.access import public

# The worker beats every ten seconds; three beats missed is a worker that is gone.
WORKER_SILENT_SECONDS = 30.0

_migrated: bool = False


@public
def process(request: HttpRequest) -> JsonResponse:
    """200 as long as the process can answer at all."""
    return JsonResponse({"status": "ok"})


@public
def readiness(request: HttpRequest) -> JsonResponse:
    """200 when the database answers, all migrations are in and a worker is alive; else 503 and which is not."""
    checks: dict[str, Any] = {"database": False, "migrations": False, "worker": False, "workerLagSeconds": None}
    try:
        checks["migrations"] = _is_migrated()
        checks["database"] = True
        checks["worker"], checks["workerLagSeconds"] = _worker()
    except DatabaseError:
        pass
    # A probe asks every few seconds: that it is not ready is its answer, not an error for the log.
    ready = checks["database"] and checks["migrations"] and checks["worker"]
    response = JsonResponse({"status": "ready" if ready else "not ready", **checks}, status=200 if ready else 503)
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response


def _is_migrated() -> bool:
    """Whether nothing is left to migrate; once it is so it stays so, and only the connection is tried."""
    global _migrated
    if _migrated:
        connection.ensure_connection()
        with connection.cursor() as cursor:
            cursor.execute("select 1")
        return True
    executor = MigrationExecutor(connection)
    _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _migrated


def _worker() -> tuple[bool, float | None]:
    """Whether a worker beat lately, and for how many seconds the oldest due job has been waiting (0: none does)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select (select max(last_heartbeat) from procrastinate_workers),"
            " (select min(coalesce(j.scheduled_at, e.at)) from procrastinate_jobs j"
            "   left join lateral (select min(at) as at from procrastinate_events where job_id = j.id) e on true"
            "   where j.status = 'todo' and coalesce(j.scheduled_at, now()) <= now())"
        )
        heartbeat, oldest = cursor.fetchone()
    now: datetime = timezone.now()
    alive = heartbeat is not None and (now - heartbeat).total_seconds() < WORKER_SILENT_SECONDS
    return alive, max((now - oldest).total_seconds(), 0.0) if oldest else 0.0
