document.addEventListener("otp_webauthn.register_complete", () => location.reload());
