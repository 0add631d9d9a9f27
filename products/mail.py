"""Mails that the product itself writes; django-allauth writes its own."""

import logging
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string

logger = logging.getLogger(__name__)


def send(template: str, *, to: list[str], subject: str, context: dict[str, Any]) -> bool:
    """Send a text where mail is set up; whether it is on its way.

    A mail server that is away is no reason to fail: whatever is mailed is on a page as well.
    """
    if not settings.EMAIL_CONFIGURED:
        return False
    body = render_to_string(template, {**context, "url": settings.GREENFLASH.url})
    try:
        send_mail(" ".join(subject.split()), body, None, to)
    except (OSError, SMTPException) as error:
        logger.warning("A mail was not sent: %s", type(error).__name__)
        return False
    return True
