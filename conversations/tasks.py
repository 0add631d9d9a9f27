"""The worker's jobs about conversations."""

from time import monotonic

from django.http import QueryDict
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from conversations.exports import as_file
from conversations.filters import ConversationFilter
from conversations.models import ConversationQuerySet, Export, ExportChunk, conversations_of
from conversations.product_deletion import erase_some
from greenflash_site.http import zone_named
from products.models import ENVIRONMENTS, DeletedProduct, Role
from products.tasks import ERASING_SECONDS

# A piece of a file is stored once it is this long, or this old: then the page tells of it.
CHUNK = 1_000_000
SECONDS = 1.0


@app.task
def make_export(export_id: str) -> None:
    """Make the file of an export; the member who asked for it must still be allowed to."""
    export = Export.objects.select_related("member__workspace", "workspace").filter(id=export_id).first()
    if export is None:  # its day is over
        return
    try:
        _make(export)
    except Exception:
        export.fail()
        raise


def _make(export: Export) -> None:
    if not export.member.has_role(Role.MEMBER):
        export.fail()
        return
    found = conversations_in(export)
    export.begin(found.count())
    gathered, stored_at, done = bytearray(), monotonic(), 0
    for done, piece in as_file(export.format, found, export.workspace):
        gathered += piece
        if len(gathered) >= CHUNK or monotonic() - stored_at > SECONDS:
            export.append(bytes(gathered), done=done)
            gathered, stored_at = bytearray(), monotonic()
    if gathered:
        export.append(bytes(gathered), done=done)
    export.finish()


def conversations_in(export: Export) -> ConversationQuerySet:
    """What the member who asked for it sees in that view now; "today" is the day on which they asked."""
    query = QueryDict(export.query)
    chosen = ConversationFilter.read(
        query,
        workspace=export.workspace,
        environment=query.get("environment", ENVIRONMENTS[0]),
        products=export.member.visible_products().filter(id__in=export.product_ids),
        zone=zone_named(export.zone),
        now=export.created_at,
    )
    return chosen.apply(conversations_of(chosen.products))


@app.periodic(cron="23 * * * *")
@app.task(queueing_lock="delete_expired_exports")
def delete_expired_exports(timestamp: int) -> None:
    """Delete files whose day is over."""
    ExportChunk.objects.filter(export__in=Export.objects.expired()).delete()
    Export.objects.expired().delete()


@app.task(retry=RetryStrategy(max_attempts=10, exponential_wait=2))
def erase_product(receipt_id: str) -> None:
    """Delete some rows of a deleted product, then ask for the next time."""
    receipt = DeletedProduct.objects.filter(id=receipt_id, finished_at=None).first()
    if receipt and not erase_some(receipt, seconds=ERASING_SECONDS):
        erase_product.defer(receipt_id=receipt_id)


@app.periodic(cron="2-59/5 * * * *")
@app.task(queueing_lock="resume_erasing_products")
def resume_erasing_products(timestamp: int) -> None:
    """Go on where a worker died."""
    for receipt_id in DeletedProduct.objects.silent().values_list("id", flat=True):
        erase_product.defer(receipt_id=str(receipt_id))
