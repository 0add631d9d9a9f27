"""Jobs that no app owns; the worker runs them by the clock."""

from django.core.management import call_command
from procrastinate.contrib.django import app


@app.periodic(cron="17 4 * * *")
@app.task(queueing_lock="delete_expired_sessions")
def delete_expired_sessions(timestamp: int) -> None:
    """Delete sessions whose time is over; Django leaves them in the table."""
    call_command("clearsessions")
