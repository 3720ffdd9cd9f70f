"""AWS error codes, and the result of each for a notification."""

from collections.abc import Mapping

from notifications.aws.results import Result, ResultKind
from notifications.models import PauseReason

PAUSES: Mapping[str, PauseReason] = {
    # https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html#API_SendEmail_Errors
    "AccountSuspendedException": PauseReason.ACCOUNT,
    "SendingPausedException": PauseReason.ACCOUNT,
    "MailFromDomainNotVerifiedException": PauseReason.CONFIGURATION,
    "NotFoundException": PauseReason.CONFIGURATION,  # the configuration set
    # https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html#API_PublishBatch_Errors
    "NotFound": PauseReason.CONFIGURATION,  # the topic
    "KMSAccessDenied": PauseReason.CONFIGURATION,
    "KMSDisabled": PauseReason.CONFIGURATION,
    "KMSInvalidState": PauseReason.CONFIGURATION,
    "KMSNotFound": PauseReason.CONFIGURATION,
    "KMSOptInRequired": PauseReason.CONFIGURATION,
    "AuthorizationError": PauseReason.CREDENTIALS,
    "InvalidSecurity": PauseReason.CREDENTIALS,
    # https://docs.aws.amazon.com/ses/latest/APIReference-V2/CommonErrors.html, and SNS's as the query protocol has them
    "AccessDenied": PauseReason.CREDENTIALS,
    "AccessDeniedException": PauseReason.CREDENTIALS,
    "ExpiredToken": PauseReason.CREDENTIALS,
    "ExpiredTokenException": PauseReason.CREDENTIALS,
    "IncompleteSignature": PauseReason.CREDENTIALS,
    "InvalidClientTokenId": PauseReason.CREDENTIALS,
    "InvalidSignatureException": PauseReason.CREDENTIALS,
    "MissingAuthenticationToken": PauseReason.CREDENTIALS,
    "MissingAuthenticationTokenException": PauseReason.CREDENTIALS,
    "NotAuthorized": PauseReason.CREDENTIALS,
    "OptInRequired": PauseReason.CREDENTIALS,
    "SignatureDoesNotMatch": PauseReason.CREDENTIALS,
    "UnrecognizedClientException": PauseReason.CREDENTIALS,
}
"""Codes that are not about the message: every other one would be answered the same."""

RESULT_KINDS: Mapping[str, ResultKind] = {
    **dict.fromkeys(PAUSES, ResultKind.PAUSED),
    # SES
    "MessageRejected": ResultKind.REFUSED,
    "BadRequestException": ResultKind.REFUSED,
    "LimitExceededException": ResultKind.THROTTLED,
    "TooManyRequestsException": ResultKind.THROTTLED,
    # SNS
    "InvalidParameter": ResultKind.REFUSED,
    "InvalidParameterValue": ResultKind.REFUSED,
    "ParameterValueInvalid": ResultKind.REFUSED,
    "KMSThrottling": ResultKind.THROTTLED,
    "InternalError": ResultKind.UNKNOWN,
    # of a batch as a whole, whose entries may be well
    "BatchEntryIdsNotDistinct": ResultKind.UNSENT,
    "BatchRequestTooLong": ResultKind.UNSENT,
    "EmptyBatchRequest": ResultKind.UNSENT,
    "InvalidBatchEntryId": ResultKind.UNSENT,
    "TooManyEntriesInBatchRequest": ResultKind.UNSENT,
    # of topics for mobile devices, which ours is not
    "EndpointDisabled": ResultKind.UNSENT,
    "PlatformApplicationDisabled": ResultKind.UNSENT,
    # Both
    "RequestExpired": ResultKind.UNSENT,  # of a deliverer that was frozen between signing and sending
    "RequestLimitExceeded": ResultKind.THROTTLED,
    "Throttling": ResultKind.THROTTLED,
    "ThrottlingException": ResultKind.THROTTLED,
    "ValidationError": ResultKind.REFUSED,
    "ValidationException": ResultKind.REFUSED,
    # botocore's code for an answer whose body has none: the status, here https://www.rfc-editor.org/rfc/rfc6585#section-4
    "429": ResultKind.THROTTLED,
}
"""A code that is not listed is UNKNOWN, the class in which no message is sent twice."""

DAILY_QUOTA = ("daily message quota exceeded", "daily sending quota exceeded")
"""Texts with which SES throttles by the day instead of the second; the code is the same.

https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas-errors.html and
https://repost.aws/knowledge-center/ses-sending-rate-quota-exceeded. In other words it counts as the second's.
"""


def judge_code(code: str, message: str = "") -> Result:
    """Translate an error code, with what AWS said beside it. The text, which may quote an address, is not kept."""
    kind = RESULT_KINDS.get(code, ResultKind.UNKNOWN)
    if kind is ResultKind.THROTTLED and any(words in message.casefold() for words in DAILY_QUOTA):
        return Result(ResultKind.PAUSED, error=code, pause=PauseReason.QUOTA)
    return Result(kind, error=code or "no code", pause=PAUSES.get(code))
