"""The request's id, from Lambda's context where there is one."""

import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from foundation.invocation import request_id


class RequestIdMiddleware:
    """Names the request in every log line: Lambda's invocation id under Zappa, a new one elsewhere."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        context = request.META.get("lambda.context")
        token = request_id.set(context.aws_request_id if context else uuid.uuid4().hex)
        try:
            return self.get_response(request)
        finally:
            request_id.reset(token)
