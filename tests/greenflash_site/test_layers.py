"""Who may import whom: analytics -> conversations -> products, and nobody reaches back into the site."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from greenflash_site.api.openapi.document import document

ROOT = Path(settings.BASE_DIR)
APPS = ("products", "conversations", "analytics")
BELOW = {"products": set(), "conversations": {"products"}, "analytics": {"products", "conversations"}}
# What the apps may use of the site.
SHARED = tuple(f"greenflash_site.{name}" for name in ("http", "access", "api", "compiled", "templatetags"))


def imports(package: str) -> Iterator[tuple[str, str]]:
    """Each module of a package with each name it imports, dotted in full."""
    for path in sorted((ROOT / package).rglob("*.py")):
        module = str(path.relative_to(ROOT))
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                yield from ((module, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{module}: relative import"
                yield from ((module, f"{node.module}.{alias.name}") for alias in node.names)


def is_below(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


@pytest.mark.parametrize("app", APPS)
def test_it_imports_apps_one_way(app: str) -> None:
    others = set(APPS) - BELOW[app] - {app}
    assert [(module, name) for module, name in imports(app) if name.split(".")[0] in others] == []


@pytest.mark.parametrize("app", APPS)
def test_it_reaches_into_the_site_for_what_is_shared_only(app: str) -> None:
    reached = [(module, name) for module, name in imports(app) if is_below(name, "greenflash_site")]
    assert [each for each in reached if not any(is_below(each[1], shared) for shared in SHARED)] == []


def test_it_keeps_the_api_free_of_endpoints() -> None:
    """The plumbing knows keys and products but nothing that was said; its site map alone names the endpoints."""
    plumbing = [each for each in imports("greenflash_site/api") if each[0] != "greenflash_site/api/urls.py"]
    assert [(module, name) for module, name in plumbing if name.split(".")[0] in ("conversations", "analytics")] == []


def test_it_imports_the_package_of_tests_nowhere() -> None:
    assert [
        each for package in (*APPS, "greenflash_site") for each in imports(package) if is_below(each[1], "tests")
    ] == []


def test_it_documents_every_setting() -> None:
    source = (ROOT / "greenflash_site" / "settings.py").read_text()
    read = set(re.findall(r'(?:env\.|read_)\w+\(\s*"([A-Z_]+)"', source))
    assert "GREENFLASH_URL" in read
    documented = (ROOT / "docs" / "settings.md").read_text()
    assert [name for name in sorted(read) if name not in documented] == []


def test_it_documents_every_endpoint() -> None:
    documented = (ROOT / "docs" / "api.md").read_text()
    endpoints = [f"`{method.upper()} {path}`" for path, methods in document()["paths"].items() for method in methods]
    assert [endpoint for endpoint in endpoints if endpoint not in documented] == []
