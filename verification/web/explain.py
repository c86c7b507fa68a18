"""A refusal as people read it: what is missing, the rule it rests on, its source, and what to do next.

Owns: the sentences "what to do next", one for each rule that can refuse. Must not know: any page.
Source: issue 4 "Refusal pages in both languages name the rule, its source and what to do next".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from portal.texts import either, language
from verification.errors import Refusal
from verification.policy.rulebook import Rule, shipped_rules


@dataclass(frozen=True, slots=True)
class ExplainedRule:
    """A rule in the reader's language."""

    id: str
    text: str
    source: str
    article: str
    is_law: bool


@dataclass(frozen=True, slots=True)
class Explained:
    """A refusal in full. ``rule``: None where no rule of law or office forbids it (a state, a role)."""

    text: LazyString | str
    rule: ExplainedRule | None
    next_step: LazyString | str


NEXT_STEPS: dict[str, LazyString] = {
    "state": _l("Open the page again: it shows what can be done now."),
    "permission": _l("Ask somebody whose role allows it; the page “Workflow” says whose that is."),
    "tip-category": _l("Choose the category that fits best; it can be changed in the case."),
    "decline-reason": _l("Choose a reason, and tell the informant who can help instead."),
    "hand-on-channel": _l("Choose the office from the list. The informant is told where to turn."),
    "reg-23": _l("Choose the organ and send it today; no approval is needed for it."),
    "ask-once": _l("Wait for the reply, go on without it, or decide with what there is."),
    "case-basis": _l("Choose the content basis in the case's frame."),
    "reg-5": _l(
        "Choose the responsible department or town. For a firm or a private person, "
        "choose the body whose duty it was."
    ),
    "brief-allegations": _l("Add each claim on a line of its own in the brief."),
    "quota-unit": _l(
        "Wait, join it to the other inspection, or ask the director to set the quota aside with a reason."
    ),
    "town-duty": _l(
        "Name the responsible department as well, or write the law or paper that gives the town the duty."
    ),
    "daily-check": _l(
        "Leave it to the department under its own name; docket only what the government itself inspects."
    ),
    "overlap-reason": _l("Look at the other case first. If this one is still needed, write why."),
    "docket-separate": _l("Let the head of government decide; a colleague may have to propose it instead."),
    "return-reason": _l("Write in a sentence or two what has to change."),
    "field-after-docket": _l("Propose the case for docketing and wait for the approval."),
    "reg-11-2": _l("Send the proposal to the head of government."),
    "doc-state": _l("Take that step first; then the document holds what was decided."),
    "doc-embargo": _l("Make it after the team has recorded on site that the card was shown."),
    "doc-outward": _l("Rewrite that text so that nobody can be recognised by it, then make the document."),
    "doc-number": _l("Look into the register of numbers and take the next free one."),
    "reg-15-plan": _l("Complete the plan and propose it again."),
    "reg-15-scope": _l("Take the unit out of the plan, or docket a case that names it."),
    "plan-lock": _l("Have the plan approved first."),
    "plan-separate": _l("Ask another director to approve it."),
    "unannounced-no-notice": _l("Go there first; once the card was shown and recorded, it can be issued."),
    "unannounced-embargo": _l("Ask the director, or whoever wrote the plan, to let you in."),
    "burden-meeting": _l("Make the meeting smaller, or write why it has to be so large."),
    "burden-forms": _l("Use what the unit has already, or write why it has to fill in more."),
    "burden-escort": _l("Go without an escort, or write why one is needed."),
    "burden-layers": _l("Look for yourselves instead, or write why the unit has to check itself."),
    "outside-member": _l("Record training and undertaking of this person first, or go without them."),
    "team-two": _l("Choose another member for the team."),
    "reg-7": _l("Choose somebody of the office, or have the department designated on the case's page."),
    "designation-separate": _l("Let another head decide; a colleague may have to write it instead."),
    "reg-8": _l("Mark one of the members as leader."),
    "reg-9": _l("Choose somebody with a training record, or record the training first."),
    "reg-9-undertaking": _l("Let the member sign the undertaking first, or choose somebody else."),
    "csl-76": _l("Choose somebody without that interest."),
    "kept-away": _l("Choose somebody whom the informant did not name."),
    "head-recused": _l("Hand the tip to the higher office on its page, or refer it to the competent organ."),
    "alternate-apart": _l(
        "Hand it to the higher office, refer it, or hand it on; the informant is told where it is."
    ),
    "reg-11-1": _l("Record the signed paper with its scan, and let a colleague confirm it."),
    "material-returned": _l("Open “Papers and samples” of the task: give it back, or write why it stays."),
    "interview-read-back": _l("Read it to them once more; if they refuse to sign, tick that and write why."),
    "recusal-director": _l("Leave it to whoever the rule names; they are told that it waits."),
    "recusal-reason": _l("Write the reason in a sentence; whoever asked has a right to it."),
    "recusal-decided": _l("Let somebody else do it; nobody can undo the decision here."),
    "recusal-work": _l(
        "Return the proposal so that another writes it anew, or have the finding checked by another."
    ),
    "hand-back-once": _l("Go on with the task, or speak with the supervisor."),
    "carry-visit": _l("Log the visit or interview on the task's page."),
    "finding-each": _l("Record a finding for every allegation."),
    "finding-exhibit": _l("Link an exhibit to the finding, or write why it could not be verified."),
    "finding-statement": _l("Record the unit's statement, or that it declined."),
    "finding-contradicts": _l("Look at the matrix again; if the finding stands, write why."),
    "statement-weighed": _l("Write what of the unit's statement was accepted, what was not, and why."),
    "off-plan": _l("Propose a new plan version that covers the record, or unlink it."),
    "reg-16": _l("Finish verifying first, then write the conclusion."),
    "derived-lead": _l("Take it up as a case, or write why not, on the page “Found beyond”."),
    "conclusion-second-reader": _l("Ask a colleague who can read the case to read it over and sign."),
    "unit-wording": _l("Ask a supervisor to read it over: they can open what the informants wrote."),
    "delivery-receipt": _l("Scan the signed receipt, or note where it is kept."),
    "conclusion-approval": _l("Wait for the approval of the government."),
    "conclusion-separate": _l("Let somebody approve it who did not draft it."),
    "reg-17-objection": _l("Look at the day of delivery and at the unit; the time is set by law."),
    "reg-17-review": _l("Finish the review first; it has thirty days from the application."),
    "reg-17-apart": _l("Name somebody who had no part in this case, if need be from another bureau."),
    "review-apart": _l("Name somebody who had no part in this case, if need be from another bureau."),
    "review-separate": _l("Let another head decide, or let somebody else review."),
    "refer-receipt": _l("Send it today and record the receipt; then the case can go on."),
    "programme-covers": _l(
        "Choose another programme, widen its plan, or propose this lead for full verification."
    ),
    "assign-unconflicted": _l("Choose the body above it or beside it, or take the full path."),
    "assign-answered": _l("Answer every question in words of its own."),
    "assign-proof": _l("Add a photo or a document that shows it."),
    "reply-checked": _l("Compare each answer with its question and with the proof."),
    "reply-flagged": _l("Write the reason in a sentence, or send the reply back."),
    "assign-escalates": _l("Write why, and propose the case for docketing."),
    "reg-18": _l("Add at least one item, or answer the informant and close the case."),
    "item-proof": _l("Add a photo or a document that shows it."),
    "item-verified": _l("Ask a member of the team who is not of that unit."),
    "close-off-uninvolved": _l(
        "Choose somebody who had no part: a reviewer, or a person lent by another bureau."
    ),
    "close-items": _l("Have every item verified and signed off first."),
    "close-asked": _l("Ask on “Asked whether it is fixed”, and wait for the answer or fifteen days."),
    "item-false": _l("Go there and look; then say that it was verified on the spot."),
    "extension-once": _l("Keep to the date that was set, or report what was done so far."),
    "look-back-fresh-eyes": _l("Name one more inspector who did not verify or sign off here."),
    "look-back-each": _l("Open each item on the look-back's page and note what was found, with a photo."),
    "look-back-separate": _l("Let a supervisor or the director sign it who did not go there."),
    "look-back-relapse": _l("Go there and look; a relapse opens only by a look-back that was settled."),
    "look-back-told": _l("Open the look-back's page: the desk writes to the informants there."),
    "look-back-sample": _l("Choose another period, or look back at what is due by its day."),
    "asked-unfixed": _l("Read what the informant wrote and decide on it, with a reason."),
    "close-answered": _l("Answer every informant of the case first."),
    "answer-after-conclusion": _l("Have the conclusion delivered first."),
    "identity-two": _l("Ask the director, who holds the other key."),
    "destroy-two": _l("Ask a colleague of the desk, or the director, to decide on it."),
    "destroy-evidence": _l("Leave it with its case: it goes when the case's time in the archive is over."),
    "reg-12-7": _l("Send the draft to the director, who approves talks."),
    "reg-13": _l("Choose whom you ask for help."),
    "reg-19": _l("Address it to the government, which changes or revokes the document."),
    "reg-20": _l("Address it to the government and its head."),
    "reg-21": _l("Propose it to the head of government, and send it after the approval."),
    "reg-21-organ": _l("Choose the organ that may hold the person to account."),
    "reg-22": _l("Choose the organ for that kind of supervision."),
    "reg-25": _l("Log the obstruction on the task's page first."),
    "brief-no-identity": _l("Open the case by hand, from a paper, with a brief in your own words."),
    "retaliation-own-case": _l("Open the tip: its page opens the urgent case."),
    "refer-identity": _l("Ask the informant in the mailbox; until they agree, their name stays here."),
    "use-rests": _l("Have the conclusion approved first."),
    "use-receiver": _l("Choose a unit of the case, or add it to the case first."),
    "use-publication": _l("Have the criticism of this case approved by the head of government first."),
    "use-clearing": _l("A name is cleared on a finding “untrue”, after the head of government approved."),
    "clear-no-label": _l("Say what was checked and what was not found, and nothing of whoever reported it."),
    "use-director": _l("Ask the director to approve it."),
    "use-separate": _l("Let somebody else decide, or have a colleague write it."),
    "use-after-review": _l("Wait until the review is decided and delivered."),
    "coordination-proposer": _l("Ask a supervisor, or the leader of the team, to do it."),
    "coordination-departments": _l("Add the missing department with what it does and by when."),
    "coordination-order": _l("Look at what this part waits for, and at both dates."),
    "coordination-agreed": _l("Wait until the director has agreed to the item."),
    "coordination-own-part": _l("Open your own department's part from the page “Our unit”."),
    "coordination-decline": _l("Write the reason in a sentence or two."),
    "coordination-proof": _l("Add a photo or a document that shows what was done."),
    "coordination-checked": _l("Ask a member of the team, or a supervisor."),
    "coordination-done": _l("Confirm each part that was reported, and write what was reached."),
    "close-coordination": _l("Finish it, or ask the director to carry it on in a standing mechanism."),
    "paper-second": _l("Ask a colleague to compare scan and record."),
}  # fmt: skip


def explained(refusals: Iterable[Refusal]) -> list[Explained]:
    """Every refusal with its rule, in the reader's language."""
    rules = shipped_rules()
    return [
        Explained(
            text=refusal.text,
            rule=explained_rule(rules[refusal.rule_id]) if refusal.rule_id in rules else None,
            next_step=NEXT_STEPS.get(refusal.rule_id, ""),
        )
        for refusal in refusals
    ]


def explained_rule(rule: Rule) -> ExplainedRule:
    """One rule in the reader's language."""
    return ExplainedRule(
        id=rule.id,
        text=either(rule.text, rule.text_en),
        source=either(rule.source, rule.source_en),
        article=rule.article if language() == "zh" else article_in_english(rule.article),
        is_law=not rule.editable,
    )


_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")}
_NUMERAL = re.compile(r"[零一二三四五六七八九十百]+")


def article_in_english(article: str) -> str:
    """第十一条第二项 → Art. 11 (2); 第七十六、七十七条 → Art. 76, 77. Empty stays empty."""
    if not article:
        return ""
    parts = []
    for place in article.split("条、第"):
        number, _, item = place.removeprefix("第").partition("条")
        numbers = ", ".join(str(_number(numeral)) for numeral in _NUMERAL.findall(number))
        items = "".join(f" ({_number(numeral)})" for numeral in _NUMERAL.findall(item))
        parts.append(numbers + items)
    return "Art. " + ", ".join(parts)


def _number(numeral: str) -> int:
    total = current = 0
    for character in numeral:
        if character in "十百":
            total += (current or 1) * (10 if character == "十" else 100)
            current = 0
        else:
            current = _DIGITS[character]
    return total + current
