"""A scripted person who knows the truth, sees what the page shows, and uses its keys, clicks and drags."""
import time

from truth import matched

# A point where a click or a key meets this object and no other: the middle of its box, else the next free place.
FREE_POINT = """
const [root, id] = arguments;
const group = root.matches('svg') ? root : root.querySelector('svg.stage-overlay > g');
const object = [...group.querySelectorAll('.object')].find((each) => each.dataset.id === id);
if (!object) return null;
const box = object.querySelector('rect.region, rect.frame').getBoundingClientRect();
const shares = [0.5, 0.3, 0.7, 0.15, 0.85, 0.05, 0.95];
for (const y of shares) for (const x of shares) {
  const [px, py] = [box.left + x * box.width, box.top + y * box.height];
  if (document.elementFromPoint(px, py)?.closest('.object') === object) {
    const p = new DOMPoint(px, py).matrixTransform(group.getScreenCTM().inverse());
    return [p.x, p.y];
  }
}
return null;
"""


def make_classes(page, classes):
    for name in classes:
        page.key("n")
        page.wait(lambda: page.find("dialog[open] input"))
        page.type(name)
        page.key("Enter")
        page.wait(lambda: any(name == page.driver.execute_script("return arguments[0].textContent", each)
                              for each in page.all(".class-name")), what=f"the class {name}")


def class_ids(page):
    """{name: (id, key)} as the list on the left shows them."""
    rows = page.driver.execute_script("""
        return [...document.querySelectorAll('.class-row')].map((row) =>
            [row.querySelector('.class-name').textContent, row.dataset.class, row.querySelector('kbd')?.textContent ?? null]);""")
    return {name: (each, key) for name, each, key in rows}


# Picture by picture

def without_suggestions(page, truth, classes):
    """A box, its class where it is another than the last, the next picture."""
    ids = class_ids(page)
    page.key("Enter")
    stage = page.wait(lambda: page.find("#stage"))
    for number in range(len(truth)):
        name = page.wait(lambda: picture_in_editor(page, number), what=f"picture {number + 1}")
        for kind, box in truth[name]:
            before = {each[0] for each in page.objects(stage)}
            page.drag(stage, box[:2], box[2:])
            drawn = page.wait(lambda: drawn_since(page, stage, before), what="the drawn box")
            page.wait(lambda: page.find("#objects [aria-current]"), what="the drawn box to be chosen")
            if drawn[2] != ids[kind][0]:
                page.key(ids[kind][1])
                page.wait(lambda: class_of(page, stage, drawn[0]) == ids[kind][0], what="the class")
        if number + 1 < len(truth):
            page.key("d")


def picture_in_editor(page, number):
    """The name of the open picture, once it is the one of this number and is shown."""
    place, _, name = page.text("#editor-place").partition(" · ")
    ready = page.find(".stage-image.ready:not(.low)")
    listed = page.text("#objects h2")
    return name if place.startswith(f"{number + 1} /") and ready and listed else None


def class_of(page, root, each):
    return next((kind for found, _, kind, _, _ in page.objects(root) if found == each), None)


# On the light table

def with_suggestions(page, truth, classes):
    """Sheet by sheet: draw what is missing, turn away what is wrong, set classes right, accept the rest."""
    ids = class_ids(page)
    page.wait(lambda: encoded(page), 600, "the folder's encoding")
    page.key("l")
    page.click("#view-table .examples-option")
    page.click("#learns")
    left = len(truth)
    while left > 0:
        # What was drawn teaches, so suggestions change: the sheet is looked over until nothing is to be done.
        for _ in range(4):
            page.wait(lambda: quiet(page), 240, "quiet suggestions")
            before = page.gestures
            cells = page.all(".table-cell")
            for cell in cells:
                one_picture(page, cell, truth[page.driver.execute_script("return arguments[0].getAttribute('aria-label')", cell)], ids)
            if page.gestures == before:
                break
        left -= len(cells)
        sheet = page.text("#table-count")
        page.key("Enter")
        page.wait(lambda: page.text("#table-count") != sheet or not page.find(".table-cell"), 60, "the next sheet")
    page.saved()


def encoded(page):
    progress = page.api("/project")["progress"]
    return progress["encoded"] + progress["failed"] >= progress["total"]


def quiet(page):
    """Whether what the sheet shows has not changed for a while, and nothing is being learnt."""
    page.saved()
    if page.driver.execute_script("return document.body.classList.contains('learning')"):
        return False
    state = sheet_state(page)
    for _ in range(6):
        time.sleep(0.1)
        if sheet_state(page) != state:
            return False
    return True


def sheet_state(page):
    return page.driver.execute_script("""
        return [document.body.classList.contains('learning'),
            ...[...document.querySelectorAll('.table-cell')].map((cell) => cell.dataset.state + cell.textContent)].join('|');""")


def one_picture(page, cell, wanted, ids):
    overlay = cell.find_element("css selector", ".overlay")
    # A person sees first what is there already: right suggestions need nothing. What stands back is faint.
    shown = [each for each in page.objects(overlay) if not each[4]]
    pairs = matched([box for _, box in wanted], [each[3] for each in shown])
    for index, (kind, box) in enumerate(wanted):
        if index in pairs:
            each = shown[pairs[index]]
            if each[2] != ids[kind][0]:
                point_and_press(page, overlay, each[0], ids[kind][1])
            continue
        before = {one[0] for one in page.objects(overlay)}
        page.drag(overlay, box[:2], box[2:])
        drawn = page.wait(lambda: drawn_since(page, overlay, before), what=f"the box around a {kind} at {box}")
        if drawn[2] != ids[kind][0]:
            page.key(ids[kind][1])
            page.wait(lambda: class_of(page, overlay, drawn[0]) == ids[kind][0], what="the class")
    # What is still proposed and wrong is turned away with a click each.
    page.wait(lambda: cell.get_attribute("data-state") == "quiet", what="the picture's suggestions")
    shown = [each for each in page.objects(overlay) if not each[4]]
    pairs = matched([box for _, box in wanted], [each[3] for each in shown])
    for place, each in enumerate(shown):
        if each[1] == "suggestion" and place not in pairs.values():
            point = page.driver.execute_script(FREE_POINT, overlay, each[0])
            if point:
                page.click_at(overlay, point)


def drawn_since(page, root, before):
    """The new annotation, once it is there and chosen, so that a class's key means it."""
    new = next((each for each in page.objects(root) if each[1] == "annotation" and each[0] not in before), None)
    return new if new and page.find(f'.object.selected[data-id="{new[0]}"]') else None


def point_and_press(page, overlay, each, key):
    """Points at an object and presses its class's key: one gesture."""
    point = page.driver.execute_script(FREE_POINT, overlay, each)
    if not point:
        return  # it has gone meanwhile, or lies under others: it is seen again in the next look
    page.point_at(overlay, point)
    page.key(key)
    time.sleep(0.05)
