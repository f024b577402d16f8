"""What the page does: filters, the timeline, details; by mouse and by keyboard, without a network."""

from datetime import timedelta
from pathlib import Path

from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from leasehold.denials.model import Denial, Session
from leasehold.reports import write_reports
from tests.sessions import BEGAN, denial, session

from .support import Window


def shown(window: Window) -> set[int]:
    """Return the numbers of the denials on all pages of the table."""
    found: set[int] = set()
    while True:
        found |= {int(text.split()[-1]) for text in window.texts("#rows .number")}
        if not window.one("#next").is_enabled() or not window.one("#pager").is_displayed():
            return found
        window.one("#next").click()


def numbers(denials: list[Denial]) -> set[int]:
    return {denial.number for denial in denials}


def test_it_opens_and_hostile_text_is_text(window: Window, page: Path, told: Session) -> None:
    window.open(page)
    assert window.address.startswith("file://")
    assert window.driver.title == f"Denials of run {told.run}"
    assert window.one("#shown").text == f"{len(told.denials)} of {len(told.denials)} denials shown"
    assert shown(window) == numbers(told.denials)
    assert window.texts("#rows tr:last-child td:last-child .mono") == [told.denials[-1].test]
    assert window.all("img, iframe, script[src], link") == []
    assert window.texts("#counts b")[-2:] == [str(len(told.leases)), str(len(told.notices))]
    assert [text for text in window.texts("#notices li") if told.notices[0].message in text]


def test_filters_by_mouse(window: Window, page: Path, told: Session) -> None:
    window.open(page)
    Select(window.one("#role")).select_by_value("reader")
    reader = [denial for denial in told.denials if denial.role == "reader"]
    assert shown(window) == numbers(reader)
    Select(window.one("#verdict")).select_by_value("unexpected")
    unexpected = [denial for denial in reader if denial.verdict == "unexpected"]
    assert shown(window) == numbers(unexpected)
    assert window.all(".mark.expected")[1:] == []  # the legend's
    kind = unexpected[0].kind
    Select(window.one("#kind")).select_by_value(kind)
    assert shown(window) == numbers([denial for denial in unexpected if denial.kind == kind])
    window.one("#filters button").click()
    window.wait(lambda: window.one("#shown").text.startswith(str(len(told.denials))))
    assert shown(window) == numbers(told.denials)
    assert Select(window.one("#role")).first_selected_option.text == "every role"


def test_filters_by_keyboard(window: Window, page: Path, told: Session) -> None:
    window.open(page)
    window.active().send_keys(Keys.TAB)
    assert window.active().text == "Skip to the denials"
    window.active().send_keys(Keys.TAB)
    assert window.active().get_attribute("id") == "test"
    window.active().send_keys("INVOICES")
    assert shown(window) == numbers([denial for denial in told.denials if "invoices" in (denial.test or "")])
    window.run("document.getElementById('test').focus()")
    window.active().send_keys(Keys.ENTER)  # sends nothing anywhere
    window.active().send_keys(Keys.TAB)
    assert window.active().get_attribute("id") == "role"
    window.active().send_keys("wri")
    sought = [d for d in told.denials if "invoices" in (d.test or "") and d.role == "writer"]
    window.wait(lambda: window.one("#shown").text.startswith(f"{len(sought)} of"))
    assert shown(window) == numbers(sought)


def test_nothing_found_says_so(window: Window, page: Path) -> None:
    window.open(page)
    window.one("#test").send_keys("no such test")
    assert window.texts("#rows td") == ["No denials."]
    assert window.all("#timeline .mark") == []


def test_details_open_and_close(window: Window, page: Path, told: Session) -> None:
    window.open(page)
    window.one("#denial-1").send_keys(Keys.ENTER)
    assert window.active().get_attribute("id") == "denial-1"
    assert window.active().get_attribute("aria-expanded") == "true"
    details = window.one(f"#{window.active().get_attribute('aria-controls')}").text
    first = told.denials[0]
    for text in (first.message, first.reason, first.login):
        assert text in details
    window.active().send_keys(Keys.SPACE)
    assert window.active().get_attribute("aria-expanded") == "false"
    assert window.all("#details-1") == []


def test_the_skip_link_leads_to_the_denials(window: Window, page: Path) -> None:
    window.open(page)
    window.active().send_keys(Keys.TAB)
    window.active().send_keys(Keys.ENTER)
    assert window.active().get_attribute("id") == "denials"


def test_a_focus_is_seen(window: Window, page: Path) -> None:
    window.open(page)
    for _ in range(4):
        window.active().send_keys(Keys.TAB)
        assert window.active().value_of_css_property("outline-style") == "solid"
        assert window.active().value_of_css_property("outline-width") == "3px"


def test_marks_by_keyboard(window: Window, page: Path) -> None:
    window.open(page)
    (entry,) = window.all("#timeline [tabindex='0']")
    window.run("arguments[0].focus()", entry)
    label = entry.get_attribute("aria-label") or ""
    assert "denial" in label
    assert "gw0" in label
    window.active().send_keys(Keys.ARROW_RIGHT)
    assert window.active() != entry
    window.active().send_keys(Keys.ARROW_LEFT)
    assert window.active() == entry
    window.active().send_keys(Keys.ARROW_DOWN)
    assert "gw1" in (window.active().get_attribute("aria-label") or "")
    assert len(window.all("#timeline [tabindex='0']")) == 1
    window.active().send_keys(Keys.END)
    assert "outside any worker" in (window.active().get_attribute("aria-label") or "")


def test_a_mark_leads_to_its_denial(window: Window, page: Path) -> None:
    window.open(page)
    Select(window.one("#verdict")).select_by_value("unexpected")
    window.one("#timeline [aria-label^='1 denial ']").click()
    assert (window.active().get_attribute("id") or "").startswith("denial-")
    assert window.active().get_attribute("aria-expanded") == "true"


def test_a_mark_of_many_zooms_in_and_out(window: Window, large_page: Path) -> None:
    window.open(large_page)
    assert len(window.all("#timeline [role=button]")) < 1000
    window.run("arguments[0].focus()", window.one("#timeline [tabindex='0']"))
    window.active().send_keys(Keys.ENTER)
    assert "between" in window.one("#shown").text
    assert int(window.one("#shown").text.split()[0]) < 1000
    assert window.active().get_attribute("role") == "button"
    assert set(window.texts("#timeline text.bar")) <= {"reader", "writer", "auditor", "clerk"}
    assert len(window.all("#timeline rect.lease")) > 10  # each with its tooltip, where there is room
    window.picture("zoomed")
    window.one("#whole").click()
    assert window.one("#shown").text == "10,000 of 10,000 denials shown"
    assert not window.one("#whole").is_displayed()


def test_a_small_session_without_workers_and_with_a_clock_behind(window: Window, tmp_path: Path) -> None:
    early = denial(time=BEGAN - timedelta(seconds=61.5), test=None)
    write_reports(session(early, denial(number=2, time=BEGAN + timedelta(milliseconds=59_999.7))), tmp_path, {})
    window.open(tmp_path / "denials.html")
    assert window.texts("#timeline text.lane") == ["all tests"]
    assert window.texts("#rows td:nth-child(2)") == ["-1:01.500", "0:59.999"]
    assert shown(window) == {1, 2}
    Select(window.one("#lanes")).select_by_value("test")
    assert set(window.texts("#timeline text.lane")) == {"tests/test_orders.py::test_cancel", "outside any test"}


def test_a_session_without_denials(window: Window, tmp_path: Path) -> None:
    write_reports(session(), tmp_path, {})
    window.open(tmp_path / "denials.html")
    assert window.one("#shown").text == "0 of 0 denials shown"
    assert window.texts("#notices li") == ["None."]


def test_lanes_by_test(window: Window, page: Path, told: Session) -> None:
    window.open(page)
    Select(window.one("#lanes")).select_by_value("test")
    assert 1 < len(window.texts("#timeline text.lane")) <= 30
    assert "more tests are not drawn" in window.one("#timeline").text
    window.one("#test").send_keys("test_case_1")
    assert all("test_case_1" in text for text in window.texts("#timeline text.lane"))
    window.picture("by-test", whole=True)
