"""How much was sampled out: requests that were answered and, as their sender asked, not stored."""

from django.db import models

from products.models import Product, Workspace


class SampledOut(models.Model):
    """Sampled-out requests of a product on one day (UTC), spread over slots so that writers do not wait in line."""

    SLOTS = 8

    pk = models.CompositePrimaryKey("product_id", "day", "slot", "workspace_id")
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    product = models.ForeignKey(Product, models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    day = models.DateField()
    slot = models.PositiveSmallIntegerField()
    messages = models.PositiveBigIntegerField(default=0, db_default=0)
    events = models.PositiveBigIntegerField(default=0, db_default=0)

    class Meta:
        db_table = "sampled_out"

    def __str__(self) -> str:
        return f"{self.messages} and {self.events} on {self.day}"
