"""Django's `{% url %}`, remembering: a page names forty addresses, and to put each together took 40 µs.

Every template has it without `{% load %}` (settings.TEMPLATES).
"""

from functools import lru_cache

from django import template
from django.template.base import Parser, Token
from django.template.context import Context
from django.template.defaulttags import URLNode
from django.template.defaulttags import url as django_url
from django.urls import NoReverseMatch, reverse
from django.utils.html import escape

register = template.Library()


class AddressNode(URLNode):
    """An address, which its name and what stands in its path tell for good; anything more is left to Django."""

    def render(self, context: Context) -> str:
        """What Django would; "" where it goes to a variable."""
        if self.kwargs:
            return str(super().render(context))
        try:
            found = address(self.view_name.resolve(context), *[arg.resolve(context) for arg in self.args])
        except NoReverseMatch:
            return str(super().render(context))
        if self.asvar:
            context[self.asvar] = found
            return ""
        return escape(found) if context.autoescape else found


@register.tag
def url(parser: Parser, token: Token) -> URLNode:
    """`{% url 'name' argument … [as variable] %}`."""
    node = django_url(parser, token)
    return AddressNode(node.view_name, node.args, node.kwargs, node.asvar)


@lru_cache(maxsize=4_096)
def address(name: str, *arguments: object) -> str:
    """The address of this name and what stands in its path."""
    return reverse(name, args=arguments)
