"""Pages about what was said."""

from django.urls import path

from conversations.views import (
    arrivals,
    conversations,
    exports,
    facets,
    notes,
    palette,
    people,
    product_deletion,
    reader,
    saved_views,
)

organization_urls = [
    path("conversations/", conversations.index, name="conversation-list"),
    path("conversations/filters/<slug:facet_name>/", facets.facet, name="conversation-facet"),
    path("conversations/arrivals/", arrivals.index, name="conversation-arrivals"),
    path("conversations/exports/", exports.new, name="conversation-export-new"),
    path("conversations/exports/<uuid:export_id>/", exports.detail, name="conversation-export"),
    path("conversations/exports/<uuid:export_id>/download/", exports.download, name="conversation-export-download"),
    path("conversations/views/new/", saved_views.new, name="conversation-view-new"),
    path("conversations/views/<uuid:saved_view_id>/edit/", saved_views.edit, name="conversation-view-edit"),
    path("conversations/views/<uuid:saved_view_id>/delete/", saved_views.delete, name="conversation-view-delete"),
    path("conversations/<uuid:conversation_id>/", reader.detail, name="conversation-detail"),
    path("conversations/<uuid:conversation_id>/markdown/", reader.markdown, name="conversation-markdown"),
    path("conversations/<uuid:conversation_id>/review/", notes.review, name="conversation-review"),
    path("conversations/<uuid:conversation_id>/unreview/", notes.unreview, name="conversation-unreview"),
    path("conversations/<uuid:conversation_id>/mentions/", notes.mentions, name="conversation-mentions"),
    path("conversations/<uuid:conversation_id>/notes/", notes.new, name="note-new"),
    path("conversations/<uuid:conversation_id>/notes/<uuid:note_id>/edit/", notes.edit, name="note-edit"),
    path("conversations/<uuid:conversation_id>/notes/<uuid:note_id>/delete/", notes.delete, name="note-delete"),
    path("conversations/<uuid:conversation_id>/messages/<uuid:message_id>/", reader.message, name="message-detail"),
    path("products/<uuid:product_id>/delete/", product_deletion.delete, name="product-delete"),
    path("products/deleted/<uuid:deleted_product_id>/", product_deletion.deleted, name="product-deleted"),
    path("users/", people.users, name="user-list"),
    path("users/<uuid:user_id>/", people.user, name="user-detail"),
    path("organizations/", people.organizations, name="organization-list"),
    path("organizations/<uuid:organization_id>/", people.organization, name="organization-detail"),
    path("palette/", palette.index, name="palette"),
]

# Outside of any organization: whoever has the ticket may ask.
open_urls = [
    path("changes/conversations/<str:ticket>/", arrivals.changes, name="conversation-list-changes"),
    path("changes/<str:ticket>/", reader.changes, name="conversation-changes"),
]
