"""People and things for tests, with names one can picture."""

from factory.declarations import Sequence, SubFactory
from factory.django import DjangoModelFactory

from products.models import Collaborator, Member, Person, Role, Workspace


class PersonFactory(DjangoModelFactory[Person]):
    class Meta:
        model = Person

    email = Sequence(lambda n: f"person{n}@example.com")


class WorkspaceFactory(DjangoModelFactory[Workspace]):
    class Meta:
        model = Workspace

    name = Sequence(lambda n: f"Workspace {n}")
    slug = Sequence(lambda n: f"workspace-{n}")


class MemberFactory(DjangoModelFactory[Member]):
    class Meta:
        model = Member

    workspace = SubFactory(WorkspaceFactory)
    person = SubFactory(PersonFactory)
    role = Role.MEMBER


class CollaboratorFactory(DjangoModelFactory[Collaborator]):
    class Meta:
        model = Collaborator
