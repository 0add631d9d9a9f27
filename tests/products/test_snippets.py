"""The programs that Home and the pages of products offer do what they say."""

import os
import shutil
import subprocess
import sys

import pytest
from django.conf import settings

from conversations.models import Conversation
from products.models import Product
from products.snippets import snippets

PROGRAMS = {
    "python": [sys.executable, "-"],
    "python-async": [sys.executable, "-"],
    "python-aiohttp": [sys.executable, "-"],
}
PROGRAMS |= {"curl": ["bash", "-s"]} if shutil.which("curl") else {}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("slug", PROGRAMS)
def test_it_sends_a_first_message(server: str, product: Product, api_key: str, slug: str) -> None:
    code = next(each.code for each in snippets(product_id=product.id) if each.slug == slug)
    code = code.replace(settings.GREENFLASH.url, server)
    environment = {**os.environ, "GREENFLASH_API_KEY": api_key, "GREENFLASH_BASE_URL": f"{server}/api/v1"}
    done = subprocess.run(
        PROGRAMS[slug], input=code, env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    conversation = Conversation.objects.get()
    assert conversation.message_count == 2
    assert conversation.title == "Hello! Can I change my delivery address?"
