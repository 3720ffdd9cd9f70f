"""Tables of this app by whether their rows may make work due.

A user who is active again is reminded and charged, and one who leaves is erased. Another user model than this app's is
in no class, and so is taken for one whose rows may make work due.
"""

from foundation.due_work import harmless, opening

TABLES = (
    *opening("accounts.User", "accounts.User_groups", "accounts.User_user_permissions", "accounts.Profile"),
    *harmless("accounts.DailyCount", "accounts.MailLimit", "accounts.SignIn", "accounts.TokenDetails"),
)
