"""Saved views: a filter is given a name, renamed, shared, and deleted."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from conversations.facets import chips
from conversations.filters import ConversationFilter
from conversations.forms import SavedViewForm
from conversations.models import SavedView
from greenflash_site.access import member_required
from greenflash_site.http import MemberRequest, render, retry_collision
from products.models import Role


@member_required(Role.MEMBER)
@retry_collision
def new(request: MemberRequest) -> HttpResponse:
    """Give the filter of the query string a name."""
    chosen = ConversationFilter.of(request)
    form = SavedViewForm(request.POST or None, member=request.member, instance=SavedView(query=chosen.query))
    if request.method == "POST" and form.is_valid():
        view = form.save()
        messages.success(request, f"Saved as {view.name}.")
        return _to_list(request, view.link)
    context = {"form": form, "chosen": chosen, "chips": chips(chosen), "saved_view": None}
    return render(request, "conversations/saved_view.html", context, status=422 if form.errors else 200)


@member_required(Role.MEMBER)
@retry_collision
def edit(request: MemberRequest, saved_view_id: UUID) -> HttpResponse:
    """Rename a view, or change who sees it."""
    view = get_object_or_404(request.workspace.saved_views.changed_by(request.member), id=saved_view_id)
    name = view.name  # the form's instance takes on what was typed
    form = SavedViewForm(request.POST or None, member=request.member, instance=view)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, f"{view.name} is saved.")
        return _to_list(request, view.link)
    context = {"form": form, "saved_view": view, "name": name}
    return render(request, "conversations/saved_view.html", context, status=422 if form.errors else 200)


@require_POST
@member_required(Role.MEMBER)
def delete(request: MemberRequest, saved_view_id: UUID) -> HttpResponse:
    """Forget a view; the conversations stay."""
    view = get_object_or_404(request.workspace.saved_views.changed_by(request.member), id=saved_view_id)
    view.delete()
    messages.success(request, f"The view {view.name} is deleted.")
    return _to_list(request, view.link)


def _to_list(request: MemberRequest, query: str) -> HttpResponse:
    return HttpResponseRedirect(f"{reverse('conversation-list', args=[request.workspace.slug])}{query}")
