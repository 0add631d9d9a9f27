"""The paths of the public API, below /api/v1/."""

from django.urls import path, re_path

from conversations.api import interactions, messages
from greenflash_site.api.endpoint import resource
from products import api as products

urlpatterns = [
    path("messages", resource(POST=messages.create_messages)),
    path("interactions", resource(GET=interactions.list_interactions)),
    path("interactions/<uuid:interaction_id>", resource(GET=interactions.get_interaction)),
    path("products", resource(GET=products.list_products)),
    path("products/<uuid:product_id>", resource(GET=products.get_product)),
    # Whatever else is asked for is a 404 in the API's own words.
    re_path("", resource()),
]
