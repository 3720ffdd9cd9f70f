"""Groups that a plan grants. The release before this one grants none; the audit gives them after a rollback."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('subscriptions', '0019_index_access_ends'),
    ]

    operations = [
        migrations.AddField(
            model_name='plan',
            name='groups',
            field=models.ManyToManyField(blank=True, help_text='subscribers are in these groups while their subscription is live, and have their permissions', related_name='+', to='auth.group', verbose_name='groups'),
        ),
    ]
