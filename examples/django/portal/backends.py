from typing import Any

from digid_eherkenning.backends import eHerkenningBackend
from digid_eherkenning.exceptions import eHerkenningNoRSINError
from django.http import HttpRequest

from portal.models import User


class KvKBackend(eHerkenningBackend):
    """Takes the KvK number where no RSIN comes."""

    def get_or_create_user(
        self, request: HttpRequest, saml_response: Any, saml_attributes: dict[str, list[Any]]
    ) -> tuple[User, bool]:
        try:
            return super().get_or_create_user(request, saml_response, saml_attributes)
        except eHerkenningNoRSINError:
            kvk = self.get_legal_subject_kvk(saml_attributes)
            return User.eherkenning_objects.get_or_create(username=kvk)
