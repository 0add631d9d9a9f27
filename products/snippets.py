"""Copyable programs that send a first message, with the reader's own product id and address."""

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings

PYTHON = """\
# pip install greenflash
# Set GREENFLASH_API_KEY to your key, and GREENFLASH_BASE_URL={base_url}
from greenflash import Greenflash

client = Greenflash()
client.messages.create(
    product_id="{product_id}",
    external_user_id="user-123",
    external_conversation_id="conversation-1",
    messages=[
        {{"role": "user", "content": "Hello! Can I change my delivery address?"}},
        {{"role": "assistant", "content": "Of course. What is your order number?"}},
    ],
)
"""

PYTHON_ASYNC = """\
# pip install greenflash
# Set GREENFLASH_API_KEY to your key, and GREENFLASH_BASE_URL={base_url}
import asyncio
from greenflash import AsyncGreenflash

async def main() -> None:
    client = AsyncGreenflash()
    await client.messages.create(
        product_id="{product_id}",
        external_user_id="user-123",
        external_conversation_id="conversation-1",
        messages=[
            {{"role": "user", "content": "Hello! Can I change my delivery address?"}},
            {{"role": "assistant", "content": "Of course. What is your order number?"}},
        ],
    )

asyncio.run(main())
"""

PYTHON_AIOHTTP = """\
# pip install "greenflash[aiohttp]"
# Set GREENFLASH_API_KEY to your key, and GREENFLASH_BASE_URL={base_url}
import asyncio
from greenflash import AsyncGreenflash, DefaultAioHttpClient

async def main() -> None:
    async with AsyncGreenflash(http_client=DefaultAioHttpClient()) as client:
        await client.messages.create(
            product_id="{product_id}",
            external_user_id="user-123",
            external_conversation_id="conversation-1",
            messages=[
                {{"role": "user", "content": "Hello! Can I change my delivery address?"}},
                {{"role": "assistant", "content": "Of course. What is your order number?"}},
            ],
        )

asyncio.run(main())
"""

TYPESCRIPT = """\
// npm install greenflash
// Set GREENFLASH_API_KEY to your key, and GREENFLASH_BASE_URL={base_url}
import Greenflash from "greenflash";

const client = new Greenflash();
await client.messages.create({{
  productId: "{product_id}",
  externalUserId: "user-123",
  externalConversationId: "conversation-1",
  messages: [
    {{ role: "user", content: "Hello! Can I change my delivery address?" }},
    {{ role: "assistant", content: "Of course. What is your order number?" }},
  ],
}});
"""

CURL = """\
curl {base_url}/messages \\
  -H "Authorization: Bearer $GREENFLASH_API_KEY" \\
  -H "Content-Type: application/json" \\
  -d '{{
    "productId": "{product_id}",
    "externalUserId": "user-123",
    "externalConversationId": "conversation-1",
    "messages": [
      {{"role": "user", "content": "Hello! Can I change my delivery address?"}},
      {{"role": "assistant", "content": "Of course. What is your order number?"}}
    ]
  }}'
"""

AGENT_PROMPT = """\
Send this application's AI conversations to Greenflash with its official SDK ("greenflash" on PyPI and npm).

- The SDK reads GREENFLASH_API_KEY and GREENFLASH_BASE_URL from the environment; set
  GREENFLASH_BASE_URL={base_url} and ask me for the key. Never write the key into the code.
- After each turn call client.messages.create with productId "{product_id}", our own user id as
  externalUserId, our conversation id as externalConversationId, and the new messages (role "user" or "assistant",
  content, and our message id as externalMessageId, which makes resending safe).
- Tool calls are messages with messageType "tool_call", toolName and input; their results have messageType
  "observation", output, and parentExternalMessageId of the call.
- Do it without delaying the answer to the user, and log a failure rather than raising it.
"""


@dataclass(frozen=True)
class Snippet:
    """One program: `slug` for URLs and tabs, `name` for people, `language` for highlighting."""

    slug: str
    name: str
    language: str
    code: str


def snippets(*, product_id: UUID) -> list[Snippet]:
    """The programs for one product of this installation."""
    values = {"product_id": product_id, "base_url": f"{settings.GREENFLASH.url}/api/v1"}
    return [
        Snippet("python", "Python", "python", PYTHON.format(**values)),
        Snippet("python-async", "Python async", "python", PYTHON_ASYNC.format(**values)),
        Snippet("python-aiohttp", "Python aiohttp", "python", PYTHON_AIOHTTP.format(**values)),
        Snippet("typescript", "TypeScript", "typescript", TYPESCRIPT.format(**values)),
        Snippet("curl", "curl", "shell", CURL.format(**values)),
        Snippet("agent", "Prompt for a coding agent", "text", AGENT_PROMPT.format(**values)),
    ]
