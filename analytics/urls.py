"""Pages about what it means."""

from django.urls import path

from analytics.views import feedback, home, products

organization_urls = [
    path("", home.home, name="home"),
    path("products/", products.index, name="product-list"),
    path("products/<uuid:product_id>/", products.detail, name="product-detail"),
    path("ratings/", feedback.ratings, name="rating-list"),
    path("events/", feedback.events, name="event-list"),
]
