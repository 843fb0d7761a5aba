"""The labelling page in a real browser, as a person uses it. Usage: page.py SPANIEL FOLDER

Each step is a sentence that is true when it passes. They build on each other: one folder, one sitting.
"""
import json
import pathlib
import shutil
import sys
import tempfile
import time

import jsonschema
import yaml

import compose
import truth as truths
from browser import Page
from person import FREE_POINT, class_ids, drawn_since, make_classes
from server import Server

SCENES = 24
KIND = "boot"
steps = []


def step(sentence):
    """Registers a step under its sentence."""
    def register(function):
        steps.append((sentence, function))
        return function
    return register


class Sitting:
    """What the steps share."""

    def __init__(self, tool, out, scratch):
        self.tool, self.out = tool, out
        self.folder = scratch / "photos"
        compose.compose(self.folder, SCENES, 7)
        self.truth_file = scratch / "truth.json"
        shutil.move(self.folder / "truth.json", self.truth_file)
        self.truth, _ = truths.read(self.truth_file)
        whole = (self.folder / "scene-000.jpg").read_bytes()
        (self.folder / "broken.jpg").write_bytes(whole[: len(whole) // 3])
        self.server = Server(tool, self.folder)
        self.page = Page(self.server.address)

    def pictures(self):
        return {each["name"]: each for each in self.page.api("/pictures")["pictures"]}

    def kind(self):
        return next(each for each in self.page.api("/project")["classes"] if each["name"] == KIND)

    def objects(self):
        return sum(each["annotations"] for each in self.pictures().values())

    def boxes(self, name):
        return [box for kind, box in self.truth[name] if kind == KIND]

    def shots(self, name):
        """The page as it is, light and dark."""
        self.page.shot(self.out / f"{name}-light.png")
        self.page.scheme("dark")
        self.page.shot(self.out / f"{name}-dark.png")
        self.page.scheme("light")

    def close(self):
        self.page.quit()
        self.server.stop()


@step("the gallery shows every picture of the folder within 2 s, and the address holds no token any more")
def gallery(sitting):
    page = sitting.page
    page.wait(lambda: len(page.all(".grid-cell:not([hidden]) img")) >= 12, 2, "thumbnails")
    assert f"{SCENES + 1} pictures" in page.text("#gallery-count"), page.text("#gallery-count")
    assert "#" not in page.driver.current_url, page.driver.current_url


@step("a picture that cannot be decoded is shown as such, and the rest goes on")
def broken(sitting):
    page = sitting.page
    page.wait(lambda: sitting.pictures()["broken.jpg"]["state"] == "failed", 60, "the broken picture's failure")
    page.wait(lambda: "cut" in page.text(".broken span") or len(page.text(".broken span")) > 10, what="its reason on the page")
    page.wait(lambda: page.api("/project")["progress"]["encoded"] == SCENES, 120, "the other pictures' encoding")
    page.wait(lambda: page.find("#progress").get_attribute("hidden"), 5, "the progress to go away")
    sitting.shots("gallery")


@step("one drawn box, used as an example, brings suggestions in other pictures")
def example(sitting):
    page = sitting.page
    make_classes(page, [KIND])
    name = next(name for name in sorted(sitting.truth) if sitting.boxes(name))
    open_picture(page, name)
    stage = page.find("#stage")
    box = sitting.boxes(name)[0]
    page.drag(stage, box[:2], box[2:])
    page.wait(lambda: drawn_since(page, stage, set()), what="the drawn box")
    page.wait(lambda: page.find("#objects [aria-current]"), what="the drawn box to be chosen")
    page.key("u")
    page.wait(lambda: page.find(".example img"), what="the example among the prompts")
    found = page.wait(lambda: [each for each in sitting.pictures().values() if each["suggestions"] > 0 and each["name"] != name], 20, "suggestions")
    assert len(found) >= 2, f"suggestions in {len(found)} other pictures"
    sitting.shots("example")


@step("the threshold moves by key over the histogram, and the folder's count follows")
def threshold(sitting):
    page = sitting.page
    page.wait(lambda: page.all(".histogram rect"), what="the histogram")
    before = page.text(".found")
    at = float(page.find("#threshold").get_attribute("value"))
    pressed = 0
    while page.text(".found") == before and pressed < 12:
        page.key("{")
        pressed += 1
        time.sleep(0.3)
    assert page.text(".found") != before, "no other count at a lower threshold"
    page.wait(lambda: abs(sitting.kind()["threshold"] - max(0, at - 0.05 * pressed)) < 0.002, what="the saved threshold")


@step("words re-rank the folder while they are typed, and Enter keeps them")
def words(sitting):
    page = sitting.page
    page.key("/")
    page.type("a boot")
    page.wait(lambda: "With these words" in page.text(".tried"), what="the ranking by the words")
    page.key("Enter")
    page.wait(lambda: page.find(".words li"), what="the words among the prompts")
    page.wait(lambda: len(sitting.kind()["prompts"]) == 2, what="the saved words")


@step("Enter, W, X and S decide crops, most doubtful first, by keyboard alone")
def review(sitting):
    page = sitting.page
    page.key("v")
    page.wait(lambda: len(page.all("#review .grid-cell:not([hidden])")) >= 4, what="crops")
    sitting.shots("review")
    before = sitting.objects()
    decided = sitting.kind()
    for key in ("Enter", "x", "w", "s"):
        page.key(key)
    page.saved()
    page.wait(lambda: page.text("#review-count").endswith("4 decided"), what="four decisions")
    now = sitting.kind()
    assert now["accepted"] - decided["accepted"] == 2, now
    assert now["rejected"] - decided["rejected"] == 2, now
    assert sitting.objects() == before + 2, (before, sitting.objects())


@step("a box is drawn, moved, resized and kept by keys alone, and taken back")
def keys_alone(sitting):
    page = sitting.page
    open_picture(page, sorted(sitting.truth)[-1])
    before = sitting.objects()
    page.key("Shift+r")
    draft = page.wait(lambda: page.find("#stage rect.draft"), what="the draft")
    x, width = (float(draft.get_attribute(name)) for name in ("x", "width"))
    for key in ("Right", "Shift+Right", "Alt+Right", "Alt+Shift+Down"):
        page.key(key)
    moved = page.find("#stage rect.draft")
    assert float(moved.get_attribute("x")) > x and float(moved.get_attribute("width")) > width
    page.key("Enter")
    page.wait(lambda: sitting.objects() == before + 1, what="the box")
    page.wait(lambda: page.find("#objects [aria-current]"), what="the box to be chosen")
    page.key("Alt+Right")
    page.saved()
    for _ in range(2):
        page.key("Ctrl+z")
        page.saved()
    page.wait(lambda: sitting.objects() == before, what="both taken back")
    page.key("v")
    page.wait(lambda: page.all("#review .grid-cell:not([hidden])"), what="the review again")


@step("undo takes decisions back one by one, and redo makes them again")
def undo(sitting):
    page = sitting.page
    accepted = sitting.kind()["accepted"]
    for left in (accepted, accepted - 1):
        page.key("Ctrl+z")
        page.wait(lambda: sitting.kind()["accepted"] == left, what=f"{left} accepted")
        page.saved()
    for _ in range(2):
        page.key("Ctrl+Shift+z")
        page.saved()
    page.wait(lambda: sitting.kind()["accepted"] == accepted, what="the decisions again")


@step("a reload stays where it was, and nothing is lost; nor when the server is killed")
def reload(sitting):
    page = sitting.page
    objects, accepted = sitting.objects(), sitting.kind()["accepted"]
    page.driver.refresh()
    page.wait(lambda: page.find("#review:not([hidden])") and page.all("#review .grid-cell"), what="the review again")
    assert (sitting.objects(), sitting.kind()["accepted"]) == (objects, accepted)
    sitting.server.kill()
    page.key("x")
    page.wait(lambda: page.find('.trouble[data-kind="server"]'), what="the lost server on the page")
    page.shot(sitting.out / "lost.png")
    sitting.server = Server(sitting.tool, sitting.folder)
    page.driver.get(sitting.server.address)
    page.wait(lambda: page.find("#views button") and page.text("#gallery-count"), what="the page again")
    assert (sitting.objects(), sitting.kind()["accepted"]) == (objects, accepted)
    page.wait(lambda: page.api("/project")["progress"]["encoded"] == SCENES, 20, "the encodings from the cache")


@step("on the light table a click turns a suggestion away, a drag draws, and Enter accepts a whole sheet")
def light_table(sitting):
    page = sitting.page
    page.key("l")
    page.wait(lambda: page.all(".table-cell[data-state=quiet]"), what="a sheet")
    page.wait(lambda: all(cell.get_attribute("data-state") == "quiet" for cell in page.all(".table-cell")), what="its suggestions")
    sitting.shots("light-table")
    cells = page.all(".table-cell")
    names = [cell.get_attribute("aria-label") for cell in cells]
    before, open_ones = sitting.objects(), sum(len(page.objects(overlay(cell))) for cell in cells)
    turned = 0
    for cell in cells:
        proposed = [each for each in page.objects(overlay(cell)) if each[1] == "suggestion"]
        if proposed:
            point = page.driver.execute_script(FREE_POINT, overlay(cell), proposed[0][0])
            page.click_at(overlay(cell), point)
            page.wait(lambda: any(each[4] for each in page.objects(overlay(cell))), what="the mark of a rejection")
            turned = 1
            break
    shown = {each[0] for each in page.objects(overlay(cells[-1]))}
    page.drag(overlay(cells[-1]), [500, 400], [600, 460])
    page.wait(lambda: drawn_since(page, overlay(cells[-1]), shown), what="the drawn box")
    page.key("Delete")
    page.wait(lambda: drawn_since(page, overlay(cells[-1]), shown) is None, what="the box to go")
    page.key("Enter")
    page.saved()
    page.wait(lambda: all(sitting.pictures()[name]["reviewed"] for name in names), what="reviewed pictures")
    assert open_ones == 0 or sitting.objects() >= before, (before, open_ones)
    assert turned == 0 or sitting.kind()["rejected"] >= 1
    page.key("Ctrl+z")
    page.wait(lambda: not any(sitting.pictures()[name]["reviewed"] for name in names), what="one undo for the whole sheet")
    page.key("Ctrl+Shift+z")
    page.wait(lambda: all(sitting.pictures()[name]["reviewed"] for name in names), what="and one redo")


@step("a click becomes a mask, a brush and a polygon become outlines, with a hole that stays")
def tools(sitting):
    page = sitting.page
    name = next(name for name in sorted(sitting.truth, reverse=True) if sitting.boxes(name))
    page.key("g")
    open_picture(page, name)
    stage = page.find("#stage")
    count = len(page.objects(stage))
    (x1, y1, x2, y2) = sitting.boxes(name)[0]
    page.key("c")
    page.click_at(stage, [(x1 + x2) / 2, (y1 + y2) / 2])
    page.wait(lambda: page.find("#stage path.draft"), what="the mask under the click")
    page.shot(sitting.out / "click.png")
    page.key("Enter")
    page.wait(lambda: len(page.objects(stage)) != count or page.find("#objects [aria-current]"), what="the kept mask")
    page.saved()
    page.key("Escape")
    page.key("b")
    before = annotations(page)
    page.drag(stage, [40, 40], [120, 60])
    page.key("Enter")
    page.wait(lambda: annotations(page) == before + 1, what="the painted object")
    page.key("Escape")
    page.key("p")
    for corner in ([300, 300], [420, 300], [420, 420], [300, 420]):
        page.click_at(stage, corner)
    page.key("Enter")
    page.wait(lambda: annotations(page) == before + 2, what="the polygon")
    page.wait(lambda: page.find("#objects [aria-current]"), what="the polygon to be chosen")
    shift_click(page, stage, [340, 340])
    page.click_at(stage, [380, 340])
    page.click_at(stage, [360, 380])
    page.key("Enter")
    page.wait(lambda: holes(page, sitting.pictures()[name]["id"]) == 1, what="the hole")
    page.shot(sitting.out / "polygon.png")
    for left in (2, 1, 0):
        page.key("Ctrl+z")
        page.saved()
    page.wait(lambda: annotations(page) == before, what="the drawings taken back")


@step("a change that meets another tab's is said, with a way to go on")
def two_tabs(sitting):
    page = sitting.page
    name = next(each["name"] for each in sitting.pictures().values() if each["annotations"] > 0)
    page.key("g")
    open_picture(page, name)
    page.driver.execute_async_script("""
        import('/modules/store.js').then(({ store }) => {
          const picture = store.details.get(arguments[0]);
          for (const each of picture.objects) each.version -= 1;
          arguments[1]();
        });""", sitting.pictures()[name]["id"])
    before = sitting.pictures()[name]["annotations"]
    for _ in range(30):
        page.key("j")
        if page.find("#objects [aria-current]:not(.proposed)"):
            break
    page.key("Delete")
    page.wait(lambda: "another tab" in page.text("dialog[open] h2"), what="the question")
    page.shot(sitting.out / "conflict.png")
    page.click("dialog[open] button.main")
    page.wait(lambda: not page.find("dialog[open]"), what="the question to go")
    assert sitting.pictures()[name]["annotations"] == before


@step("a full disk is said on the page, and the decision that was not saved loses its mark")
def full_disk(sitting):
    page = sitting.page
    page.key("v")
    if not page.wait(lambda: page.all("#review .grid-cell:not([hidden])") or page.find("#review .empty"), what="crops"):
        return
    if page.find("#review .empty"):
        page.click("#review-below")
        page.wait(lambda: page.all("#review .grid-cell:not([hidden])"), what="crops a little below the threshold")
    page.driver.execute_script("""
        window.honest = window.fetch;
        window.fetch = (path, options) => options?.method === 'POST'
            ? Promise.resolve(new Response(JSON.stringify({ error: { code: 'disk.full', message: 'The disk is full: free some space.' } }), { status: 507 }))
            : window.honest(path, options);""")
    before = sitting.objects()
    page.key("Enter")
    page.wait(lambda: "disk is full" in page.text('.trouble[data-kind="disk"]'), what="the full disk")
    page.wait(lambda: page.text("#review-count").split(" open, ")[1].startswith("0 decided"), what="the mark to go")
    page.shot(sitting.out / "full-disk.png")
    page.driver.execute_script("window.fetch = window.honest")
    assert sitting.objects() == before
    page.key("w")
    page.saved()
    page.wait(lambda: not page.find('.trouble[data-kind="disk"]'), what="the trouble to go when it is over")
    page.key("Ctrl+z")
    page.saved()


@step("an empty folder says what to do, and a picture that comes appears by itself")
def empty_folder(sitting):
    folder = sitting.folder.parent / "empty"
    folder.mkdir()
    with Server(sitting.tool, folder) as server, Page(server.address) as page:
        page.wait(lambda: "No pictures here yet" in page.text("#gallery .empty"), what="what to do")
        page.shot(sitting.out / "empty.png")
        shutil.copyfile(sitting.folder / "scene-001.jpg", folder / "new.jpg")
        page.wait(lambda: page.all(".grid-cell:not([hidden]) img"), 30, "the new picture")
        assert page.errors() == [], page.errors()


@step("filters show the pictures without boxes, and those that are not reviewed")
def filters(sitting):
    page = sitting.page
    page.key("g")
    everything = sitting.pictures().values()
    for value, expected in (("unlabelled", [each for each in everything if each["annotations"] == 0]),
                            ("open", [each for each in everything if not each["reviewed"]])):
        page.driver.execute_script("""
            const select = document.querySelector('#filters select');
            select.value = arguments[0];
            select.dispatchEvent(new Event('change'));""", value)
        count = f"{len(expected)} of {len(everything)}"
        page.wait(lambda: page.text("#gallery-count").startswith(count) or len(expected) == len(everything), what=count)
    page.driver.execute_script("""
        const select = document.querySelector('#filters select');
        select.value = 'all';
        select.dispatchEvent(new Event('change'));""")


@step("what is exported is read back, found equal, and a file that a trainer reads")
def export(sitting):
    page = sitting.page
    page.click("#export")
    page.wait(lambda: page.find("dialog[open] select[name=format]"), what="the dialog")
    page.driver.execute_script("document.querySelector('dialog select[name=pictures]').value = 'labelled'")
    page.shot(sitting.out / "export.png")
    page.click("dialog[open] button.main")
    page.wait(lambda: page.text("dialog[open] .equal"), 30, "equality")
    place = pathlib.Path(page.text("dialog[open] code"))
    page.shot(sitting.out / "exported.png")
    page.key("Escape")
    file = place if place.is_file() else next(place.rglob("*.json"))
    document = json.loads(file.read_text())
    assert len(document["annotations"]) == sitting.objects(), (len(document["annotations"]), sitting.objects())
    assert all(annotation["id"] >= 1 for annotation in document["annotations"])


@step("the labels are evaluated against the truth, on the page")
def evaluate(sitting):
    page = sitting.page
    page.click("#evaluate")
    page.wait(lambda: page.find("#truth-file"), what="the dialog").send_keys(str(sitting.truth_file))
    page.click("dialog[open] button.main")
    page.wait(lambda: page.find("dialog[open] table.figures"), 30, "the figures")
    page.shot(sitting.out / "evaluated.png")
    row = page.driver.execute_script("""
        return [...document.querySelectorAll(`table.figures tr[data-row="${arguments[0]}"] td[data-figure]`)].map((each) => each.textContent);""", KIND)
    assert row and any(each != "–" for each in row), row
    page.key("Escape")


@step("every control has a name that a screen reader can say, and what happens is said in a live region")
def names(sitting):
    page = sitting.page
    for view in ("g", "l", "v"):
        page.key(view)
        time.sleep(0.3)
        nameless = page.driver.execute_script("""
            const named = (each) => each.getAttribute('aria-label') || each.title || each.textContent.trim()
                || each.labels?.length > 0 || each.getAttribute('placeholder');
            return [...document.querySelectorAll('button, input, select, [role=listbox], [role=application]')]
                .filter((each) => each.checkVisibility() && !named(each)).map((each) => each.outerHTML.slice(0, 90));""")
        assert nameless == [], nameless
    page.key("Ctrl+s")
    page.wait(lambda: "saved" in page.text("#live"), what="words in the live region")
    page.key("?")
    page.wait(lambda: page.find("dialog[open] dl"), what="the help")
    sitting.shots("help")
    page.key("Escape")


@step("the server answers as its OpenAPI description says, with nothing that is not described")
def description(sitting):
    page = sitting.page
    text = page.driver.execute_async_script("fetch('/api/openapi.yaml').then((a) => a.text()).then(arguments[0])")
    api = closed(yaml.safe_load(text))
    picture = sitting.pictures()[sorted(sitting.truth)[0]]["id"]
    owner = sitting.kind()["id"]
    box = page.api(f"/pictures/{picture}")["width"] / 2
    asked = [("get", "/project", {}), ("get", "/pictures", {}), ("get", "/pictures/{picture}", {}), ("get", "/suggestions", {}),
             ("get", "/classes/{class}/ranking", {}), ("get", "/history", {}), ("post", "/evaluate", {}),
             ("post", "/pictures/{picture}/guess", {"box": [10, 10, box, box]}),
             ("post", "/pictures/{picture}/mask", {"points": [{"x": 99, "y": 99}]}),
             ("post", "/pictures/{picture}/prepare", {}), ("post", "/encoding", {"paused": False}), ("post", "/folder", {}), ("post", "/learn", {})]
    for method, path, body in asked:
        answer = page.api(path.replace("{picture}", picture).replace("{class}", owner), method.upper(), body)
        schema = api["paths"]["/api" + path][method]["responses"]["200"]["content"]["application/json"]["schema"]
        resolver = jsonschema.RefResolver("", api)
        wrong = [f"{'/'.join(map(str, each.absolute_path))}: {each.message[:200]}"
                 for each in jsonschema.Draft202012Validator(schema, resolver=resolver).iter_errors(answer)]
        assert not wrong, (method, path, wrong[:5])


def closed(schema, is_part=False):
    """The description with what an object has being all that it may have; parts of another schema stay open."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {}
    for key, value in schema.items():
        if key == "allOf":
            made[key] = [closed(each, True) for each in value]
        elif key == "schemas":
            made[key] = {name: closed(each, True) for name, each in value.items()}
        else:
            made[key] = closed(value)
    is_object = "properties" in schema and "type" in schema or "allOf" in schema or "/schemas/" in str(schema.get("$ref", ""))
    if is_object and not is_part:
        made["unevaluatedProperties"] = False
    return made


@step("nothing comes from elsewhere, and the browser's console is quiet")
def quiet(sitting):
    page = sitting.page
    outside = page.driver.execute_script("""
        return performance.getEntriesByType('resource').map((each) => each.name)
            .filter((name) => new URL(name).origin !== location.origin);""")
    assert outside == [], outside
    assert page.errors() == [], page.errors()


def open_picture(page, name):
    """From the gallery, by its name in the filter."""
    page.key("g")
    page.driver.execute_async_script("""
        Promise.all([import('/modules/store.js'), import('/modules/views.js')]).then(([{ store }, { openInEditor }]) => {
          openInEditor(store.pictures.find((each) => each.name === arguments[0]).id);
          arguments[1]();
        });""", name)
    page.wait(lambda: page.find(".stage-image.ready:not(.low)") and name in page.text("#editor-place") and page.text("#objects h2"), what=name)


def overlay(cell):
    return cell.find_element("css selector", ".overlay")


def annotations(page):
    return sum(each[1] == "annotation" for each in page.objects(page.find("#stage")))


def holes(page, picture):
    shapes = [each.get("shape") or {} for each in page.api(f"/pictures/{picture}")["objects"]]
    return sum(len(part.get("holes", [])) for shape in shapes for part in shape.get("polygons") or [])


def shift_click(page, root, point):
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys
    ActionChains(page.driver, duration=0).key_down(Keys.SHIFT).perform()
    page.click_at(root, point)
    ActionChains(page.driver, duration=0).key_up(Keys.SHIFT).perform()


def main():
    tool, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        sitting = Sitting(tool, out, pathlib.Path(scratch))
        try:
            for sentence, function in steps:
                start = time.monotonic()
                try:
                    function(sitting)
                except Exception:
                    sitting.page.shot(out / "failed.png")
                    print(f"FAILED: {sentence}", flush=True)
                    print("console:", sitting.page.errors(), "\nserver:", "".join(sitting.server.log[-20:]), file=sys.stderr)
                    raise
                print(f"ok ({time.monotonic() - start:4.1f} s) {sentence}", flush=True)
        finally:
            sitting.close()
    print(f"{len(steps)} steps; pictures of the page lie in {out}")


if __name__ == "__main__":
    main()
