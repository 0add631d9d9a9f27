"""The pagination dialects of list endpoints and their RFC 8288 `Link` header."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any

import msgspec
from django.db.models import Model, QuerySet

from greenflash_site.api.endpoint import Answer, ApiRequest

Limit = Annotated[int, msgspec.Meta(ge=1, le=100)]
Positive = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]


class OffsetPage(msgspec.Struct, kw_only=True):
    """`limit` with `offset`, or with `page` from which the offset follows: interactions, users, organizations."""

    limit: Limit = 50
    """How many to return."""
    offset: Annotated[int, msgspec.Meta(ge=0, le=100_000_000)] | None = None
    """How many to pass over."""
    page: Positive | None = None
    """Which page of `limit`, from 1; `offset` is the more exact word where both are sent."""

    @property
    def start(self) -> int:
        """How many rows to pass over."""
        return self.offset if self.offset is not None else ((self.page or 1) - 1) * self.limit

    def parameters(self, start: int) -> dict[str, int]:
        """The query parameters of the page that begins at `start`, in the words this page was asked for."""
        if self.offset is None and self.page is not None:
            return {"limit": self.limit, "page": start // self.limit + 1}
        return {"limit": self.limit, "offset": start}


class NumberedPage(msgspec.Struct, kw_only=True, rename="camel"):
    """`page` with `pageSize`: products, models, segments."""

    page: Positive = 1
    """Which page, from 1."""
    page_size: Limit = 50
    """How many to return."""

    @property
    def limit(self) -> int:
        """How many rows to return."""
        return self.page_size

    @property
    def start(self) -> int:
        """How many rows to pass over."""
        return (self.page - 1) * self.page_size

    def parameters(self, start: int) -> dict[str, int]:
        """The query parameters of the page that begins at `start`."""
        return {"page": start // self.page_size + 1, "pageSize": self.page_size}


def paginate[M: Model](
    request: ApiRequest, rows: QuerySet[M], query: OffsetPage | NumberedPage, *, as_struct: Callable[[M], Any]
) -> Answer:
    """One page of `rows` as a bare array; one row more is read to know of `rel="next"`, nothing is counted."""
    found: Sequence[M] = list(rows[query.start : query.start + query.limit + 1])
    links = {"first": 0}
    if query.start > 0:
        links["prev"] = max(query.start - query.limit, 0)
    if len(found) > query.limit:
        links["next"] = query.start + query.limit
    header = ", ".join(f'<{_url(request, query.parameters(start))}>; rel="{rel}"' for rel, start in links.items())
    return Answer(body=[as_struct(row) for row in found[: query.limit]], headers={"Link": header})


def _url(request: ApiRequest, parameters: dict[str, int]) -> str:
    """This URL with other paging; filters stay."""
    others = request.GET.copy()
    for name in ("limit", "offset", "page", "pageSize"):
        others.pop(name, None)
    others.update({name: str(value) for name, value in parameters.items()})
    return request.build_absolute_uri(f"{request.path}?{others.urlencode()}")
