"""What of prompts a conversation has counted as usage, so that it is counted once."""

from django.db import models

from conversations.models.conversation import Conversation
from products.models import Workspace


class PromptUse(models.Model):
    """Something of a prompt that a conversation's usage counts once: the prompt itself, or a variable's value.

    `fingerprint` is the prompt's id, or made from the variable's name and value; `half_tokens` is what it counted
    (Decision 12 of the contract: prompts and variables count half).
    """

    pk = models.CompositePrimaryKey("conversation_id", "fingerprint", "workspace_id")
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    conversation = models.ForeignKey(
        Conversation, models.CASCADE, related_name="prompt_uses", db_constraint=False, db_index=False
    )
    fingerprint = models.UUIDField()
    half_tokens = models.PositiveIntegerField()
    created_at = models.DateTimeField()

    class Meta:
        db_table = "prompt_use"

    def __str__(self) -> str:
        return f"{self.half_tokens} half tokens in {self.conversation_id}"
