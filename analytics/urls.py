"""Pages about what it means."""

from django.urls import path

from analytics import views

organization_urls = [path("", views.home, name="home")]
