"""Mails through SES, and its feedback."""
