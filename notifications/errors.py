"""Errors of this app."""


class NotificationError(Exception):
    """Base of this app's errors."""


class CallTooLate(NotificationError, TimeoutError):
    """The call to AWS was not made, because too much time had passed since its intent was recorded."""


class NoEvent(NotificationError, LookupError):
    """A mail without an event was taken for the notification of one."""


class NotToBeSentAgain(NotificationError, ValueError):
    """A notification that is on its way, has arrived, or cannot be delivered is not sent again."""


class UnsendableMail(NotificationError, ValueError):
    """A mail that the outbox cannot hold, such as one with an attachment. Nothing was recorded of it."""


class RenderingFailed(NotificationError, RuntimeError):
    """The renderer of an account mail raised an error, which is in the log. The mail is tried again."""


class UnreadableFeedback(NotificationError, ValueError):
    """A message in the feedback queue is no event of SES; it ends in the queue's dead letters, to be looked at."""


class UnknownChannel(NotificationError, LookupError):
    """A channel that no app registers; nothing is recorded for it and nothing is sent."""


class UnknownLink(NotificationError, ValueError):
    """The link does not lead to a user: it was cut or invented. The page of preferences does the same, signed in."""


class UnknownUser(NotificationError, LookupError):
    """There is no such user; nothing was changed."""
