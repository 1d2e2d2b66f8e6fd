"""The clauses of contracts that walks are about: 154 of our own writing, and a question that one of them answers."""

from __future__ import annotations

SUBJECTS = (
    "the subscription", "the free trial", "personal data", "uploaded photos", "late payment", "shared passwords",
    "refunds of gifts", "delivery of parcels", "damaged goods", "advertising mail", "third party links",
)  # fmt: skip
PROVISIONS = (
    "begins on the day the customer signs and is described in annex {n} under {s}.",
    "may be cancelled by the customer at any time with a message about {s}.",
    "may be changed by the provider with thirty days of notice concerning {s}.",
    "is charged on the first day of every month as far as {s} is concerned.",
    "remains the property of the customer; nothing about {s} transfers ownership.",
    "must not be resold, and whoever resells {s} owes damages.",
    "is governed by the law of the place where the customer lives, {s} included.",
    "is limited in liability to the price paid within one year for {s}.",
    "is stored in two places and erased ninety days after the end of {s}.",
    "can be handed to a successor of the provider together with {s}.",
    "requires that the customer be of age before {s} is used.",
    "is explained by the support desk, which answers questions on {s} within two days.",
    "is interrupted for maintenance at night, with a warning on {s}.",
    "ends when the account is deleted, and {s} with it.",
)
CLAUSES = [
    f"Clause {place}: {subject.capitalize()} " + provision.format(n=place, s=subject)
    for place, (subject, provision) in enumerate(
        ((subject, provision) for subject in SUBJECTS for provision in PROVISIONS), 1
    )
]
QUESTION = "Which support desk answers questions on damaged goods within two days?"
