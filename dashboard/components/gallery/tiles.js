// A page of the gallery. New pictures appear by themselves while one is at the top and does
// nothing there; otherwise a button says how many there are, and nothing moves.

const BUSY_BELOW = 60; // pixels scrolled, from which on somebody reads further down

function part(tag, className, text, press) {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  if (press) {
    element.type = "button";
    element.addEventListener("click", press);
  }
  return element;
}

class GalleryTiles {
  constructor(root) {
    this.root = root;
    this.grid = root.querySelector(".tiles");
    this.bar = root.querySelector(".gallery-bar");
    this.summary = part("span", "muted summary", "");
    this.newer = part("button", "button news", "", () => this.showNewest());
    this.starter = part("button", "button", "Select", () => this.startSelecting());
    this.actions = part("span", "actions", "");
    this.chosen = part("span", "muted", "");
    this.zip = part("a", "button", "Download as zip");
    this.zip.setAttribute("download", "pictures.zip");
    this.remove = part("button", "button", "Delete", () => this.ask("deletion", this.names()));
    this.actions.append(
      this.chosen,
      this.zip,
      this.remove,
      part("button", "button", "Done", () => this.stopSelecting()),
    );
    this.bar.append(this.summary, this.newer, this.actions, this.starter);
    this.selected = new Set();
    this.scroller = root.closest(".stMain") ?? document.documentElement;
    this.scroller.addEventListener("scroll", () => this.draw(), { passive: true });
    root.addEventListener("pointerleave", () => this.draw());
    this.grid.addEventListener("focusout", () => setTimeout(() => this.draw()));
    this.grid.addEventListener("keydown", (event) => this.moveFocus(event));
  }

  update(data, ask) {
    this.data = data;
    this.ask = ask;
    while (this.grid.children.length < data.places) {
      this.grid.append(makeTile((tile, event) => this.press(tile, event)));
    }
    this.forgetDeleted();
    this.draw();
  }

  // What was deleted from here is not selected any more, and its place is filled at once.
  forgetDeleted() {
    const deleted = new Set(this.data.deleted);
    if (this.shown?.some((picture) => deleted.has(picture.name))) this.shown = undefined;
    const before = this.selected.size;
    for (const name of deleted) this.selected.delete(name);
    if (before > 0 && this.selected.size === 0) this.isSelecting = false;
  }

  draw() {
    const known = new Set((this.shown ?? []).map((picture) => picture.name));
    const fresh = this.data.pictures.filter((picture) => !known.has(picture.name)).length;
    const held = this.shown && this.view === this.data.view && fresh > 0 && this.isInUse();
    if (held) this.keep();
    else this.take();
    this.newer.hidden = !held;
    this.newer.textContent = fresh < this.data.places ? `${fresh} new` : `${fresh} or more new`;
    this.summary.textContent = this.data.summary;
    fill(this.grid, this.shown);
    this.drawSelection();
  }

  take() {
    this.view = this.data.view;
    this.shown = this.data.pictures;
  }

  // What is looked at stays in its place, and still learns of its prompt and its star.
  keep() {
    const latest = new Map(this.data.pictures.map((picture) => [picture.name, picture]));
    this.shown = this.shown.map((picture) => latest.get(picture.name) ?? picture);
  }

  isInUse() {
    return (
      this.scroller.scrollTop > BUSY_BELOW ||
      this.isSelecting ||
      this.root.matches(":hover") || // with the bar, so that its button waits for the pointer
      this.grid.matches(":focus-within")
    );
  }

  showNewest() {
    this.take();
    this.scroller.scrollTo({ top: 0 });
    this.draw();
  }

  press(tile, event) {
    const name = tile.dataset.name;
    if (!name) return;
    if (event.ctrlKey || event.metaKey || event.shiftKey) this.isSelecting = true;
    if (!this.isSelecting) {
      this.ask("opened", name);
      return;
    }
    if (!this.selected.delete(name)) this.selected.add(name);
    this.drawSelection();
  }

  startSelecting() {
    this.isSelecting = true;
    this.drawSelection();
  }

  stopSelecting() {
    this.isSelecting = false;
    this.selected.clear();
    this.draw();
    this.starter.focus();
  }

  names() {
    return [...this.selected];
  }

  drawSelection() {
    const selecting = Boolean(this.isSelecting);
    const count = this.selected.size;
    const tooMany = count > this.data.most;
    this.grid.classList.toggle("selecting", selecting);
    this.actions.hidden = !selecting;
    this.starter.hidden = selecting || this.shown.length === 0;
    this.chosen.textContent = tooMany
      ? `${count} selected; a zip holds at most ${this.data.most}`
      : `${count} selected`;
    const zip = `/pictures.zip?names=${this.names().join(",")}`;
    if (count === 0 || tooMany) this.zip.removeAttribute("href");
    else this.zip.setAttribute("href", zip);
    this.remove.disabled = count === 0 || Boolean(this.data.no_deletion);
    this.remove.title = this.data.no_deletion ?? "";
    [...this.grid.children].forEach((tile, index) => {
      const picture = this.shown[index];
      tile.classList.toggle("starred", Boolean(picture?.starred));
      if (selecting) tile.setAttribute("aria-pressed", this.selected.has(picture?.name));
      else tile.removeAttribute("aria-pressed");
    });
  }

  moveFocus(event) {
    const columns = getComputedStyle(this.grid).gridTemplateColumns.split(" ").length;
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
    const step = steps[event.key];
    if (!step) return;
    const next = this.grid.children[[...this.grid.children].indexOf(event.target) + step];
    if (!next || next.hidden) return;
    event.preventDefault();
    next.focus();
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".gallery-tiles");
  root.gallery ??= new GalleryTiles(root);
  root.gallery.update(data, setTriggerValue);
}
