"""Words for the kinds of official documents and for void numbers; ``labels`` finds them with all others.

Must not know: anything but the codes.
"""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from verification.models import DocumentKind, VoidReason

#: Official documents. Source: issue 4.
DOCUMENT_KINDS: dict[DocumentKind, LazyString] = {
    DocumentKind.DOCKETING_FORM: _l("Docketing form"),
    DocumentKind.PLAN: _l("Inspection plan"),
    DocumentKind.NOTICE: _l("Notice of inspection"),
    DocumentKind.ASSIGNMENT: _l("Assignment sheet"),
    DocumentKind.PRESSING: _l("Pressing sheet"),
    DocumentKind.INTERVIEW: _l("Interview record"),
    DocumentKind.SITE_RECORD: _l("Site record"),
    DocumentKind.MATERIALS: _l("List of documents taken"),
    DocumentKind.REPORT: _l("Verification report"),
    DocumentKind.CONCLUSION: _l("Conclusion for the unit"),
    DocumentKind.DELIVERY: _l("Proof of delivery"),
    DocumentKind.RECTIFICATION: _l("Notice of rectification"),
    DocumentKind.RECTIFICATION_CHECK: _l("Rectification check sheet"),
    DocumentKind.REVIEW_DECISION: _l("Review decision"),
    DocumentKind.REFERRAL: _l("Letter of referral"),
    DocumentKind.CIRCULAR: _l("Circular"),
    DocumentKind.NOT_ACCEPTED: _l("Notice that a tip was not accepted"),
    DocumentKind.SUMMONS: _l("Summons for a talk"),
    DocumentKind.ASSISTANCE: _l("Letter of assistance"),
    DocumentKind.ORDER: _l("Written order to correct"),
    DocumentKind.CLEARING: _l("Letter of clearance"),
    DocumentKind.RESEARCH: _l("Research report"),
}

#: Why a number stands for no document.
VOID_REASONS: dict[VoidReason, LazyString] = {
    VoidReason.MISPRINT: _l("Misprinted or numbered wrongly"),
    VoidReason.NOT_SENT: _l("Withdrawn before it was sent"),
    VoidReason.DOUBLE: _l("Given twice"),
    VoidReason.SKIPPED: _l("Skipped"),
}
