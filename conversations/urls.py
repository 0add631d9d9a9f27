"""Pages about what was said."""

from django.urls import path

from conversations.views import conversations

organization_urls = [
    path("conversations/", conversations.index, name="conversation-list"),
    path("conversations/<uuid:conversation_id>/", conversations.detail, name="conversation-detail"),
]
