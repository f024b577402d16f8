"""A browser's window, as tests look at it."""

import base64
import io
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image
from pypdf import PdfReader
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement


class Window:
    """One window: how it looks at a page, and what it has to say of it.

    Attributes:
        driver: The browser.
        address: Of the page that is open.
    """

    def __init__(self, driver: webdriver.Chrome, pictures: Path) -> None:
        self.driver, self.address, self._pictures = driver, "", pictures
        self._asked: list[tuple[str, str]] = []
        self.complaints()
        self.requests()
        self._asked.clear()

    def look(self, *, dark: bool = False, width: int = 1280, height: int = 900, media: str = "") -> None:
        """Look at pages with these preferences, in a window of this size in CSS pixels."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._command("Emulation.setEmulatedMedia", media=media, features=[scheme])
        self._command(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
        )

    def open(self, path: Path) -> None:
        """Open a file, and wait until its data is drawn."""
        self.address = path.as_uri()
        self.driver.get(self.address)
        self.durations("leasehold:open")

    def durations(self, name: str, count: int = 1) -> list[float]:
        """Return what the page measured under a name, in milliseconds, once there are so many."""
        script = "return performance.getEntriesByName(arguments[0], 'measure').map(entry => entry.duration)"
        found: list[float] = []

        def measured() -> bool:
            found[:] = self.run(script, name)
            return len(found) >= count

        self.wait(measured)
        return found

    def run(self, script: str, *arguments: Any) -> Any:
        """Return what a script in the page returns."""
        return self.driver.execute_script(script, *arguments)

    def one(self, selector: str) -> WebElement:
        """Return the first element of a selector."""
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector: str) -> list[WebElement]:
        """Return every element of a selector."""
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def texts(self, selector: str) -> list[str]:
        """Return the text of every element of a selector."""
        found: list[str] = self.run(
            "return [...document.querySelectorAll(arguments[0])].map(node => node.textContent)", selector
        )
        return found

    def active(self) -> WebElement:
        """Return the element that has the focus."""
        return self.driver.switch_to.active_element

    def wait(self, until: Callable[[], bool]) -> None:
        """Wait until something is so. What never becomes so ends with the test's own limit (pytest-timeout)."""
        while not until():
            time.sleep(0.02)

    def picture(self, name: str, *, whole: bool = False) -> Image.Image:
        """Take a screenshot, of what is in the window or of the whole page, keep it for people, and return it."""
        taken = self._command("Page.captureScreenshot", format="png", captureBeyondViewport=whole)["data"]
        content = base64.b64decode(taken)
        self._pictures.mkdir(parents=True, exist_ok=True)
        (self._pictures / f"{name}.png").write_bytes(content)
        return Image.open(io.BytesIO(content)).convert("RGB")

    def printed(self, name: str) -> str:
        """Print the page, keep the PDF for people, and return its text."""
        content = base64.b64decode(self.driver.print_page())
        self._pictures.mkdir(parents=True, exist_ok=True)
        (self._pictures / f"{name}.pdf").write_bytes(content)
        return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)

    def complaints(self) -> list[str]:
        """Return what stands in the browser's console since the last look: errors, violations of the policy."""
        return [str(entry["message"]) for entry in self.driver.get_log("browser")]  # type: ignore[no-untyped-call]

    def requests(self) -> set[str]:
        """Return the addresses of what the page asked for, and of whatever came from a network at all.

        The browser's own start page asks for parts of itself meanwhile, at addresses that are not on any network.
        """
        for entry in self.driver.get_log("performance"):  # type: ignore[no-untyped-call]
            event = json.loads(entry["message"])["message"]
            if event["method"] == "Network.requestWillBeSent":
                self._asked.append((event["params"]["documentURL"], event["params"]["request"]["url"]))
        ours = [url for page, url in self._asked if not page.startswith("chrome:") or url.startswith(("http", "ws"))]
        return {url.partition("#")[0] for url in ours}

    def _command(self, name: str, **parameters: Any) -> Any:
        return self.driver.execute_cdp_cmd(name, parameters)
