"""URLs of the example, before the service's own. The names in `otp_webauthn` are those that the package's tags read."""

from django.urls import include, path

from config.urls import urlpatterns as service
from foundation.web.lazy_page import LazyPage

VIEWS = "examples.passkeys.views"

ceremonies = [
    path("add/", LazyPage(f"{VIEWS}.begin_registration"), name="credential-registration-begin"),
    path("add/complete/", LazyPage(f"{VIEWS}.complete_registration"), name="credential-registration-complete"),
    path("sign-in/", LazyPage(f"{VIEWS}.begin_sign_in"), name="credential-authentication-begin"),
    path("sign-in/complete/", LazyPage(f"{VIEWS}.complete_sign_in"), name="credential-authentication-complete"),
    path("texts.js", LazyPage(f"{VIEWS}.texts"), name="js-i18n-catalog"),
]

urlpatterns = [
    path("account/passkeys/", LazyPage(f"{VIEWS}.passkeys"), name="passkeys"),
    path("passkeys/", include((ceremonies, "otp_webauthn"))),
    *service,
]
