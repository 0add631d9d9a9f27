"""Who owns what and who may do what."""

from products.models.access_request import AccessRequest
from products.models.api_key import ApiKey, ApiKeyProduct, ApiKeyQuerySet, Scope
from products.models.audit_entry import Action, AuditEntry, AuditEntryQuerySet
from products.models.deleted_product import DeletedProduct
from products.models.deleted_workspace import DeletedWorkspace
from products.models.invitation import Invitation
from products.models.member import Collaborator, Member, MemberQuerySet, Role
from products.models.person import Person
from products.models.product import ENVIRONMENTS, Environment, Kind, Product, ProductQuerySet, Version
from products.models.request_key import RequestCount, RequestKey
from products.models.throttle import Attempts
from products.models.workspace import Workspace, reserved_slugs

__all__ = [
    "ENVIRONMENTS",
    "AccessRequest",
    "Action",
    "ApiKey",
    "ApiKeyProduct",
    "ApiKeyQuerySet",
    "Attempts",
    "AuditEntry",
    "AuditEntryQuerySet",
    "Collaborator",
    "DeletedProduct",
    "DeletedWorkspace",
    "Environment",
    "Invitation",
    "Kind",
    "Member",
    "MemberQuerySet",
    "Person",
    "Product",
    "ProductQuerySet",
    "RequestCount",
    "RequestKey",
    "Role",
    "Scope",
    "Version",
    "Workspace",
    "reserved_slugs",
]
