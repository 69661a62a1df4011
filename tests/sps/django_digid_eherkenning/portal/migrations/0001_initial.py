"""The user table."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """As `makemigrations` made it."""

    initial = True
    dependencies: ClassVar[list[tuple[str, str]]] = []
    operations: ClassVar[list[migrations.CreateModel]] = [
        migrations.CreateModel(
            name="User",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                ("username", models.CharField(max_length=20, unique=True, verbose_name="gebruikersnaam")),
                ("rsin", models.CharField(blank=True, max_length=9, verbose_name="RSIN")),
                ("kvk", models.CharField(blank=True, max_length=8, verbose_name="KvK-nummer")),
            ],
            options={"abstract": False},
        ),
    ]
