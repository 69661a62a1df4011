"""The project's user, with the manager that django-digid-eherkenning asks for."""

from typing import Any, ClassVar

from digid_eherkenning.managers import BaseeHerkenningManager
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models


class EHerkenningManager(BaseeHerkenningManager):
    """Finds and makes companies; `get_by_rsin` and `eherkenning_create` are called by the library."""

    def get_by_rsin(self, rsin: str) -> "User":
        return self.get(rsin=rsin)

    def eherkenning_create(self, rsin: str, **kwargs: Any) -> "User":
        return self.create(username=f"rsin-{rsin}", rsin=rsin, **kwargs)

    def get_or_create_by_kvk(self, kvk: str) -> tuple["User", bool]:
        return self.get_or_create(kvk=kvk, defaults={"username": f"kvk-{kvk}"})


class User(AbstractBaseUser):
    """A company that has logged in."""

    username = models.CharField("gebruikersnaam", max_length=20, unique=True)
    rsin = models.CharField("RSIN", max_length=9, blank=True)
    kvk = models.CharField("KvK-nummer", max_length=8, blank=True)

    USERNAME_FIELD = "username"

    objects: ClassVar[BaseUserManager] = BaseUserManager()
    eherkenning_objects: ClassVar[EHerkenningManager] = EHerkenningManager()
