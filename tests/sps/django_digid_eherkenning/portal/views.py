"""The landing page says who is logged in, or why not."""

from digid_eherkenning.models import EherkenningConfiguration
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST


def landing(request: HttpRequest) -> HttpResponse:
    told = request.session.get("told", {})
    user = request.user
    return render(
        request,
        "portal/landing.html",
        {
            "config": EherkenningConfiguration.get_solo(),
            "facts": {
                "who": user.username,
                "kvk": told.get("kvk", ""),
                "rsin": user.rsin or told.get("rsin", ""),
                "pseudonym": told.get("pseudonym", ""),
                "level": told.get("level", ""),
                "branch": told.get("branch", ""),
            }
            if user.is_authenticated
            else {},
        },
    )


@require_POST
def log_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect("landing")
