"""The WSGI application; greenflash_site/server/front.py serves it."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "greenflash_site.settings")
application = get_wsgi_application()
