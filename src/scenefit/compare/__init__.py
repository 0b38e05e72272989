"""Every method of the field, trained and measured on the same pairs; each difference paired."""
