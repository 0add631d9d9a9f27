"""A person's own account: name, email address, where they are signed in, and its end."""

from collections.abc import Iterable
from contextlib import suppress

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.email_verification import send_verification_email_to_address
from allauth.account.models import EmailAddress
from allauth.usersessions.internal.flows.sessions import end_sessions
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from greenflash_site.access import public, recently_authenticated, signed_in
from greenflash_site.http import PersonRequest, render, retry_collision
from products import people
from products.forms import DeleteAccountForm, EmailForm, ProfileForm
from products.models import Action
from products.sessions import device
from products.views.accounts import counted, counted_for_person


@signed_in
def profile(request: PersonRequest) -> HttpResponse:
    """The person's name."""
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Saved.")
        return redirect("account")
    return render(request, "account/profile.html", {"form": form}, status=422 if form.errors else 200)


@signed_in
@recently_authenticated
@counted_for_person("change email")
@retry_collision
def email(request: PersonRequest) -> HttpResponse:
    """The person's address: with mail set up a new one counts once it is confirmed, without at once."""
    form = EmailForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        if settings.EMAIL_CONFIGURED:
            _mail_link(request, people.propose_email(request.user, form.cleaned_data["email"]))
        else:
            people.change_email(request.user, form.cleaned_data["email"])
            messages.success(request, "Saved.")
        return redirect("account_email")
    context = {"form": form, "pending": people.pending_email(request.user), "mail": settings.EMAIL_CONFIGURED}
    return render(request, "account/email.html", context, status=422 if form.errors else 200)


@signed_in
@require_POST
@counted("send confirmation")
def send_email_again(request: PersonRequest) -> HttpResponse:
    """Mail the link that confirms the new address once more."""
    if pending := people.pending_email(request.user):
        _mail_link(request, pending)
    return redirect("account_email")


@signed_in
@require_POST
def keep_email(request: PersonRequest) -> HttpResponse:
    """Change the address to no other after all."""
    if pending := people.pending_email(request.user):
        pending.delete()
        messages.success(request, "Your address stays as it is.")
    return redirect("account_email")


@signed_in
def sessions(request: PersonRequest) -> HttpResponse:
    """Every browser that is signed in, this one first, then the latest seen."""
    current = request.session.session_key
    found = sorted(
        UserSession.objects.purge_and_list(request.user),
        key=lambda session: (session.session_key == current, session.last_seen_at),
        reverse=True,
    )
    rows = [
        {"session": each, "device": device(each.user_agent), "is_current": each.session_key == current}
        for each in found
    ]
    return render(request, "usersessions/usersession_list.html", {"rows": rows})


@signed_in
@require_POST
def end_session(request: PersonRequest, session_id: int) -> HttpResponse:
    """Sign one browser out."""
    session = get_object_or_404(UserSession, id=session_id, user=request.user)
    if session.session_key == request.session.session_key:
        return redirect("account_logout")
    _end(request, [session])
    messages.success(request, f"{device(session.user_agent)} is signed out.")
    return redirect("usersessions_list")


@signed_in
@require_POST
def end_other_sessions(request: PersonRequest) -> HttpResponse:
    """Sign every browser out but this one."""
    _end(request, UserSession.objects.filter(user=request.user).exclude(session_key=request.session.session_key))
    messages.success(request, "Every other browser is signed out.")
    return redirect("usersessions_list")


@signed_in
@recently_authenticated
def delete(request: PersonRequest) -> HttpResponse:
    """Delete the account, if no organization would be left without an owner."""
    form = DeleteAccountForm(request.POST or None, person=request.user)
    if request.method == "POST" and form.is_valid():
        with suppress(people.StillNeeded):
            people.delete_account(request.user)
            logout(request)
            return redirect("account-deleted")
    context = {
        "form": form,
        "held_by": people.organizations_without_another_owner(request.user),
        "memberships": request.user.memberships.by_workspace_name(),
    }
    return render(request, "account/delete.html", context, status=422 if request.method == "POST" else 200)


@public
def deleted(request: PersonRequest) -> HttpResponse:
    """What is said to who is no longer known here."""
    return render(request, "account/deleted.html")


def _mail_link(request: PersonRequest, address: EmailAddress) -> None:
    if get_adapter().should_send_confirmation_mail(request, address, signup=False):
        send_verification_email_to_address(request, address)


def _end(request: PersonRequest, found: Iterable[UserSession]) -> None:
    for session in found:
        end_sessions(request, [session])
        people.record_own(
            request.user, Action.SESSION_ENDED, before={"device": device(session.user_agent), "address": session.ip}
        )
