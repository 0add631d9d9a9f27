"""The audit log: who did what to what, when and from where; as a page and as a file."""

from collections.abc import Iterator
from itertools import batched
from urllib.parse import urlencode

from django.http import HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from greenflash_site.access import member_required
from greenflash_site.http import MemberRequest, render, zone_of
from products.audit import record
from products.forms import AuditFilterForm
from products.models import Action, AuditEntry, AuditEntryQuerySet, Role
from products.models.ids import read_id
from products.spreadsheet import BYTE_ORDER_MARK, CONTENT_TYPE, lines

PAGE_SIZE = 50
EXPORTED_AT_ONCE = 500


@member_required(Role.ADMIN)
def index(request: MemberRequest) -> HttpResponse:
    """The log, newest first, narrowed to what the query string asks for."""
    form = AuditFilterForm(request.GET)
    found = form.narrow(request.workspace.audit_entries.newest_first(), zone_of(request))
    before = read_id(request.GET.get("before", ""))
    page = list((found.filter(id__lt=before) if before else found)[: PAGE_SIZE + 1])
    entries = page[:PAGE_SIZE]
    chosen = {name: value for name, value in request.GET.items() if name in form.fields and value}
    context = {
        "form": form,
        "entries": entries,
        "chosen": urlencode(chosen),
        "newer_url": f"?{urlencode(chosen)}" if before else None,
        "older_url": f"?{urlencode({**chosen, 'before': entries[-1].id})}" if len(page) > PAGE_SIZE else None,
    }
    return render(request, "products/audit_log.html", context, status=422 if form.errors else 200)


@require_POST
@member_required(Role.ADMIN)
def export(request: MemberRequest) -> StreamingHttpResponse:
    """What the filter shows, as CSV, oldest last; of any length."""
    form = AuditFilterForm(request.GET)
    found = form.narrow(request.workspace.audit_entries.newest_first(), zone_of(request))
    after = {"filter": urlencode(form.cleaned_data, doseq=True)}
    record(
        request.workspace, Action.AUDIT_LOG_EXPORTED, acting_user=request.user, target=request.workspace, after=after
    )
    name = f"{request.workspace.slug}-audit-log-{timezone.now().date().isoformat()}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(_csv(found), content_type=CONTENT_TYPE, headers=headers)


def _csv(found: AuditEntryQuerySet) -> Iterator[bytes]:
    yield BYTE_ORDER_MARK + lines([["time", "action", "actor", "target", "before", "after", "address", "id"]])
    for entries in batched(found.iterator(chunk_size=EXPORTED_AT_ONCE), EXPORTED_AT_ONCE, strict=False):
        yield lines(map(_row, entries))


def _row(entry: AuditEntry) -> list[object]:
    actor = entry.actor or "(command)"
    return [entry.created_at, entry.action, actor, entry.target, entry.before, entry.after, entry.address, entry.id]
