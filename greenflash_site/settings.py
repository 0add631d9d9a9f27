"""Every setting of the site, read from the environment here and nowhere else (docs/settings.md lists them)."""

import os
import secrets
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP

from greenflash_site.database import embedded, pool

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()


@dataclass(frozen=True, kw_only=True)
class Installation:
    """How this installation is run; `settings.GREENFLASH` everywhere else.

    `url` is the public origin without a trailing slash; `data` the folder of the embedded database and
    generated secrets; `web_threads` how many requests one web process works on at a time; `rate_limit` how many a key
    may send a minute (0: any number).
    """

    host: str
    port: int
    url: str
    data: Path
    embedded_database: bool
    signup: str
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...]
    web_workers: int
    web_threads: int
    rate_limit: int


@dataclass(frozen=True, kw_only=True)
class Init:
    """What the headless start shall make (greenflash_site/headless.py); empty means not asked for."""

    email: str
    password: str
    organization: str
    product_id: str
    product_name: str
    api_key: str


def read_number(name: str, default: int) -> int:
    """A whole number from the environment."""
    try:
        return int(env.str(name, str(default)))
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {env.str(name)!r}.") from None


def read_networks(name: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Addresses and networks from the environment, separated by commas."""
    try:
        return tuple(ip_network(network.strip()) for network in env.list(name, default=[]))
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be addresses like 10.0.0.1 or 10.0.0.0/8: {error}.") from None


def read_installation() -> Installation:
    """Read the installation from the environment; ImproperlyConfigured names the variable at fault."""
    host = env.str("GREENFLASH_HOST", "127.0.0.1")
    port = read_number("GREENFLASH_PORT", 8000)
    shown_host = "127.0.0.1" if host in {"0.0.0.0", "::", ""} else host  # noqa: S104 - compared, not bound
    url = env.str("GREENFLASH_URL", f"http://{shown_host}:{port}").rstrip("/")
    if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname:
        raise ImproperlyConfigured(f"GREENFLASH_URL must be like https://greenflash.example.com, not {url!r}.")
    signup = env.str("GREENFLASH_SIGNUP", "open")
    if signup not in {"open", "invite"}:
        raise ImproperlyConfigured(f"GREENFLASH_SIGNUP must be 'open' or 'invite', not {signup!r}.")
    return Installation(
        host=host,
        port=port,
        url=url,
        data=Path(env.str("GREENFLASH_DATA", str(BASE_DIR / ".data"))).resolve(),
        embedded_database=not env.str("DATABASE_URL", ""),
        signup=signup,
        trusted_proxies=read_networks("GREENFLASH_TRUSTED_PROXIES"),
        web_workers=read_number("GREENFLASH_WEB_WORKERS", min(os.cpu_count() or 1, 4)),
        web_threads=read_number("GREENFLASH_WEB_THREADS", 4),
        rate_limit=read_number("GREENFLASH_RATE_LIMIT", 30_000),
    )


def read_single_sign_on() -> dict[str, Any] | None:
    """The OpenID Connect provider, as allauth wants to be told of it; None without `GREENFLASH_OIDC_URL`."""
    url = env.str("GREENFLASH_OIDC_URL", "").rstrip("/")
    if not url:
        return None
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in {"localhost", "127.0.0.1", "::1"}:
        raise ImproperlyConfigured(f"GREENFLASH_OIDC_URL must begin with https://, not be {url!r}.")
    client = {
        "client_id": env.str("GREENFLASH_OIDC_CLIENT_ID", ""),
        "secret": env.str("GREENFLASH_OIDC_CLIENT_SECRET", ""),
    }
    if not all(client.values()):
        raise ImproperlyConfigured(
            "GREENFLASH_OIDC_CLIENT_ID and GREENFLASH_OIDC_CLIENT_SECRET belong to GREENFLASH_OIDC_URL."
        )
    return {
        "provider_id": "sso",
        "name": env.str("GREENFLASH_OIDC_NAME", "single sign-on"),
        "settings": {"server_url": url},
        **client,
    }


def generated_secret(path: Path) -> str:
    """The secret kept at `path` (mode 0600), made on first use; two processes at once agree on one."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(50))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text()


def read_security_contact() -> str:
    """Whom to tell of a vulnerability, as a URI for security.txt; empty without one."""
    contact: str = env.str("GREENFLASH_SECURITY_CONTACT", "")
    if "@" in contact and ":" not in contact:
        return f"mailto:{contact}"
    if contact and not contact.startswith(("mailto:", "https://", "tel:")):
        raise ImproperlyConfigured(
            f"GREENFLASH_SECURITY_CONTACT must be an email address or begin with https://, not be {contact!r}."
        )
    return contact


GREENFLASH = read_installation()
SECURITY_CONTACT = read_security_contact()
GREENFLASH_INIT = Init(
    email=env.str("GREENFLASH_INIT_EMAIL", ""),
    password=env.str("GREENFLASH_INIT_PASSWORD", ""),
    organization=env.str("GREENFLASH_INIT_ORGANIZATION", ""),
    product_id=env.str("GREENFLASH_INIT_PRODUCT_ID", ""),
    product_name=env.str("GREENFLASH_INIT_PRODUCT_NAME", ""),
    api_key=env.str("GREENFLASH_INIT_API_KEY", ""),
)
DEBUG = env.bool("DEBUG", False)
SECRET_KEY = env.str("SECRET_KEY", "") or generated_secret(GREENFLASH.data / "secret_key")

# Who may be asked for by name, and over what. Everything follows from the public origin.
_public = urlsplit(GREENFLASH.url)
_is_https = _public.scheme == "https"
ALLOWED_HOSTS = [
    *{_public.hostname or "", GREENFLASH.host, "127.0.0.1", "localhost", "[::1]"} - {""},
    *env.list("ALLOWED_HOSTS", default=[]),
]
CSRF_TRUSTED_ORIGINS = [GREENFLASH.url, *env.list("CSRF_TRUSTED_ORIGINS", default=[])]
# A browser sends a host's cookies to every port of it: two installations on one machine need two names.
_cookie_prefix = "__Host-greenflash" if _is_https else f"greenflash_{GREENFLASH.port}"
SESSION_COOKIE_NAME = f"{_cookie_prefix}_session"
CSRF_COOKIE_NAME = f"{_cookie_prefix}_csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _is_https
CSRF_COOKIE_HTTPONLY = True
SECURE_HSTS_SECONDS = 31_536_000 if _is_https else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURE_CSP = {
    "default-src": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
    "object-src": [CSP.NONE],
}

INSTALLED_APPS = [
    "greenflash_site",
    "products",
    "conversations",
    "analytics",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "procrastinate.contrib.django",
]

MIDDLEWARE = [
    "greenflash_site.http.TrustedProxies",
    "django.middleware.security.SecurityMiddleware",
    "greenflash_site.http.StraightThrough",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "greenflash_site.compression.Compression",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "greenflash_site.access.LoginRequired",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "products.sessions.LastSeen",
    "greenflash_site.failures.TooManyRequests",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "greenflash_site.urls"
WSGI_APPLICATION = "greenflash_site.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "greenflash_site.access.page_context",
            ],
            "builtins": ["greenflash_site.templatetags.addresses"],
        },
    },
]


def database() -> dict[str, Any]:
    """The one database: `DATABASE_URL`, else the embedded server's socket."""
    connection: dict[str, Any]
    if GREENFLASH.embedded_database:
        connection = {"ENGINE": "django.db.backends.postgresql", **embedded.connection_settings(GREENFLASH.data)}
    else:
        connection = dict(env.db("DATABASE_URL"))
        if connection["ENGINE"] != "django.db.backends.postgresql":
            raise ImproperlyConfigured(
                "DATABASE_URL must name a PostgreSQL database: postgres://user:password@host/name"
            )
    # As many connections as threads, those held by streamed answers included (Limits.streams of the front), so nobody
    # waits for one; a database that is down is told of within two seconds, and tried again for whoever asks next rather
    # than at ever longer intervals.
    connection["OPTIONS"] = {
        **connection.get("OPTIONS", {}),
        "pool": {
            "min_size": 1,
            "max_size": GREENFLASH.web_threads + 4,
            "timeout": 1.5,
            "reconnect_timeout": 1.5,
            "check": pool.check,
        },
        # Django's own cursors bind on the client's side; this lets the statements of ingest be prepared.
        "prepare_threshold": 5,
    }
    connection["CONN_HEALTH_CHECKS"] = True
    return connection


DATABASES = {"default": database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "products.Person"
SILENCED_SYSTEM_CHECKS = [
    "auth.W004",  # the email is unique, by an index on its lower case
    # Of `check --deploy`. TLS ends at a proxy, which is where plain HTTP is sent on to HTTPS; and whether the domain's
    # other hosts are HTTPS alone is for their owner to say, not for ours.
    "security.W005",
    "security.W008",
    "security.W021",
]
AUTHENTICATION_BACKENDS = ["products.accounts.AuthenticationBackend"]
SESSION_ENGINE = "products.sessions"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
EMAIL_CONFIGURED = bool(env.str("EMAIL_URL", ""))
ACCOUNT_ADAPTER = "products.accounts.AccountAdapter"
ACCOUNT_FORMS = {"signup": "products.forms.SignupForm"}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
# A self-hosted installation without a mail server must be fully usable.
ACCOUNT_EMAIL_VERIFICATION = "mandatory" if EMAIL_CONFIGURED else "none"
ACCOUNT_SESSION_REMEMBER = None
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
# For how long a password counts as just given (access.recently_authenticated), in seconds.
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
ACCOUNT_DEFAULT_HTTP_PROTOCOL = _public.scheme
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_CHANGE_EMAIL = True  # one address a person
ACCOUNT_EMAIL_NOTIFICATIONS = EMAIL_CONFIGURED
# Attempts are counted by products/throttle.py, in the database; allauth would count in each process by itself.
ACCOUNT_RATE_LIMITS = MFA_RATE_LIMITS = False

MFA_ADAPTER = "products.second_factors.Adapter"
MFA_FORMS = {
    "authenticate": "products.second_factors.AuthenticateForm",
    "reauthenticate": "products.second_factors.ReauthenticateForm",
    "activate_totp": "products.second_factors.ActivateTOTPForm",
    "add_webauthn": "products.second_factors.AddPasskeyForm",
    "login_webauthn": "products.second_factors.LoginPasskeyForm",
    "authenticate_webauthn": "products.second_factors.AuthenticatePasskeyForm",
    "reauthenticate_webauthn": "products.second_factors.ReauthenticatePasskeyForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Greenflash"
MFA_TOTP_TOLERANCE = 1  # a phone's clock may be half a minute off
MFA_ALLOW_UNVERIFIED_EMAIL = not EMAIL_CONFIGURED  # nobody could verify it
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not _is_https  # browsers allow it on localhost alone

SOCIALACCOUNT_ADAPTER = "products.single_sign_on.Adapter"
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_REQUESTS_TIMEOUT = 10
SOCIALACCOUNT_LOGIN_ON_GET = True
_provider = read_single_sign_on()
SINGLE_SIGN_ON = _provider["name"] if _provider else ""
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [_provider] if _provider else []},
}


def mailer() -> dict[str, Any]:
    """Where mail goes: the server of `EMAIL_URL`, else the terminal, where the operator finds the links."""
    if not EMAIL_CONFIGURED:
        return {"BACKEND": "greenflash_site.mail.TerminalBackend"}
    url = env.email_url("EMAIL_URL")
    options = {}
    if url.get("EMAIL_HOST"):
        names = ("host", "port", "use_tls", "use_ssl")
        options = {name: url[key] for name in names if (key := f"EMAIL_{name.upper()}") in url}
        options |= {"username": url["EMAIL_HOST_USER"], "password": url["EMAIL_HOST_PASSWORD"], "timeout": 10}
    return {"BACKEND": url["EMAIL_BACKEND"], "OPTIONS": options}


MAILERS = {"default": mailer()}
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", f"Greenflash <greenflash@{_public.hostname}>")

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = False

STATIC_URL = "/static/"
STATIC_ROOT = GREENFLASH.data / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "greenflash_site.static.StaticFiles"},
}

# The front (greenflash_site/server/front.py) bounds bodies before Django sees them; forms are far smaller.
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "WARNING")},
    # Refused requests are the caller's affair (they get a clear answer); only our own faults are logged.
    # A database that is away is told of by who needed it, not by each try of the pool.
    "loggers": {
        **{name: {"level": "ERROR"} for name in ("django.request", "django.security", "psycopg.pool")},
        "django.security.DisallowedHost": {"level": "CRITICAL"},  # a trace for each scanner that passes by
    },
}
