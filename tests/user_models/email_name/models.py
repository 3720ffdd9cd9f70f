"""User model whose e-mail address is the user name."""

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models


class AccountManager(BaseUserManager["Account"]):
    """Manager of accounts with address and password."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "Account":
        """Create an account."""
        account = self.model(email=self.normalize_email(email), **fields)
        account.set_password(password)
        account.save(using=self._db)
        return account

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "Account":
        """Create a superuser."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class Account(AbstractBaseUser, PermissionsMixin):
    """Account without user name, first name or last name."""

    email = models.EmailField(unique=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    newsletter = models.BooleanField(default=False)

    objects = AccountManager()

    USERNAME_FIELD = "email"

    def __str__(self) -> str:
        return self.email
