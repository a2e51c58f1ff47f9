// A page of the gallery. New pictures appear on their own while the viewer is at the top and
// idle; otherwise a button counts them, and nothing moves.

import { createTile, fillGrid } from "../pictures/tile.js";
import { createButton, createElement } from "./elements.js";
import { SelectionActions } from "./selection_actions.js";

const READING_SCROLL_PIXELS = 60;

class GalleryTiles {
  constructor(root) {
    this.root = root;
    this.selected = new Map(); // names, and whether they are starred
    this.isSelecting = false;
    this.grid = root.querySelector(".tiles");
    this.scroller = root.closest(".stMain") ?? document.documentElement;
    this.buildBar(root.querySelector(".gallery-bar"));
    this.listen();
  }

  buildBar(bar) {
    this.summary = createElement("span", "muted summary", "");
    this.newButton = createButton("button news", "", () => this.showNewest());
    this.selectButton = createButton("button", "Select", () => this.startSelecting());
    this.actions = new SelectionActions(
      (name, value) => this.emit(name, value),
      () => this.stopSelecting(),
    );
    bar.append(this.summary, this.newButton, this.actions.element, this.selectButton);
  }

  listen() {
    this.scroller.addEventListener("scroll", () => this.draw(), { passive: true });
    this.root.addEventListener("pointerleave", () => this.draw());
    this.grid.addEventListener("focusout", () => setTimeout(() => this.draw()));
    this.grid.addEventListener("keydown", (event) => this.moveFocus(event));
  }

  update(data, emit) {
    this.data = data;
    this.emit = emit;
    while (this.grid.children.length < data.slots) {
      this.grid.append(createTile((tile, event) => this.handleClick(tile, event)));
    }
    this.dropDeleted();
    this.draw();
  }

  /** Deselect deleted pictures; their slots are filled at once. */
  dropDeleted() {
    const deleted = new Set(this.data.deleted);
    if (this.shown?.some((picture) => deleted.has(picture.name))) this.shown = undefined;
    const hadSelection = this.selected.size > 0;
    for (const name of deleted) this.selected.delete(name);
    if (hadSelection && this.selected.size === 0) this.isSelecting = false;
  }

  draw() {
    const shownNames = new Set(this.shown?.map((picture) => picture.name));
    const newCount = this.data.pictures.filter(({ name }) => !shownNames.has(name)).length;
    const isSameView = this.shown !== undefined && this.view === this.data.view;
    const isPaused = isSameView && newCount > 0 && this.isInUse();
    if (isPaused) this.refreshShown();
    else this.replaceShown();
    this.newButton.hidden = !isPaused;
    this.newButton.textContent =
      newCount < this.data.slots ? `${newCount} new` : `${newCount} or more new`;
    this.summary.textContent = this.data.summary;
    fillGrid(this.grid, this.shown);
    this.drawSelection();
  }

  replaceShown() {
    this.view = this.data.view;
    this.shown = this.data.pictures;
  }

  /** Keep every picture in its slot; only its prompt and its star may change. */
  refreshShown() {
    const latest = new Map(this.data.pictures.map((picture) => [picture.name, picture]));
    this.shown = this.shown.map((picture) => latest.get(picture.name) ?? picture);
  }

  isInUse() {
    return (
      this.scroller.scrollTop > READING_SCROLL_PIXELS ||
      this.isSelecting ||
      this.root.matches(":hover") || // includes the bar, so that its button waits for the pointer
      this.grid.matches(":focus-within")
    );
  }

  showNewest() {
    this.replaceShown();
    this.scroller.scrollTo({ top: 0 });
    this.draw();
  }

  handleClick(tile, event) {
    const { name } = tile.dataset;
    if (!name) return;
    if (event.ctrlKey || event.metaKey || event.shiftKey) this.isSelecting = true;
    if (this.isSelecting) this.toggleSelected(name);
    else this.emit("opened", name);
  }

  toggleSelected(name) {
    if (!this.selected.delete(name)) this.selected.set(name, false);
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
    this.selectButton.focus();
  }

  drawSelection() {
    this.grid.classList.toggle("selecting", this.isSelecting);
    for (const [index, tile] of [...this.grid.children].entries()) {
      const picture = this.shown[index];
      const isSelected = this.selected.has(picture?.name);
      tile.classList.toggle("starred", Boolean(picture?.starred));
      if (isSelected) this.selected.set(picture.name, Boolean(picture.starred));
      if (this.isSelecting) tile.setAttribute("aria-pressed", isSelected);
      else tile.removeAttribute("aria-pressed");
    }
    this.drawActions();
  }

  drawActions() {
    this.actions.element.hidden = !this.isSelecting;
    this.selectButton.hidden = this.isSelecting || this.shown.length === 0;
    this.actions.draw(this.selected, this.data);
  }

  moveFocus(event) {
    const columns = getComputedStyle(this.grid).gridTemplateColumns.split(" ").length;
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
    const step = steps[event.key];
    if (!step) return;
    const tiles = [...this.grid.children];
    const next = tiles[tiles.indexOf(event.target) + step];
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
