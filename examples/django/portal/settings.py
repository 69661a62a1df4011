"""As the quickstart of django-digid-eherkenning sets a project up."""

from pathlib import Path
from tempfile import mkdtemp

SECRET_KEY = "for the tests of this example only"
ALLOWED_HOSTS = ["localhost"]
ROOT_URLCONF = "portal.urls"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "privates",
    "simple_certmanager",
    "solo",
    "sessionprofile",
    "digid_eherkenning",
    "portal",
]
MIDDLEWARE = [
    "sessionprofile.middleware.SessionProfileMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# The table of the user is made from the model: an example needs no history.
MIGRATION_MODULES = {"portal": None}
AUTH_USER_MODEL = "portal.User"
AUTHENTICATION_BACKENDS = ["portal.backends.KvKBackend"]
LOGIN_URL = LOGIN_REDIRECT_URL = "home"
USE_TZ = True
STATIC_URL = "/static/"
PRIVATE_MEDIA_ROOT = Path(mkdtemp(prefix="portal-"))
PRIVATE_MEDIA_URL = "/private/"
