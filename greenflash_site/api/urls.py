"""The paths of the public API, below /api/v1/."""

from django.urls import path, re_path, register_converter
from django.urls.converters import StringConverter

from conversations.api import events, interactions, messages, models, organizations, ratings, users
from greenflash_site.api.endpoint import resource
from greenflash_site.api.openapi import view as openapi
from products import api as products


class ExternalIdConverter(StringConverter):
    """A caller's own id, percent-encoded; it may hold slashes, and what cannot be one is no path of ours."""

    regex = r"[^\x00-\x1f\x7f-\x9f]{1,255}"


register_converter(ExternalIdConverter, "external_id")

urlpatterns = [
    path("messages", resource(POST=messages.create_messages)),
    path("interactions", resource(GET=interactions.list_interactions)),
    path("interactions/<uuid:interaction_id>", resource(GET=interactions.get_interaction)),
    path("products", resource(GET=products.list_products)),
    path("products/<uuid:product_id>", resource(GET=products.get_product)),
    path("users", resource(GET=users.list_users, POST=users.create_user)),
    path("users/<external_id:external_id>", resource(PUT=users.update_user)),
    path("organizations", resource(GET=organizations.list_organizations, POST=organizations.create_organization)),
    path("organizations/<external_id:external_id>", resource(PUT=organizations.update_organization)),
    path("ratings", resource(POST=ratings.log_rating)),
    path("events", resource(POST=events.create_event)),
    path("models", resource(GET=models.list_models)),
    path("models/<uuid:model_id>", resource(GET=models.get_model)),
    path("openapi.json", resource(GET=openapi.get_document)),
    # Whatever else is asked for is a 404 in the API's own words.
    re_path("", resource()),
]
