from __future__ import annotations

from typing import Any

from digid_eherkenning.managers import BaseeHerkenningManager
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models


class CompanyManager(BaseeHerkenningManager):
    def get_by_rsin(self, rsin: str) -> User:
        return self.get(username=rsin)

    def eherkenning_create(self, rsin: str, **kwargs: Any) -> User:
        return self.create(username=rsin, **kwargs)


class User(AbstractBaseUser):
    """A company that has logged in, by its RSIN or KvK number."""

    username = models.CharField(max_length=20, unique=True)
    USERNAME_FIELD = "username"

    objects = BaseUserManager()
    eherkenning_objects = CompanyManager()
