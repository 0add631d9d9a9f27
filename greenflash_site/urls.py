"""The site map: what stands outside any organization, then everything of an organization under its slug."""

from django.urls import include, path, register_converter

from analytics.urls import organization_urls as analytics_urls
from conversations.urls import open_urls as open_conversation_urls
from conversations.urls import organization_urls as conversation_urls
from greenflash_site import health, shortcuts, well_known
from products.models.workspace import OrganizationSlug
from products.urls import account_urls
from products.urls import organization_urls as product_urls

register_converter(OrganizationSlug, "organization")

handler400 = "greenflash_site.api.endpoint.refuse_host"

organization_urls = [*analytics_urls, *conversation_urls, *product_urls]

handler403 = "greenflash_site.failures.forbidden"
handler500 = "greenflash_site.failures.server_error"
urlpatterns = [
    path("healthz", health.process),
    path("readyz", health.readiness),
    path(".well-known/security.txt", well_known.security_txt),
    path("api/v1/", include("greenflash_site.api.urls")),
    *account_urls,
    *open_conversation_urls,
    # The same paths without the slug lead to the right organization.
    path("", shortcuts.to_organization, name="root"),
    *shortcuts.urls(organization_urls),
    path("<organization:slug>/", include(organization_urls)),
]
