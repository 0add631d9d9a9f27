"""The site map: what stands outside any organization, then everything of an organization under its slug."""

from django.urls import include, path

from analytics.urls import organization_urls as analytics_urls
from conversations.urls import open_urls as open_conversation_urls
from conversations.urls import organization_urls as conversation_urls
from greenflash_site import health, shortcuts
from products.urls import account_urls
from products.urls import organization_urls as product_urls

handler400 = "greenflash_site.api.endpoint.refuse_host"

organization_urls = [*analytics_urls, *conversation_urls, *product_urls]

handler500 = "greenflash_site.failures.server_error"
urlpatterns = [
    path("healthz", health.process),
    path("readyz", health.readiness),
    path("api/v1/", include("greenflash_site.api.urls")),
    *account_urls,
    *open_conversation_urls,
    # The same paths without the slug lead to the right organization.
    path("", shortcuts.to_organization, name="root"),
    *shortcuts.urls(organization_urls),
    path("<slug:slug>/", include(organization_urls)),
]
