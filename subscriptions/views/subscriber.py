"""Who is at the other end, once a view's decorators have let them in."""

from django.contrib.auth.models import User
from django.http import HttpRequest


class SubscriberRequest(HttpRequest):
    """A request by somebody who is signed in, as `login_required` leaves it. For type checking."""

    user: User
