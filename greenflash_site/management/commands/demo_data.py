"""`manage.py demo_data`: an organization with two believable weeks, for newcomers, screenshots and benches."""

import secrets
from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

import msgspec
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import transaction
from tqdm import tqdm

from conversations.ingest.accept import accept
from conversations.ingest.contract import CreateMessages
from conversations.ingest.events import CreateEvent, store_event
from conversations.ingest.ratings import LogRating, store_rating
from conversations.models import Conversation, Organization, Participant
from greenflash_site.api.auth import caller_of
from greenflash_site.demo.cast import COMPANIES
from greenflash_site.demo.reactions import reactions
from greenflash_site.demo.story import ORGANIZATION_NAME, PRODUCTS, Request, story
from products.actions import create_product, create_workspace
from products.models import Member, Person, Product, Workspace

EMAIL = "demo@greenflash.example"


class Command(BaseCommand):
    help = "Fill an organization with two weeks of a support bot and a coding agent."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to tell, and to whom."""
        parser.add_argument("--conversations", type=int, default=240, help="how many (240)")
        parser.add_argument("--seed", type=int, default=1, help="another story for another number (1)")
        parser.add_argument("--email", default=EMAIL, help=f"whose organization it will be ({EMAIL})")

    def handle(self, *, conversations: int, seed: int, email: str, **_options: Any) -> None:
        """Tell the story once; a second run finds it told."""
        call_command("migrate", interactive=False, verbosity=0, skip_checks=True)
        password = ""
        if not Person.objects.filter(email__iexact=email).exists():
            password = secrets.token_urlsafe(9)
            Person.objects.create_user(email, password)
        member = _owner(Person.objects.get(email__iexact=email))
        if Conversation.objects.filter(workspace=member.workspace).exists():
            self.stdout.write(f"{ORGANIZATION_NAME} has its conversations already.")
        else:
            count = _tell(member, conversations=conversations, seed=seed, shown=self.stdout.isatty())
            self.stdout.write(f"{ORGANIZATION_NAME} has {count:,} conversations now.")
        login = f" with the password {password}" if password else ""
        self.stdout.write(f"Read them at {settings.GREENFLASH.url}/{member.workspace.slug}/ as {email}{login}")


def _owner(person: Person) -> Member:
    """The person's membership in the demo organization, made with its products if need be."""
    member = Member.objects.filter(person=person, workspace__name=ORGANIZATION_NAME).select_related("workspace").first()
    if member is None:
        with transaction.atomic():
            workspace = create_workspace(ORGANIZATION_NAME, acting_user=person)
            member = Member.objects.select_related("workspace").get(workspace=workspace, person=person)
            for product in PRODUCTS:
                create_product(
                    member,
                    name=product.name,
                    kind=product.kind,
                    description=product.description,
                    icon=product.icon,
                    color=product.color,
                )
    return member


def _tell(member: Member, *, conversations: int, seed: int, shown: bool) -> int:
    """Send every request of the story through the one way in, at its own time; returns how many conversations came."""
    caller = caller_of(member.workspace)
    names = {product.key: product.name for product in PRODUCTS}
    ids = dict(Product.objects.filter(workspace=member.workspace).values_list("name", "id"))
    until = datetime.now(UTC)
    last: dict[str, Request] = {}  # of each conversation
    with transaction.atomic(), tqdm(total=conversations, unit=" conversations", disable=not shown) as bar:
        for request in story(seed=seed, until=until, conversations=conversations):
            body = msgspec.convert({**request.body, "productId": ids[names[request.product]]}, CreateMessages)
            last[accept(body, caller=caller, now=request.at).answer.conversation_id] = request
            bar.update(len(last) - bar.n)
        for reaction in (each for request in last.values() for each in reactions(request, until=until)):
            wire = {**reaction.body, "productId": ids[names[reaction.product]]}
            if reaction.path == "ratings":
                store_rating(msgspec.convert(wire, LogRating), caller=caller, now=reaction.at)
            else:
                store_event(msgspec.convert(wire, CreateEvent), caller=caller, now=reaction.at)
        _name_everybody(member.workspace)
    return len(last)


def _name_everybody(workspace: Workspace) -> None:
    """Give the story's companies and people the names that messages do not carry."""
    companies = {company.external_id: company.name for company in COMPANIES}
    organizations = list(Organization.objects.filter(workspace=workspace))
    for organization in organizations:
        organization.name = companies.get(organization.external_id, "")
    Organization.objects.bulk_update(organizations, ["name"])
    participants = list(Participant.objects.filter(workspace=workspace).exclude(external_id__startswith="visitor"))
    for participant in participants:
        participant.name = participant.external_id.partition("-")[0].replace(".", " ").title()
    Participant.objects.bulk_update(participants, ["name"])
