"""Take each scope filter and each gate away, one at a time, and see that a test fails: `make mutants`.

Works in a copy of the checkout, on a database of its own. Prints who survived and ends with 1 if any did.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from greenflash_site.database import embedded

ROOT = Path(__file__).resolve().parent.parent.parent
# The quick look first, at the routes of what was changed alone, and then what bears its name; only who survives that is
# looked at by more tests.
QUICK = [
    "tests/access/test_routes.py",
    "-k",
    "not anonymous and not owner and not removed and not elsewhere",
]
LATER = [
    "tests/products/test_second_factors.py",
    "tests/greenflash_site/test_access.py",
    "tests/greenflash_site/test_api_keys.py",
    "tests/access",
]
# What each of so many runs does is less than a test by itself has to do.
SMALL = {"GREENFLASH_CANARY_MB": "2", "GREENFLASH_MODEL_RUNS": "10"}
VIEWS = ("products/views/*.py", "conversations/views/*.py", "analytics/views/*.py", "greenflash_site/shortcuts.py")
API = ("conversations/api/*.py", "products/api.py")


@dataclass(frozen=True)
class Rule:
    """A way to take something away, wherever `pattern` is found in `files`."""

    name: str
    files: tuple[str, ...]
    pattern: str
    replacement: str


@dataclass(frozen=True)
class Mutant:
    """One place at which a rule is followed."""

    rule: Rule
    path: Path
    line: int
    text: str

    @property
    def near(self) -> dict[str, str]:
        """What narrows the quick look to the routes of its module, if that has any."""
        has_routes = any(self.path.full_match(pattern) for pattern in (*VIEWS, *API))
        return {"GREENFLASH_ROUTES_OF": ".".join(self.path.with_suffix("").parts)} if has_routes else {}

    def __str__(self) -> str:
        return f"{self.path}:{self.line} {self.rule.name}"


RULES = (
    Rule("any role", VIEWS, r"@member_required\(Role\.(?!VIEWER)\w+\)", "@member_required()"),
    Rule("no password asked", VIEWS, r"@recently_authenticated\n", ""),
    Rule(
        "every product of the organization",
        (*VIEWS, "conversations/filters.py", "conversations/feeds.py", "conversations/palette.py"),
        r"request\.products(?:_seen)?\b",
        "request.workspace.products.all()",
    ),
    Rule(
        "every organization",
        VIEWS,
        r"request\.workspace\.(?!slug|id\b|name)(\w+)(?=[.,)])",
        r"type(request.workspace).\1.rel.related_model.objects",
    ),
    Rule("whoever's", VIEWS, r"\.(seen_by|of_member|managed_by|changed_by)\(request\.member\)", ".all()"),
    Rule(
        "whoever's shortcut", VIEWS, r"(\w+)\.objects\.(seen_by|of_member|managed_by),", r"lambda _: \1.objects.all(),"
    ),
    Rule(
        "every product of a key's organization",
        API,
        r"caller\.products\b",
        "__import__('products').models.Product.objects.filter(workspace_id=caller.workspace_id)",
    ),
    Rule("every organization's rows", API, r"workspace_id=(?:request\.)?caller\.workspace_id(?:, )?", ""),
    Rule(
        "every organization's people",
        API,
        r"request\.caller\.workspace\.(\w+)\b",
        r"type(request.caller.workspace).\1.rel.related_model.objects",
    ),
    Rule("any product that is named", API, r"caller\.reaching\([^)]*\)", "caller"),
    Rule("roles say nothing", ("greenflash_site/access.py",), r"if not member\.has_role\(role\)", "if False"),
    Rule("all products to all", ("products/models/member.py",), r"return self\.has_role\(Role\.ADMIN\)", "return True"),
    Rule("deleted organizations", ("products/models/*.py",), r"workspace__deleted_at=None,? ?", ""),
    Rule("any rank", ("products/team.py",), r"    _require_rank\(acting.*\n", ""),
    Rule("no owner", ("products/team.py",), r"        _keep_an_owner\(.*\n", "        pass\n"),
    Rule("no scope", ("greenflash_site/api/endpoint.py",), r"if request\.caller\.scope not in", "if False and"),
    Rule("keys of the deleted", ("greenflash_site/api/auth.py",), r", workspace__deleted_at=None", ""),
    Rule("revoked keys", ("greenflash_site/api/auth.py",), r"key\.revoked_at is not None or ", ""),
    Rule("expired keys", ("greenflash_site/api/auth.py",), r" or key\.is_expired", ""),
    Rule("any address", ("greenflash_site/api/auth.py",), r"if caller\.networks and", "if False and"),
    Rule("any environment", ("greenflash_site/api/auth.py",), r"environment in \(None, product_environment\)", "True"),
    Rule("any product", ("greenflash_site/api/auth.py",), r"only is None or product_id in only", "True"),
    Rule("no login", ("greenflash_site/settings.py",), r' *"greenflash_site\.access\.LoginRequired",\n', ""),
)
# Mutants that no test can kill, and why.
EQUAL = {
    "conversations/views/people.py every organization": "of whom nothing is within reach there is no story (_story)",
    "conversations/views/exports.py every organization": "a member is of one organization, and these are theirs",
    "conversations/views/saved_views.py every organization": "changed_by says itself of which organization",
}


def mutants() -> Iterator[Mutant]:
    """Every place at which a rule can be followed."""
    for rule in RULES:
        for pattern in rule.files:
            for path in sorted(ROOT.glob(pattern)):
                source = path.read_text()
                for found in re.finditer(rule.pattern, source):
                    text = source[: found.start()] + found.expand(rule.replacement) + source[found.end() :]
                    line = source.count("\n", 0, found.start()) + 1
                    yield Mutant(rule, path.relative_to(ROOT), line, text)


def is_killed(mutant: Mutant, copy: Path, environment: dict[str, str]) -> bool:
    """Whether a test fails while the mutant stands in its file."""
    file = copy / mutant.path
    before = file.read_text()
    file.write_text(mutant.text)
    app, name = mutant.path.parts[0], mutant.path.stem
    about = [str(path.relative_to(ROOT)) for path in ROOT.glob(f"tests/{app}/**/test_{name}*.py")]
    try:
        steps: tuple[tuple[list[str], dict[str, str]], ...] = (
            (QUICK, mutant.near),
            (about, {}),
            (LATER, {}),
            ([f"tests/{app}"], {}),
        )
        return any(tests and fails(tests, copy, environment | more) for tests, more in steps)
    finally:
        file.write_text(before)


def fails(tests: list[str], copy: Path, environment: dict[str, str]) -> bool:
    """Whether any of these tests fails in the copy as it is."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-n", "0", "--reuse-db", "-p", "no:cacheprovider", *tests]
    silent = subprocess.DEVNULL
    return bool(
        subprocess.run(command, cwd=copy, env=environment, stdout=silent, stderr=silent, check=False).returncode
    )


def main() -> int:
    """Try all mutants, or those whose description holds the text that is given."""
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    tried = [mutant for mutant in mutants() if wanted in str(mutant)]
    survivors = []
    with tempfile.TemporaryDirectory(prefix="greenflash-mutants-") as folder:
        copy = Path(folder) / "copy"
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".git", ".venv", ".uv", ".data", ".*_cache"))
        data = Path(folder) / "data"
        with embedded.running(data) as server:
            environment = {**os.environ, **SMALL, "DATABASE_URL": server.url, "GREENFLASH_DATA": str(data)}
            modules = {str(mutant.path): mutant.near for mutant in tried}
            quick = [path for path, near in modules.items() if fails(QUICK, copy, environment | near)]
            if quick or fails(LATER, copy, environment):
                print("The tests fail without any mutant.", *quick)
                return 1
            for number, mutant in enumerate(tried, 1):
                killed = is_killed(mutant, copy, environment)
                why = EQUAL.get(f"{mutant.path} {mutant.rule.name}", "")
                if not killed and not why:
                    survivors.append(mutant)
                word = "killed" if killed else f"equal: {why}" if why else "SURVIVED"
                print(f"{number}/{len(tried)} {mutant}: {word}", flush=True)
    print(f"{len(tried) - len(survivors)} of {len(tried)} mutants are killed.")
    return bool(survivors)


if __name__ == "__main__":
    sys.exit(main())
