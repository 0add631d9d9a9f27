"""Pages as gzip, with less effort than Django's: for a sixth more bytes a page is compressed in half of the time."""

import secrets
from gzip import GzipFile
from io import BytesIO

from django.http import HttpRequest
from django.http.response import HttpResponseBase, StreamingHttpResponse
from django.middleware.gzip import GZipMiddleware, re_accepts_gzip
from django.utils.cache import patch_vary_headers

# Of 113 KB of a list it makes 15.8 KB in 0.5 ms; 6, which Django asks for, 13.6 KB in 1.3 ms.
LEVEL = 3
SHORT = 200  # bytes that are not worth it


class Compression(GZipMiddleware):
    """Middleware that compresses what is in memory by itself, and leaves what is streamed to Django."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """The answer, compressed where the browser takes it and it is long enough."""
        if isinstance(response, StreamingHttpResponse) or response.has_header("Content-Encoding"):
            return super().process_response(request, response)
        content = response.content  # type: ignore[attr-defined]  # of all that are not streamed
        if len(content) < SHORT:
            return response
        patch_vary_headers(response, ["Accept-Encoding"])
        if re_accepts_gzip.search(request.META.get("HTTP_ACCEPT_ENCODING", "")):
            response.content = compressed(content, noise=self.max_random_bytes)  # type: ignore[attr-defined]
            response["Content-Length"] = str(len(response.content))  # type: ignore[attr-defined]
            response["Content-Encoding"] = "gzip"
        return response


def compressed(data: bytes, *, noise: int) -> bytes:
    """`data` as gzip, longer by less than `noise` bytes at random: its length tells nobody what is in it (BREACH)."""
    packed = BytesIO()
    with GzipFile("a" * secrets.randbelow(noise), "wb", LEVEL, packed, mtime=0) as file:
        file.write(data)
    return packed.getvalue()
