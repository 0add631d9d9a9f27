from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "greenflash_site"
