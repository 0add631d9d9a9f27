"""Where static files are, as templates name them; settings.py says that this is how."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise has no types
    """Files with their hash in the name, compressed; remembers the address of each: a page names 35 of them."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self._urls: dict[str | None, str] = {}

    def url(self, name: str | None, force: bool = False) -> str:
        """The address of a file, which stays while the process lives."""
        if name not in self._urls:
            self._urls[name] = super().url(name, force)
        return self._urls[name]
