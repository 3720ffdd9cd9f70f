"""User model and what is stored beside any user model."""

from accounts.models.daily_count import DailyCount
from accounts.models.mail_limit import MailLimit
from accounts.models.profile import Profile
from accounts.models.sign_in import SignIn
from accounts.models.token_details import TokenDetails
from accounts.models.user import User

__all__ = ["DailyCount", "MailLimit", "Profile", "SignIn", "TokenDetails", "User"]
