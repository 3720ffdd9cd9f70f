"""The pages about mails. A GET changes nothing."""
