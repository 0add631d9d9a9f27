"""Pages about what was said."""

from django.urls import path

from conversations.views import conversations, facets

organization_urls = [
    path("conversations/", conversations.index, name="conversation-list"),
    path("conversations/filters/<slug:facet_name>/", facets.facet, name="conversation-facet"),
    path("conversations/<uuid:conversation_id>/", conversations.detail, name="conversation-detail"),
]
