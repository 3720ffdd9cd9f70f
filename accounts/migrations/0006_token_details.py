from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_mail_limits"),
        ("knox", "0009_extend_authtoken_field"),
    ]

    operations = [
        migrations.CreateModel(
            name="TokenDetails",
            fields=[
                (
                    "token",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=models.CASCADE,
                        primary_key=True,
                        related_name="details",
                        serialize=False,
                        to="knox.AuthToken",
                    ),
                ),
                ("name", models.CharField(blank=True, db_default="", default="", max_length=100, verbose_name="name")),
                (
                    "scopes",
                    models.JSONField(
                        blank=True,
                        default=None,
                        help_text="empty: those of tokens from before scopes",
                        null=True,
                        verbose_name="scopes",
                    ),
                ),
                (
                    "personal",
                    models.BooleanField(
                        db_default=False,
                        default=False,
                        help_text="made by its owner, so that it ends with a changed password",
                    ),
                ),
                ("last_used_at", models.DateTimeField(null=True, verbose_name="last use")),
            ],
            options={
                "verbose_name": "details of a token",
                "verbose_name_plural": "details of tokens",
            },
        ),
    ]
