from django.apps import AppConfig


class ProductsConfig(AppConfig):
    name = "products"

    def ready(self) -> None:
        """Hear of what happens to accounts."""
        from products import account_events

        account_events.listen()
