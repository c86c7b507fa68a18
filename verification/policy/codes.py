"""Plain codes an office may add to, with their words: categories, reasons for declining, right channels.

Source: 2-domain §3, editable defaults.
"""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

#: What a tip is about.
CATEGORIES: dict[str, LazyString] = {
    "101": _l("Subsidies not paid out"),
    "102": _l("Promises or decisions not kept"),
    "103": _l("Policies watered down"),
    "104": _l("Project at a standstill"),
    "201": _l("Passing the buck"),
    "202": _l("Overdue handling"),
    "203": _l("Rude treatment"),
    "204": _l("Arbitrary enforcement or fines"),
    "205": _l("Irregular approval"),
    "301": _l("Arrears owed to businesses"),
    "302": _l("Unlawful fees"),
    "303": _l("New officials ignoring old debts"),
    "304": _l("Barriers to entry"),
    "305": _l("Too many inspections"),
    "401": _l("Education"),
    "402": _l("Health care"),
    "403": _l("Social security and allowances"),
    "404": _l("Housing and property management"),
    "405": _l("Roads, water, power, gas, heating"),
    "406": _l("Unpaid wages"),
    "407": _l("Farming, rural land and homesteads"),
    "501": _l("Safety hazards"),
    "502": _l("Environment"),
    "503": _l("Food and medicine"),
    "601": _l("Duplicate inspections"),
    "602": _l("Too many forms and reports"),
    "603": _l("Forced likes and check-ins"),
    "604": _l("Faked work"),
    "7": _l("Advice on conflicting policies"),
    "8": _l("Advice on the government's work"),
    "9": _l("Possible duty violation"),
    "10": _l("Outside the office's remit"),
}

#: Categories in which a unit's own people are said to have done wrong: no unit looks into itself.
MISCONDUCT = frozenset({"203", "204", "205", "302", "603", "604", "9"})

#: Why a tip is not accepted. Source: 2-domain §3.
DECLINE_REASONS: dict[str, LazyString] = {
    "court": _l("Before a court or in arbitration"),
    "discipline": _l("Before discipline inspection"),
    "petition": _l("In a petition review"),
    "not-object": _l("Not a body this office inspects"),
    "nothing-checkable": _l("Nothing that can be checked"),
    "duplicate": _l("Already reported in another tip"),
    "state-secret": _l("May contain state secrets"),
    "advertising": _l("Advertising"),
}

#: Where somebody else can help. Source: 2-domain §2, §3.
CHANNELS: dict[str, LazyString] = {
    "court": _l("The court or arbitration body in charge"),
    "supervision-commission": _l("The supervision commission"),
    "judicial-organs": _l("The judicial organs"),
    "petition-office": _l("The petition office"),
    "hotline": _l("The 12345 hotline"),
    "tax": _l("The tax service"),
    "power": _l("The power company"),
    "ecology": _l("The municipal ecology bureau's branch"),
    "higher-office": _l("The supervision office at the next level up"),
    "police": _l("The police"),
    "market": _l("Market supervision (12315)"),
    "none": _l("No other channel is needed"),
}
