"""Who calls the API: from the Authorization header to what the key may do.

A key that cannot be one (shape, checksum) is refused without a query; a good one is looked up by its SHA-256 and
remembered per process for at most one second, so that a revoked key is dead within that second everywhere. One thread
looks it up again before that second is over, and the others go by what is known; all would do so at once else.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from threading import Lock
from time import monotonic
from typing import NamedTuple
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from greenflash_site.api.errors import ApiError, forbidden, not_found
from greenflash_site.compiled import compiled
from greenflash_site.http import is_within
from products.models import ApiKey, ApiKeyProduct, ApiKeyQuerySet, Product, ProductQuerySet, Scope, Version, Workspace
from products.models.api_key import hash_key, is_well_formed

CACHE_SECONDS = 1.0
AGAIN = 0.6  # of that time, after which the next request looks the key up again
CACHE_SIZE = 10_000
LAST_USED_STEP = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """What a key may do in its workspace.

    `versions` maps every product the key may use to the version new conversations begin under; `out_of_reach` maps the
    workspace's other products, which answer 403 rather than 404, to their environments; `archived` are those
    within reach that were put away; `environment` is the one that the key is bound to, and `networks` where it may be
    used from (none: anywhere).
    """

    workspace_id: UUID
    scope: str
    versions: dict[UUID, UUID]
    out_of_reach: dict[UUID, str]
    archived: frozenset[UUID] = frozenset()
    environment: str | None = None
    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    api_key_id: UUID | None = None
    key_hash: bytes | None = None

    @property
    def workspace(self) -> Workspace:
        """The workspace as a place to start reads from that are not of products; only its id is known."""
        return Workspace(id=self.workspace_id)

    @property
    def products(self) -> ProductQuerySet:
        """The products within reach: where every read of the API starts."""
        return Product.objects.filter(workspace_id=self.workspace_id, id__in=list(self.versions))

    def reaching(self, product_id: UUID | None) -> "Caller":
        """The caller, once a product named in a body is known to be within reach; ApiError 403 or 404.

        A product that this process has not heard of within the last second is looked up.
        """
        if product_id is None:
            return self
        is_known = product_id in self.versions or product_id in self.out_of_reach or product_id in self.archived
        caller = self if is_known else self.reload()
        if product_id in caller.archived:
            raise forbidden("product_archived", "This product is archived. Restore it, and it takes messages again.")
        if product_id in caller.out_of_reach:
            raise caller.refusal(caller.out_of_reach[product_id])
        if product_id not in caller.versions:
            raise not_found("There is no product with this id here.", "$.productId")
        return caller

    def refusal(self, environment: str | None) -> ApiError:
        """403 for a product out of reach, which is in this environment if it is known."""
        if self.environment is not None and environment not in (None, self.environment):
            sentence = f"This API key is for {self.environment} and the product is in {environment}. Use a key for it."
            return forbidden("product_out_of_reach", sentence)
        return forbidden("product_out_of_reach", "This API key may not be used for this product.")

    def reload(self) -> "Caller":
        """The same caller as the database has it now: a product made within the last second is known."""
        if self.key_hash is None:
            return self
        caller = _remember(self.key_hash).caller  # by a look that begins now, whoever is looking already
        if caller is None:
            raise _unauthenticated("Invalid API key")
        return caller


class Known(NamedTuple):
    """What a key was found to be, by a look that began at `since` (of the monotonic clock)."""

    since: float
    caller: Caller | None


_known: dict[bytes, Known] = {}
_looking: dict[bytes, Lock] = {}  # held while a thread looks the key up


def authenticate(request: HttpRequest) -> Caller:
    """The caller of this request; ApiError 401 says what is wrong with the header."""
    header = request.META.get("HTTP_AUTHORIZATION", "")
    if not header:
        raise _unauthenticated("Authentication required. Send your API key as 'Authorization: Bearer gf_…'.")
    scheme, _, plaintext = header.partition(" ")
    if scheme.lower() != "bearer" or not plaintext:
        raise _unauthenticated("Invalid authorization header. It must be 'Bearer' and your API key.")
    caller = _caller(hash_key(plaintext)) if is_well_formed(plaintext) else None
    if caller is None:
        raise _unauthenticated("Invalid API key")
    if caller.networks and not is_within(request.META.get("REMOTE_ADDR", ""), caller.networks):
        raise forbidden("address_not_allowed", "This API key may not be used from this address.")
    return caller


def caller_of(workspace: Workspace) -> Caller:
    """The caller that our own commands are: all of a workspace, without a key."""
    versions, _, archived = _products(workspace.id, environment=None, only=None)
    return Caller(workspace_id=workspace.id, scope=Scope.ALL, versions=versions, out_of_reach={}, archived=archived)


def forget_callers() -> None:
    """Look every key up anew."""
    _known.clear()


def _unauthenticated(message: str) -> ApiError:
    return ApiError(401, "unauthenticated", message, headers={"WWW-Authenticate": "Bearer"})


def _caller(key_hash: bytes) -> Caller | None:
    known = _remembered(key_hash, AGAIN * CACHE_SECONDS)
    if known is None:
        looking = _looking.setdefault(key_hash, Lock())
        known = _remembered(key_hash, CACHE_SECONDS)
        # Who knows nothing waits for whoever looks already, but not for ever: the database may not answer.
        is_alone = looking.acquire(timeout=0 if known else CACHE_SECONDS)
        try:
            if is_alone or known is None:
                known = _remembered(key_hash, AGAIN * CACHE_SECONDS) or _remember(key_hash)
        finally:
            if is_alone:
                looking.release()
    return known.caller


def _remembered(key_hash: bytes, seconds: float) -> Known | None:
    """What was found within so many seconds."""
    known = _known.get(key_hash)
    return known if known is not None and monotonic() < known.since + seconds else None


def _remember(key_hash: bytes) -> Known:
    if len(_looking) >= CACHE_SIZE:  # as many as are known, and those of looks that failed
        _known.clear()
        _looking.clear()
    since = monotonic()
    known = _known[key_hash] = Known(since, _look_up(key_hash))
    return known


def _look_up(key_hash: bytes) -> Caller | None:
    key = next(iter(_keys(key_hash)), None)
    if key is None or key.revoked_at is not None or key.is_expired:
        return None
    now = timezone.now()
    if key.last_used_at is None or now - key.last_used_at > LAST_USED_STEP:
        ApiKey.objects.filter(id=key.id).update(last_used_at=now)
    versions, out_of_reach, archived = _products(
        key.workspace_id,
        environment=key.environment,
        only=None if key.every_product else set(_product_ids(key.workspace_id, key.id)),
    )
    return Caller(
        workspace_id=key.workspace_id,
        scope=key.scope,
        versions=versions,
        out_of_reach=out_of_reach,
        archived=archived,
        environment=key.environment,
        networks=tuple(ip_network(network) for network in key.addresses),
        api_key_id=key.id,
        key_hash=key_hash,
    )


@compiled
def _keys(key_hash: bytes) -> ApiKeyQuerySet:
    """The one with this hash, if there is one."""
    return ApiKey.objects.filter(hash=key_hash, workspace__deleted_at=None)


@compiled
def _product_ids(workspace: UUID, key: UUID) -> QuerySet[ApiKeyProduct, UUID]:
    """The products that a key is narrowed to."""
    named = ApiKeyProduct.objects.filter(workspace_id=workspace, api_key_id=key)
    return named.values_list("product_id", flat=True)


@compiled
def _newest_versions(workspace: UUID) -> QuerySet[Version, tuple[UUID, str, datetime | None, UUID]]:
    """Of each product: its id, environment, when it was archived, and its newest version's id."""
    versions = Version.objects.filter(workspace_id=workspace, product__deleted_at=None)
    newest = versions.order_by("product_id", "-number").distinct("product_id")
    return newest.values_list("product_id", "product__environment", "product__archived_at", "id")


def _products(
    workspace_id: UUID, *, environment: str | None, only: set[UUID] | None
) -> tuple[dict[UUID, UUID], dict[UUID, str], frozenset[UUID]]:
    """The newest version of each product within reach (all, or `only` some), and the environments of the others.

    Then those that would be within reach, were they not archived.
    """
    versions, out_of_reach, archived = {}, {}, set()
    for product_id, product_environment, archived_at, version_id in _newest_versions(workspace_id):
        if environment not in (None, product_environment) or (only is not None and product_id not in only):
            out_of_reach[product_id] = product_environment
        elif archived_at is not None:
            archived.add(product_id)
        else:
            versions[product_id] = version_id
    return versions, out_of_reach, frozenset(archived)
