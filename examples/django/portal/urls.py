from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def home(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(request.user) if request.user.is_authenticated else "nobody")


urlpatterns = [path("", home, name="home"), path("", include("digid_eherkenning.urls"))]
