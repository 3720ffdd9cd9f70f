"""SES identity of the sender: verified, and allowed by the function's role."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client


@dataclass(frozen=True)
class SenderIdentity:
    """Sender's bare address, and the domain that messaging.yaml also allows, usually the sender's."""

    client: "SESV2Client"
    address: str
    domain: str

    def problems(self, stage_name: str) -> Iterator[str]:
        """Yield the reasons why SES or the role would refuse the sender's mail.

        SES accepts a verified domain for all subdomains, but the role allows only the named identities.
        """
        if self._is_verified(self.address) or self._is_verified(self.domain):
            return
        wider = next((domain for domain in _above(self.address) if self._is_verified(domain)), "")
        if wider:
            yield (
                f"SES has verified {wider}, and the function's role allows mail under {self.domain} or {self.address} "
                f'only. Run `make stack STAGE={stage_name} PARAMETERS="SenderIdentity={wider} CreateIdentity=false"`.'
            )
        else:
            yield (
                f"SES does not take mail from {self.address}: neither it nor {self.domain} is verified in "
                f"{self.client.meta.region_name}. Publish the DNS records, or follow the link in the mail, that SES's "
                "console shows for it."
            )

    def creation_problems(self) -> Iterator[str]:
        """Yield the reason why a new stack cannot create the domain's identity."""
        if self._exists(self.domain):
            yield (
                f"SES of this account has the identity {self.domain} already, so the stack cannot make it. Add "
                "CreateIdentity=false to PARAMETERS."
            )

    def _exists(self, identity: str) -> bool:
        return self._verified(identity) is not None

    def _is_verified(self, identity: str) -> bool:
        return bool(self._verified(identity))

    def _verified(self, identity: str) -> bool | None:
        try:
            found = self.client.get_email_identity(EmailIdentity=identity)
        except ClientError as error:
            if error.response["Error"]["Code"] == "NotFoundException":
                return None
            raise
        return found.get("VerifiedForSendingStatus", False)


def domain_of(address: str) -> str:
    """Return the part after the @."""
    return address.rpartition("@")[2]


def _above(address: str) -> list[str]:
    labels = domain_of(address).split(".")
    return [".".join(labels[start:]) for start in range(len(labels) - 1)]
