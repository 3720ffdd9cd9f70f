"""Tables of Django, of libraries and of throttling, by whether their rows may make work due."""

from foundation.due_work import harmless, opening

TABLES = (
    # A managed group that is missing is made again by the next sweep.
    *opening("auth.Group", "auth.Group_permissions"),
    *harmless(
        "admin.LogEntry",
        "auth.Permission",
        "contenttypes.ContentType",
        "knox.AuthToken",
        "otp_static.StaticDevice",
        "otp_static.StaticToken",
        "otp_totp.TOTPDevice",
        "sessions.Session",
        "throttling.RequestCount",
    ),
)
