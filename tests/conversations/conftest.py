"""What the tests of conversations share."""

import pytest

from products.actions import create_api_key
from products.models import Member
from tests.conftest import Api


@pytest.fixture
def strangers(stranger: Member) -> Api:
    """The API with Globex's key."""
    return Api(create_api_key(stranger.workspace, acting_user=stranger.person, name="globex").plaintext)
