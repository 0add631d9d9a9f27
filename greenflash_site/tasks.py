"""Jobs that no app owns; the worker runs them by the clock."""

from datetime import timedelta

from django.core.management import call_command
from django.utils import timezone
from procrastinate.contrib.django import app

from greenflash_site.api.retries import KEY_LIFETIME
from products.models import Attempts, RequestCount, RequestKey


@app.periodic(cron="17 4 * * *")
@app.task(queueing_lock="delete_expired_sessions")
def delete_expired_sessions(timestamp: int) -> None:
    """Delete sessions whose time is over; Django leaves them in the table."""
    call_command("clearsessions")


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="delete_old_requests")
def delete_old_requests(timestamp: int) -> None:
    """Delete what is remembered of requests for no longer than needed: keys, counts of minutes, attempts."""
    now = timezone.now()
    RequestKey.objects.filter(created_at__lt=now - KEY_LIFETIME).delete()
    RequestCount.objects.filter(minute__lt=now - timedelta(minutes=10)).delete()
    Attempts.objects.filter(expires_at__lt=now).delete()
