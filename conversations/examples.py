"""What is sent and answered, as examples of the OpenAPI document; tests send each to the real server."""

from typing import Any

PRODUCT = "0199f2c4-6a1e-7b3d-9c58-2f4e6a8b0d1c"
CONVERSATION = "0199f2d0-1b7c-7e42-8a35-6c9d0e1f2a3b"

CREATE_MESSAGES: dict[str, Any] = {
    "A chat": {
        "productId": PRODUCT,
        "externalUserId": "user-123",
        "externalConversationId": "conversation-1",
        "messages": [
            {"role": "user", "content": "Can I change my delivery address?", "externalMessageId": "m1"},
            {"role": "assistant", "content": "Of course. What is your order number?", "externalMessageId": "m2"},
        ],
    },
    "An agent's work": {
        "productId": PRODUCT,
        "externalUserId": "user-123",
        "externalOrganizationId": "acme",
        "externalConversationId": "conversation-2",
        "model": "gpt-4o",
        "properties": {"plan": "team", "seats": 12},
        "messages": [
            {"messageType": "user_message", "content": "Where is order 4711?", "createdAt": "2026-01-31T09:30:00Z"},
            {"messageType": "thought", "output": "I have to look the order up.", "createdAt": "2026-01-31T09:30:01Z"},
            {
                "messageType": "tool_call",
                "toolName": "find_order",
                "input": {"number": 4711},
                "externalMessageId": "call-1",
                "createdAt": "2026-01-31T09:30:02Z",
            },
            {
                "messageType": "observation",
                "output": {"status": "shipped", "arrives": "2026-02-02"},
                "parentExternalMessageId": "call-1",
                "createdAt": "2026-01-31T09:30:03Z",
            },
            {
                "messageType": "final_response",
                "content": "It was shipped and arrives on Monday.",
                "createdAt": "2026-01-31T09:30:04Z",
            },
        ],
    },
    "With its system prompt": {
        "productId": PRODUCT,
        "externalUserId": "user-123",
        "externalConversationId": "conversation-3",
        "systemPrompt": {
            "externalPromptId": "support",
            "components": [
                {"type": "system", "content": "You help customers of {{company}}."},
                {"type": "guardrail", "name": "money", "content": "Never promise a refund."},
            ],
            "variables": {"company": "Acme"},
        },
        "messages": [{"role": "user", "content": "I want my money back.", "externalMessageId": "m1"}],
        "sampleRate": 0.1,
        "forceSample": True,
    },
    "A call": {
        "productId": PRODUCT,
        "externalUserId": "+1 555 0100",
        "externalConversationId": "call-7",
        "voiceCall": {
            "platform": "vapi",
            "durationMs": 94_000,
            "endedReason": "customer-ended-call",
            "callSuccessful": True,
            "latency": {"asrMs": 180, "llmMs": 420, "ttsMs": 160, "e2eMs": 760},
        },
        "messages": [
            {
                "role": "user",
                "content": "Hi, I would like to move my appointment.",
                "voice": {"startedAt": 1_769_851_800_000, "durationMs": 2_400, "asrConfidence": 0.97},
            },
            {
                "role": "assistant",
                "content": "Sure. Which day suits you?",
                "voice": {"startedAt": 1_769_851_803_100, "durationMs": 1_900, "responseLatencyMs": 700},
            },
        ],
    },
}

MESSAGES_CREATED: dict[str, Any] = {
    "Stored": {
        "success": True,
        "conversationId": CONVERSATION,
        "messages": [
            {
                "messageId": "0199f2d0-1b7c-7e42-8a35-6c9d0e1f2a3c",
                "messageType": "user_message",
                "status": "created",
                "externalMessageId": "m1",
            },
            {
                "messageId": "0199f2d0-1b7c-7e42-8a35-6c9d0e1f2a3d",
                "messageType": "assistant_message",
                "status": "created",
                "externalMessageId": "m2",
            },
        ],
        "systemPromptPromptId": "",
        "systemPromptComponentIds": [],
    },
}

INTERACTION: dict[str, Any] = {
    "A conversation": {
        "id": CONVERSATION,
        "externalId": "conversation-2",
        "participantId": "0199f2d0-1b7c-7e42-8a35-6c9d0e1f2a40",
        "externalParticipantId": "user-123",
        "organizationId": "0199f2d0-1b7c-7e42-8a35-6c9d0e1f2a41",
        "organizationExternalId": "acme",
        "productId": PRODUCT,
        "versionId": "0199f2c4-6a1e-7b3d-9c58-2f4e6a8b0d1d",
        "model": "gpt-4o",
        "rating": 4.0,
        "ratingMin": 1.0,
        "ratingMax": 5.0,
        "feedback": "Quick and right.",
        "createdAt": "2026-01-31T09:30:00Z",
        "updatedAt": "2026-01-31T09:31:00Z",
        "properties": {"plan": "team", "seats": 12},
        "messageCount": 5,
        "toolCallCount": 1,
        "lastMessageAt": "2026-01-31T09:30:04Z",
    },
}

INTERACTION_DETAIL: dict[str, Any] = {
    "A conversation": {
        **INTERACTION["A conversation"],
        "participant": {
            "id": "0199f2d0-1b7c-7e42-8a35-6c9d0e1f2a40",
            "externalId": "user-123",
            "name": "Ada Example",
            "email": "ada@acme.example",
        },
        "messages": [
            {
                "role": "user",
                "content": "Where is order 4711?",
                "timestamp": "2026-01-31T09:30:00Z",
                "id": "0199f2d0-1b7c-7e42-8a35-6c9d0e1f2a42",
                "messageType": "user_message",
                "externalMessageId": None,
                "parentMessageId": None,
                "toolName": None,
                "input": None,
                "output": None,
                "model": None,
                "rating": None,
                "ratingMin": None,
                "ratingMax": None,
                "feedback": None,
            },
            {
                "role": "tool_call",
                "content": '{"number":4711}',
                "timestamp": "2026-01-31T09:30:02Z",
                "id": "0199f2d0-1b7c-7e42-8a35-6c9d0e1f2a43",
                "messageType": "tool_call",
                "externalMessageId": "call-1",
                "parentMessageId": None,
                "toolName": "find_order",
                "input": {"number": 4711},
                "output": None,
                "model": None,
                "rating": None,
                "ratingMin": None,
                "ratingMax": None,
                "feedback": None,
            },
        ],
    },
}

CREATE_USER: dict[str, Any] = {
    "A user": {
        "externalUserId": "user-123",
        "name": "Ada Example",
        "email": "ada@acme.example",
        "phone": "+1 555 0100",
        "externalOrganizationId": "acme",
        "properties": {"plan": "team", "seats": 12},
    },
    "Forget a user": {"externalUserId": "user-124", "anonymized": True},
}

UPDATE_USER: dict[str, Any] = {
    "Another plan": {"properties": {"plan": "enterprise", "seats": None}},
    "Leave the organization": {"externalOrganizationId": None},
}

USER: dict[str, Any] = {
    "A user": {
        "id": "0199f2d0-1b7c-7e42-8a35-6c9d0e1f2a40",
        "externalId": "user-123",
        "name": "Ada Example",
        "email": "ada@acme.example",
        "phone": "+1 555 0100",
        "anonymized": False,
        "organizationId": "0199f2d0-1b7c-7e42-8a35-6c9d0e1f2a41",
        "externalOrganizationId": "acme",
        "properties": {"plan": "team", "seats": 12},
        "createdAt": "2026-01-31T09:30:00Z",
        "updatedAt": "2026-01-31T09:30:00Z",
    },
}

USER_STORED: dict[str, Any] = {"A user": {"success": True, "participant": USER["A user"]}}

CREATE_ORGANIZATION: dict[str, Any] = {
    "An organization": {
        "externalOrganizationId": "acme",
        "name": "Acme",
        "properties": {"industry": "retail", "region": "EU"},
    },
}

UPDATE_ORGANIZATION: dict[str, Any] = {"Another name": {"name": "Acme Worldwide", "properties": {"region": None}}}

ORGANIZATION: dict[str, Any] = {
    "An organization": {
        "id": "0199f2d0-1b7c-7e42-8a35-6c9d0e1f2a41",
        "externalId": "acme",
        "name": "Acme",
        "properties": {"industry": "retail", "region": "EU"},
        "createdAt": "2026-01-31T09:30:00Z",
        "updatedAt": "2026-01-31T09:30:00Z",
    },
}

ORGANIZATION_STORED: dict[str, Any] = {
    "An organization": {"success": True, "organization": ORGANIZATION["An organization"]},
}

LOG_RATING: dict[str, Any] = {
    "Stars for a conversation": {
        "productId": PRODUCT,
        "externalConversationId": "conversation-1",
        "rating": 4,
        "ratingMin": 1,
        "ratingMax": 5,
        "feedback": "Quick and right.",
    },
    "A thumb for a message": {
        "productId": PRODUCT,
        "externalConversationId": "conversation-1",
        "externalMessageId": "m2",
        "rating": 1,
        "ratingMin": 0,
        "ratingMax": 1,
        "ratedAt": "2026-01-31T09:35:00Z",
    },
}

CREATE_EVENT: dict[str, Any] = {
    "A purchase": {
        "eventType": "purchase",
        "productId": PRODUCT,
        "value": "99.00",
        "valueType": "currency",
        "influence": "positive",
        "externalUserId": "user-123",
        "externalConversationId": "conversation-1",
        "insertId": "order-4711",
        "properties": {"currency": "EUR"},
    },
    "A cancellation": {
        "eventType": "cancellation",
        "productId": PRODUCT,
        "value": "too expensive",
        "influence": "negative",
        "qualityImpactScore": -0.5,
        "eventAt": "2026-01-31T10:00:00Z",
        "externalOrganizationId": "acme",
    },
}

MODEL: dict[str, Any] = {
    "A model": {
        "id": "0199f2d0-1b7c-7e42-8a35-6c9d0e1f2a60",
        "canonicalId": "openai/gpt-4o",
        "displayName": "GPT-4o",
        "provider": "openai",
        "family": "gpt-4o",
        "usageCount": 128,
        "lastUsedAt": "2026-01-31T09:30:04Z",
    },
}

MODEL_DETAIL: dict[str, Any] = {
    "A model": {
        **MODEL["A model"],
        "source": "customer",
        "createdAt": "2026-01-05T08:00:00Z",
        "products": [{"id": PRODUCT, "name": "Helpbot", "icon": "🤖", "conversationCount": 128}],
        "description": None,
        "contextWindow": None,
        "inputCostPer1k": None,
        "outputCostPer1k": None,
        "inputModalities": None,
        "outputModalities": None,
        "supportedParameters": None,
        "expirationDate": None,
        "intelligenceIndex": None,
        "codingIndex": None,
        "mathIndex": None,
        "mmluPro": None,
        "gpqa": None,
    },
}
