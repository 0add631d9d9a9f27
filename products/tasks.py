"""The worker's jobs about who owns what."""

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from products.erasure import erase_some
from products.models import DeletedWorkspace

# So long at a time, so that other jobs come in between and the worker can be stopped.
ERASING_SECONDS = 2.0
# What was on its way when something was deleted arrives first.
BEGIN_AFTER = 5


@app.task(retry=RetryStrategy(max_attempts=10, exponential_wait=2))
def erase_workspace(receipt_id: str) -> None:
    """Delete some rows of a deleted workspace, then ask for the next time."""
    receipt = DeletedWorkspace.objects.filter(id=receipt_id, finished_at=None).first()
    if receipt and not erase_some(receipt, seconds=ERASING_SECONDS):
        erase_workspace.defer(receipt_id=receipt_id)


@app.periodic(cron="*/5 * * * *")
@app.task(queueing_lock="resume_erasing")
def resume_erasing(timestamp: int) -> None:
    """Go on where a worker died."""
    for receipt_id in DeletedWorkspace.objects.silent().values_list("id", flat=True):
        erase_workspace.defer(receipt_id=str(receipt_id))
