"""Settings of a small Django project with eHerkenning login, set up by the library's quickstart."""

import os
from pathlib import Path

from django.core.management.utils import get_random_secret_key

# From the environment: where the project keeps its files, at which address it is reached, and how people
# log in: by RSIN (the library's own backend) or also by KvK number (the subclass in backends.py).
HOME = Path(os.environ["PORTAL_HOME"])
BASE_URL = os.environ["PORTAL_BASE_URL"]
LOGIN_BY = os.environ.get("PORTAL_LOGIN_BY", "kvk")

SECRET_KEY = get_random_secret_key()
DEBUG = False
ALLOWED_HOSTS = ["localhost", "127.0.0.1"]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "privates",
    "simple_certmanager",
    "solo",
    "sessionprofile",
    "digid_eherkenning",
    "portal",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "sessionprofile.middleware.SessionProfileMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "portal.urls"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": HOME / "db.sqlite3"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "portal.User"
AUTHENTICATION_BACKENDS = [
    {
        "rsin": "digid_eherkenning.backends.eHerkenningBackend",
        "kvk": "portal.backends.KvKBackend",
    }[LOGIN_BY]
]
LOGIN_URL = "landing"
LOGIN_REDIRECT_URL = "landing"

LANGUAGE_CODE = "nl"
TIME_ZONE = "Europe/Amsterdam"
USE_TZ = True

STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True

PRIVATE_MEDIA_ROOT = HOME / "private"
PRIVATE_MEDIA_URL = "/private/"

# Cookies know no ports: beside other applications on this host each needs names of its own.
SESSION_COOKIE_NAME = "portal_sessionid"
CSRF_COOKIE_NAME = "portal_csrftoken"

# Everything that the SAML library sends, receives and refuses is in the process's output.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {
        "django": {"handlers": ["console"], "level": "INFO", "propagate": False},
        "digid_eherkenning": {"handlers": ["console"], "level": "DEBUG"},
        "onelogin": {"handlers": ["console"], "level": "DEBUG"},
    },
}
