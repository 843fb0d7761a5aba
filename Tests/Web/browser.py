"""Debian's Chromium, headless, with the page in it: keys, gestures, and what the page shows.

Every key and every gesture of the pointer (a click, a drag) counts one; so does each letter that is typed.
"""
import json
import pathlib
import time

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

SPECIAL = {"Enter": Keys.ENTER, "Escape": Keys.ESCAPE, "Space": Keys.SPACE, "Delete": Keys.DELETE, "End": Keys.END,
           "Left": Keys.ARROW_LEFT, "Right": Keys.ARROW_RIGHT, "Up": Keys.ARROW_UP, "Down": Keys.ARROW_DOWN}
MODIFIERS = {"Ctrl": Keys.CONTROL, "Shift": Keys.SHIFT, "Alt": Keys.ALT}

# What lies over a picture: [id, kind, class, box in the picture] of each object, and the way from the picture to the window.
OBJECTS = """
const root = arguments[0];
const group = root.matches('svg') ? root : root.querySelector('svg.stage-overlay > g');
return [...group.querySelectorAll('.object')].map((each) => {
  const box = each.querySelector('rect.region, rect.frame');
  const [x, y, w, h] = ['x', 'y', 'width', 'height'].map((name) => Number(box.getAttribute(name)));
  return [each.dataset.id, each.dataset.kind, each.dataset.class, [x, y, x + w, y + h], each.classList.contains('rejected')];
});
"""
TO_WINDOW = """
const root = arguments[0];
const group = root.matches('svg') ? root : root.querySelector('svg.stage-overlay > g');
const matrix = group.getScreenCTM();
return arguments[1].map(([x, y]) => { const p = new DOMPoint(x, y).matrixTransform(matrix); return [p.x, p.y]; });
"""
FETCH = """
const [method, path, body, done] = arguments;
fetch('/api' + path, { method, headers: method === 'GET' ? {} : { 'Content-Type': 'application/json' },
                       body: method === 'GET' ? undefined : JSON.stringify(body) })
  .then(async (answer) => done([answer.status, await answer.json().catch(() => null)]), (error) => done([0, String(error)]));
"""


class Page:
    def __init__(self, address, width=1280, height=800, dark=False):
        options = webdriver.ChromeOptions()
        for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu",
                         f"--window-size={width},{height}", "--force-device-scale-factor=1"):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride", {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})
        self.driver.set_script_timeout(120)  # where other work has the processors
        self.scheme("dark" if dark else "light")
        self.gestures = 0
        self.messages = []
        self.driver.get(address)
        self.wait(lambda: self.find("#views button") is not None)

    def scheme(self, name):
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": name}]})

    # What the person does

    def key(self, name):
        """A key such as "Enter", "x", "Ctrl+Shift+z"."""
        self.gestures += 1
        *held, last = name.split("+") if len(name) > 1 else [name]
        actions = ActionChains(self.driver, duration=0)
        for each in held:
            actions.key_down(MODIFIERS[each])
        actions.send_keys(SPECIAL.get(last, last))
        for each in reversed(held):
            actions.key_up(MODIFIERS[each])
        actions.perform()

    def type(self, text):
        for letter in text:
            self.key(letter)

    def click(self, selector):
        self.gestures += 1
        element = selector if not isinstance(selector, str) else self.wait(lambda: self.find(selector))
        element.click()

    def click_at(self, root, point):
        """A click at a point of the picture that `root` shows."""
        self.gestures += 1
        self.move_to(root, point).click().perform()

    def point_at(self, root, point):
        """Moves the pointer alone, which counts with the key that follows."""
        self.move_to(root, point).perform()

    def drag(self, root, start, end):
        """A drag between two points of the picture that `root` shows."""
        self.gestures += 1
        (ax, ay), (bx, by) = self.to_window(root, [start, end])
        actions = ActionChains(self.driver, duration=0)
        actions.w3c_actions.pointer_action.move_to_location(round(ax), round(ay)).pointer_down()
        actions.w3c_actions.pointer_action.move_to_location(round((ax + bx) / 2), round((ay + by) / 2))
        actions.w3c_actions.pointer_action.move_to_location(round(bx), round(by)).pointer_up()
        actions.perform()

    def move_to(self, root, point):
        ((x, y),) = self.to_window(root, [point])
        actions = ActionChains(self.driver, duration=0)
        actions.w3c_actions.pointer_action.move_to_location(round(x), round(y))
        return actions

    def to_window(self, root, points):
        return self.driver.execute_script(TO_WINDOW, root, points)

    # What the page shows

    def find(self, selector):
        found = self.driver.find_elements(By.CSS_SELECTOR, selector)
        return found[0] if found else None

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def text(self, selector):
        element = self.find(selector)
        return self.driver.execute_script("return arguments[0].textContent", element) if element else ""

    def objects(self, root):
        """[(id, kind, class, box, rejected)] of what is drawn over a picture."""
        return [tuple(each) for each in self.driver.execute_script(OBJECTS, root)]

    def api(self, path, method="GET", body=None):
        """The server's own answer, for what a test checks; the scripted person never looks here."""
        status, answer = self.driver.execute_async_script(FETCH, method, path, body or {})
        if status >= 400 or status == 0:
            raise AssertionError(f"{method} {path}: {status} {json.dumps(answer)}")
        return answer

    def wait(self, test, seconds=60, what=None):
        """Until a test holds; returns its value."""
        end = time.monotonic() + seconds
        while True:
            try:
                value = test()
                if value:
                    return value
            except Exception as error:  # what is being drawn anew may be stale
                if time.monotonic() > end:
                    raise
                value = error
            if time.monotonic() > end:
                raise AssertionError(f"{what or 'what was waited for'} did not come within {seconds} s (last: {value!r})")
            time.sleep(0.03)

    def saved(self):
        """Until every change that the person made was acknowledged."""
        self.driver.execute_async_script("import('/modules/actions.js').then((m) => m.settled()).then(arguments[0])")

    def shot(self, path):
        pathlib.Path(path).parent.mkdir(parents=True, exist_ok=True)
        self.driver.save_screenshot(str(path))

    def errors(self):
        """What the browser's console holds against the page, but for answers of 4xx, which tests provoke."""
        self.messages += [entry for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]
        return [entry["message"] for entry in self.messages if "Failed to load resource" not in entry["message"]]

    def quit(self):
        self.driver.quit()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.quit()
