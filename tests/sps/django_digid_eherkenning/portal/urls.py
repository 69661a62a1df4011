"""The landing page, and the library's: eherkenning/login/, eherkenning/acs/, metadata/eherkenning."""

from django.urls import include, path

from .views import landing, log_out

urlpatterns = [
    path("", landing, name="landing"),
    path("uitloggen/", log_out, name="log_out"),
    path("", include("digid_eherkenning.urls")),
]
