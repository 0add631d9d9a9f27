"""Exports: what the list shows as a file, at once where it is small, by the worker where it is large."""

from collections.abc import Iterator
from uuid import UUID

from django.db import transaction
from django.http import HttpResponse, HttpResponseBadRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from conversations.exports import CONTENT_TYPES, as_file
from conversations.filters import ConversationFilter
from conversations.models import Format, conversations_of
from conversations.models.export import file_name
from conversations.tasks import make_export
from greenflash_site.access import member_required
from greenflash_site.http import MemberRequest, render_partial
from products.audit import record
from products.models import Action, Role

# So many conversations are sent at once; of more the worker makes a file.
AT_ONCE = 2_000


@require_POST
@member_required(Role.MEMBER)
def new(request: MemberRequest) -> HttpResponseBase:
    """Export what the filter of the query string shows."""
    if request.POST.get("format") not in Format.values:
        return HttpResponseBadRequest("Export as csv or jsonl.")
    format = Format(request.POST["format"])
    chosen = ConversationFilter.of(request)
    found = chosen.apply(conversations_of(chosen.products))
    after = {"format": format, "filter": chosen.query}
    record(
        request.workspace,
        Action.CONVERSATIONS_EXPORTED,
        acting_user=request.user,
        target=request.workspace,
        after=after,
    )
    if found.values("id")[: AT_ONCE + 1].count() <= AT_ONCE:
        pieces = (piece for _, piece in as_file(format, found, request.workspace))
        name = file_name(request.workspace, format, timezone.now().astimezone(chosen.zone).date().isoformat())
        return _download(pieces, format, name)
    with transaction.atomic():
        export = request.workspace.exports.create(
            member=request.member,
            format=format,
            query=chosen.query,
            zone=str(chosen.zone),
            product_ids=[str(product.id) for product in chosen.products],
        )
        make_export.defer(export_id=str(export.id))
    return redirect("conversation-export", request.workspace.slug, export.id)


@member_required(Role.MEMBER)
@never_cache
def detail(request: MemberRequest, export_id: UUID) -> HttpResponse:
    """How far the file is; its fragment asks for itself every second until it is there."""
    export = get_object_or_404(request.workspace.exports.of_member(request.member), id=export_id)
    return render_partial(request, "conversations/export.html", "progress", {"export": export})


@member_required(Role.MEMBER)
@never_cache
def download(request: MemberRequest, export_id: UUID) -> StreamingHttpResponse:
    """The file."""
    finished = request.workspace.exports.of_member(request.member).filter(finished_at__isnull=False)
    export = get_object_or_404(finished.select_related("workspace"), id=export_id)
    response = _download(export.content(), export.format, export.file_name)
    response["Content-Length"] = str(export.size)
    return response


def _download(pieces: Iterator[bytes], format: str, name: str) -> StreamingHttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(pieces, content_type=CONTENT_TYPES[Format(format)], headers=headers)
