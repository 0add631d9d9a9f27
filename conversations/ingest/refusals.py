"""What the statements of ingest tell by a word in `problem`, as the refusal of a request."""

from greenflash_site.api.errors import ApiError, invalid, not_found

SENTENCES = {
    "conversation_not_found": "There is no conversation with this id here.",
    "conversation_mismatch": "This conversation has another product or external id.",
    "conversation_ambiguous": "Several products have a conversation with this external id. Send productId as well.",
    "message_not_found": "There is no message with this id here.",
    "message_mismatch": "This message is of another conversation or product, or has another external id.",
    "message_ambiguous": "Several conversations have a message with this external id. Send the conversation as well.",
    "organization_not_found": "There is no organization with this id here.",
    "organization_mismatch": "The organization of this id has another external id.",
    "participant_not_found": "There is no user with this id here.",
    "participant_mismatch": "The user of this id has another external id.",
    "parent_not_found": "This parent is not a message of the conversation.",
    "product_required": "No conversation has this external id yet. Send productId to begin one.",
}


def refusal(problem: str, path: str) -> ApiError:
    """404 for what is not there, else 400, with the field at fault; the API calls a participant a user."""
    if problem.endswith("_not_found"):
        return not_found(SENTENCES[problem], path)
    return invalid(SENTENCES[problem], path, code=problem.replace("participant", "user"))


def conversation_path(conversation_id: object) -> str:
    """The field that names a conversation: by our id if that was sent, else by the caller's."""
    return "$.conversationId" if conversation_id else "$.externalConversationId"
