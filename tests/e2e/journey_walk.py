"""The whole journey of one report, step by step in real browsers: from the form to the answer.

``Walk`` knows who does what in which order and keeps the ids that the pages show; each step is short enough
to read beside the issue. Must not know: what is asserted. Source: 1-mission "The journey", issue 2.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Browser

from portal.clock import SystemClock, civil_day
from tests.e2e.journey_forms import Form
from tests.e2e.journey_marks import Marks
from tests.e2e.journey_people import Citizen, Colleague, ids_in, write_file
from tests.support.browser import DESK, PHONE, visit
from tests.support.demo import RunningDemo

#: Who plays whom in the small office. Role in the walk → login.
CAST = {
    "supervisor": "linxiaoyu",
    "head": "zhoumingyuan",
    "director": "hansong",
    "leader": "chenweidong",
    "second": "weilai",
    "liaison": "jiaotong",
    "signer": "gaoyuan",
}
UNIT, TOWN = "交通运输局", "清溪镇"


@dataclass
class Ids:
    """What the pages' addresses named."""

    tip: str = ""
    files: list[str] = field(default_factory=list)
    copies: list[str] = field(default_factory=list)
    case: str = ""
    task: str = ""
    allegations: list[str] = field(default_factory=list)
    item: str = ""


class Walk:
    """One report on its way. ``people``: whoever has logged in, by login name."""

    def __init__(
        self, browser: Browser, demo: RunningDemo, *, public_url: str, disk: Path, marks: Marks
    ) -> None:
        self.demo = demo
        self.disk = disk
        self.marks = marks
        self.ids = Ids()
        self.photograph = marks.photograph("photograph")
        self.real: Path | None = None
        self.stack = ExitStack()
        self._browser = browser
        self._public_url = public_url
        self.citizen = self.new_citizen()
        self.people: dict[str, Colleague] = {}

    def new_citizen(self) -> Citizen:
        """Somebody on the public side, on a phone, JavaScript off."""
        visitor = self.stack.enter_context(visit(self._browser, script=False, width=PHONE))
        return Citizen(visitor, url=self._public_url)

    def colleague(self, part: str) -> Colleague:
        """Somebody of the office or the unit, logged in once."""
        return self.colleague_named(CAST[part])

    def colleague_named(self, login: str) -> Colleague:
        """Somebody by login name."""
        if login not in self.people:
            width = PHONE if login in (CAST["leader"], CAST["second"]) else DESK
            visitor = self.stack.enter_context(visit(self._browser, script=True, width=width))
            account = next(one for one in self.demo.accounts() if one.login == login)
            person = Colleague(visitor, url=self.demo.internal_url, account=account)
            self.people[login] = person.log_in()
        return self.people[login]

    # --- report, question, reply ---

    def report(self) -> str:
        """The citizen reports; a mistake first, after which text and photograph are still there."""
        citizen, marks = self.citizen, self.marks
        photos = [write_file(self.disk, marks.file_name("photograph"), self.photograph)]
        if self.real is not None:
            photos.append(self.real)
        form = citizen.open_form()
        form.fill(
            desk="desk", reporter="citizen", subject="2", about=marks.text("about", "县交通局"),
            place=marks.text("place", "清溪镇卫生院门口"), when=marks.text("when", "去年冬天起"),
            account="太短了", other_channels=marks.text("channels", "打过两次电话"),
            keep_away=marks.text("keepaway", "镇里的老万"), identity="leave",
            name=marks.text("name", "胡"), contact=marks.text("contact", "托卫生院传达室"),
        )  # fmt: skip
        form.attach("files", *photos).press()
        kept = citizen.page.locator("[name=keep]:checked").count()
        assert kept == len(photos), "a photograph was not kept"
        account = marks.text("account", "门口那段路坑了大半年，下雨天老人摔过好几回，去问了几趟都推给别人。")
        citizen.form().fill(account=account).press()
        receipt = citizen.read_receipt()
        marks.receipt(receipt)
        citizen.say_saved()
        return receipt

    def find_tip(self) -> None:
        """The supervisor finds it in the inbox and opens it, once its clean copy is made."""
        supervisor = self.colleague("supervisor")
        page = supervisor.go("/inbox?order=new")
        row = page.locator("main tr", has_text="门口那段路坑了大半年").locator('a[href*="/tips/"]').first
        supervisor.open(row)
        count = 1 if self.real is None else 2
        supervisor.reload_until(
            lambda page: len(ids_in(page, 'href="/files/{}"')) == count,
            what="a clean copy of each photograph",
        )
        self.ids.tip = ids_in(page, "/tips/{}")[0]
        self.ids.files = ids_in(page, "/files/{}/original")
        self.ids.copies = ids_in(page, 'href="/files/{}"')

    def ask(self) -> None:
        """The supervisor asks; the citizen answers with the receipt alone; the relay brings the tip back."""
        question = self.marks.text("question", "坑大概在门口哪一侧，有多长？")
        supervisor = self.colleague("supervisor")
        supervisor.send("/ask", question=question)
        later = self.citizen_again()
        assert question in later.page.content()
        later.reply(self.marks.text("reply", "出门右手边，到公交站牌那里。"))
        supervisor.go(f"/tips/{self.ids.tip}")
        supervisor.reload_until(
            lambda page: page.locator('form[action$="/accept"]').count() > 0, what="the reply applied"
        )

    def citizen_again(self) -> Citizen:
        """The citizen in a fresh browser, with nothing but the receipt."""
        later = self.new_citizen()
        later.open_mailbox(self.citizen.receipt)
        return later

    # --- triage to docket ---

    def accept(self) -> None:
        """Accept, and write the brief in the office's own words."""
        supervisor, text = self.colleague("supervisor"), self.marks.text
        accept = Form(supervisor.page, "/accept").fill(category="405", priority="P3")
        accept.choose("town", saying=TOWN).send()
        if not supervisor.path.endswith("/case"):
            supervisor.follow("/case")
        brief = Form(supervisor.page, "/case").fill(
            title="清溪镇公共道路养护", brief=text("brief", "核查相关路段养护责任是否落实、报修如何处理。")
        )
        lines = brief.form.locator("[name=allegation]")
        lines.nth(0).fill(text("first", "路段长期破损未修复"))
        lines.nth(1).fill(text("second", "报修后未作处理"))
        brief.choose("units", saying=UNIT).choose("material", saying="photograph-file")
        brief.enter("content_basis", brief.values("content_basis")[2]).send()
        self.ids.case = ids_in(supervisor.page, "/cases/{}")[0]

    def docket(self) -> None:
        """The office proposes, the head of government approves."""
        supervisor = self.colleague("supervisor")
        supervisor.go(f"/cases/{self.ids.case}")
        propose = Form(supervisor.page, "/propose")
        if propose.form.locator("[name=overlap_reason]").count():
            propose.fill(overlap_reason=self.marks.text("overlap", "前次未涉及该路段。"))
        propose.send()
        head = self.colleague("head")
        head.go("/approvals")
        head.follow(f"/cases/{self.ids.case}").locator("h1").wait_for()
        head.send("/approve")

    # --- plan and team ---

    def plan(self) -> None:
        """The supervisor writes the plan, the director approves it."""
        supervisor, text = self.colleague("supervisor"), self.marks.text
        supervisor.go(f"/cases/{self.ids.case}/plan/new")
        today = civil_day(SystemClock())
        form = Form(supervisor.page, "/plan").fill(
            content=text("content", "现场核查路况，查阅养护台账和报修记录。"),
            scope=text("scope", "清溪镇卫生院周边公共道路，近一年。"), methods=["inspection", "reading"],
            starts_on=today.isoformat(), ends_on=(today + timedelta(days=10)).isoformat(),
            people="2", hours="8",
        )  # fmt: skip
        form.choose("units", saying=UNIT).send()
        director = self.colleague("director")
        director.go(f"/cases/{self.ids.case}/plan")
        director.send("/plan/approve")

    def dispatch(self) -> None:
        """The supervisor sends a team of two."""
        supervisor = self.colleague("supervisor")
        supervisor.go(f"/cases/{self.ids.case}/team")
        form = Form(supervisor.page, "/team")
        people = {part: self._account_name(part) for part in ("leader", "second")}
        proposed = form.form.locator("[name=team]:checked")
        while proposed.count():
            proposed.first.uncheck()
        for name in people.values():
            form.choose("team", saying=name)
        form.choose("leader", saying=people["leader"]).send()
        self.ids.task = supervisor.path.rpartition("/")[2]

    def _account_name(self, part: str) -> str:
        return next(one.name for one in self.demo.accounts() if one.login == CAST[part])

    # --- in the field ---

    def verify(self) -> None:
        """Both sign; a visit with a photograph, an interview; statement and finding for each allegation."""
        for part in ("leader", "second"):
            person = self.colleague(part)
            person.go("/queue")
            person.follow(f"/tasks/{self.ids.task}").locator("#allegations").wait_for()
            if person.page.locator('form[action$="/sign"]').count():
                person.send("/sign")
        self._log_visit()
        self._log_interview()
        leader = self.colleague("leader")
        leader.go(f"/tasks/{self.ids.task}")
        leader.send("/follow")
        self.ids.allegations = ids_in(leader.page, "/allegations/{}")
        for number, allegation in enumerate(self.ids.allegations, start=1):
            self._find(allegation, number=number)
        leader.go(f"/tasks/{self.ids.task}")
        leader.send("/fix")

    def _log_visit(self) -> None:
        leader, text = self.colleague("leader"), self.marks.text
        photo = write_file(self.disk, "site.jpg", self.marks.photograph("exhibit"))
        leader.go(f"/tasks/{self.ids.task}/log/visit")
        form = Form(leader.page, "/log/visit").fill(
            arrival=text("arrival", "步行到达"), seen=text("seen", "路面有三处坑洼，最深约十厘米。"),
            place=text("site", "卫生院门前"), card_shown="yes",
        )  # fmt: skip
        self._as_the_plan(form).attach("files", photo).send()

    def _log_interview(self) -> None:
        second, text = self.colleague("second"), self.marks.text
        second.go(f"/tasks/{self.ids.task}/log/interview")
        form = Form(second.page, "/log/interview").fill(
            person=text("person", "养护站值班员"), questions=text("talk", "问：何时报修？答：春节前后。"),
            read_back="yes", signed="yes",
        )  # fmt: skip
        self._as_the_plan(form).send()

    def _as_the_plan(self, form: Form) -> Form:
        """Both were there, at the planned unit; time and method as the page proposes."""
        return form.enter("people", form.values("people")).choose("unit", saying=UNIT)

    def _find(self, allegation: str, *, number: int) -> None:
        leader, text = self.colleague("leader"), self.marks.text
        address = f"/tasks/{self.ids.task}/allegations/{allegation}"
        leader.go(address)
        weighing = Form(leader.page, f"{allegation}/evidence")
        first = weighing.form.locator("input[type=radio]").first.get_attribute("name")
        weighing.enter(str(first), "supports").send()
        leader.go(address)
        said = text(f"statement{number}", "情况属实，已列入计划。")
        leader.send(f"{allegation}/statement", statement="given", stance="supports", statement_text=said)
        leader.go(address)
        form = Form(leader.page, f"{allegation}/finding")
        reasons = text(f"reasons{number}", "现场所见与台账记录一致。")
        form.fill(finding="true", reasons=reasons).send()

    # --- conclude, rectify, answer ---

    def conclude(self) -> None:
        """Draft, second reading, approval by the head, delivery to the unit."""
        supervisor, text = self.colleague("supervisor"), self.marks.text
        supervisor.go(f"/cases/{self.ids.case}/conclusion")
        supervisor.send("/conclusion/begin")
        Form(supervisor.page, "/conclusion/draft").fill(
            file_text=text("file", "经查，两项反映均属实。"), unit_text=text("unit", "请于三十日内修复路面。")
        ).send()
        second = self.colleague("second")
        second.go(f"/cases/{self.ids.case}/conclusion")
        second.send("/conclusion/read")
        supervisor.go(f"/cases/{self.ids.case}/conclusion")
        supervisor.send("/conclusion/propose")
        head = self.colleague("head")
        head.go(f"/cases/{self.ids.case}/conclusion")
        head.send("/conclusion/approve")
        supervisor.go(f"/cases/{self.ids.case}/conclusion")
        supervisor.send(
            "/conclusion/deliver", received_by=text("receiver", "办公室收文员"),
            note=text("receipt", "回证原件存卷。"),
        )  # fmt: skip

    def rectify(self) -> None:
        """An item is ordered, the unit reports with proof, the team verifies, somebody uninvolved signs."""
        supervisor, text = self.colleague("supervisor"), self.marks.text
        supervisor.go(f"/cases/{self.ids.case}/items")
        due_on = civil_day(SystemClock()) + timedelta(days=30)
        Form(supervisor.page, "/items").fill(
            problem=text("problem", "路面坑洼未修"), standard=text("standard", "坑洼填平，验收合格"),
            due_on=due_on.isoformat(),
        ).choose("unit", saying=UNIT).send()  # fmt: skip
        supervisor.send("/items/order")
        self._report_of_unit()
        leader = self.colleague("leader")
        leader.go(f"/items/{self.ids.item}")
        form = Form(leader.page, "/verify").fill(
            note=text("verified", "现场复核，路面已平整。"), how="on-site"
        )
        form.choose("signer", saying=self._account_name("signer")).send()

    def _report_of_unit(self) -> None:
        liaison = self.colleague("liaison")
        liaison.go("/unit")
        problem = self.marks.planted["text problem"].decode()
        liaison.open(liaison.page.locator(".job-title a", has_text=problem[:12]).first)
        self.ids.item = liaison.path.rpartition("/")[2]
        proof = write_file(self.disk, "after.jpg", self.marks.photograph("proof"))
        form = Form(liaison.page, f"/unit/items/{self.ids.item}")
        form.fill(measures=self.marks.text("measures", "已于昨日填平并验收。")).attach("proofs", proof).send()

    def answer(self) -> str:
        """The informant is answered and asked whether it is fixed; returns the first answer."""
        supervisor, text = self.colleague("supervisor"), self.marks.text
        supervisor.go(f"/tips/{self.ids.tip}/answer")
        form = Form(supervisor.page, "/answer")
        points = form.form.locator('[name^="point-"]').all()
        words = [text(f"answer{number}", "经查属实，已督促整改。") for number, _ in enumerate(points)]
        for point, said in zip(points, words, strict=True):
            point.fill(said)
        form.fill(closing=text("closing", "路面已修好，请您看看。")).send()
        supervisor.go(f"/cases/{self.ids.case}/asked")
        Form(supervisor.page, "/asked").fill(text=text("asked", "单位报告已修好，真的修好了吗？")).send()
        return words[0]

    def close(self) -> None:
        """The informant says that it is fixed, somebody uninvolved signs, the team ends, the case closes."""
        self.citizen_again().rate(fixed="fixed", treated="treated-well")
        supervisor = self.colleague("supervisor")
        supervisor.go(f"/cases/{self.ids.case}/asked")
        supervisor.reload_until(
            lambda page: page.locator(".badge-green").count() > 0, what="the informant's answer applied"
        )
        signer = self.colleague("signer")
        signer.go(f"/items/{self.ids.item}")
        signer.send("/sign")
        leader = self.colleague("leader")
        leader.go(f"/tasks/{self.ids.task}")
        leader.send("/finish")
        supervisor.go(f"/cases/{self.ids.case}")
        supervisor.send("/close")
