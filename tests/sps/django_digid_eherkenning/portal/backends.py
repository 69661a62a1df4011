"""The library's backend, with what a project adds to it."""

from typing import Any

from digid_eherkenning.backends import eHerkenningBackend
from digid_eherkenning.exceptions import eHerkenningNoRSINError
from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest
from onelogin.saml2.response import OneLogin_Saml2_Response

ACTING_SUBJECT = "urn:etoegang:core:ActingSubjectID"
BRANCH = "urn:etoegang:1.9:ServiceRestriction:Vestigingsnr"


class KvKBackend(eHerkenningBackend):
    """Logs in by RSIN, and by KvK number when no RSIN comes; keeps what else the broker told for the page."""

    def get_or_create_user(
        self,
        request: HttpRequest,
        saml_response: OneLogin_Saml2_Response,
        saml_attributes: dict[str, list[Any]],
    ) -> tuple[Any, bool]:
        kvk = self.get_legal_subject_kvk(saml_attributes)
        try:
            user, created = super().get_or_create_user(request, saml_response, saml_attributes)
        except eHerkenningNoRSINError:
            if not kvk:
                raise
            user, created = get_user_model().eherkenning_objects.get_or_create_by_kvk(kvk)
        user.told = {
            "kvk": kvk,
            "rsin": self.get_legal_subject_rsin(saml_attributes),
            "pseudonym": _pseudonym(saml_attributes),
            "level": " ".join(saml_response.get_authn_contexts()),
            "branch": " ".join(saml_attributes.get(BRANCH, [])),
        }
        return user, created


def _pseudonym(saml_attributes: dict[str, list[Any]]) -> str:
    values = saml_attributes.get(ACTING_SUBJECT, [])
    return " ".join(value["NameID"]["value"] or "" for value in values if isinstance(value, dict))


@receiver(user_logged_in)
def keep_what_was_told(request: HttpRequest, user: Any, **_: Any) -> None:
    """Keep it in the session of this login, for it is about this login and not about the company."""
    request.session["told"] = getattr(user, "told", {})
