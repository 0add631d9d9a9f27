"""The paths of the public API, below /api/v1/."""

from django.urls import path, re_path

from conversations import api as conversations
from greenflash_site.api.endpoint import resource
from products import api as products

urlpatterns = [
    path("messages", resource(POST=conversations.create_messages)),
    path("interactions", resource(GET=conversations.list_interactions)),
    path("interactions/<uuid:interaction_id>", resource(GET=conversations.get_interaction)),
    path("products", resource(GET=products.list_products)),
    path("products/<uuid:product_id>", resource(GET=products.get_product)),
    # Whatever else is asked for is a 404 in the API's own words.
    re_path("", resource()),
]
