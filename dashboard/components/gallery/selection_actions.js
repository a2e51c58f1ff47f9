// What can be done with the selected pictures: compare two, star, download, delete.

import { createButton, createElement } from "./elements.js";

export class SelectionActions {
  /** @param emit receives the name of an action and its value. */
  constructor(emit, onDone) {
    this.emit = emit;
    this.element = createElement("span", "actions", "");
    this.count = createElement("span", "muted", "");
    this.compareButton = createButton("button", "Compare", () => this.emit("compared", this.names));
    this.starButton = createButton("button", "Star", () => this.toggleStars());
    this.zipLink = createElement("a", "button", "Download as zip");
    this.zipLink.setAttribute("download", "pictures.zip");
    this.deleteButton = createButton("button", "Delete", () => this.emit("deletion", this.names));
    const doneButton = createButton("button", "Done", onDone);
    const { count, compareButton, starButton, zipLink, deleteButton } = this;
    this.element.append(count, compareButton, starButton, zipLink, deleteButton, doneButton);
  }

  toggleStars() {
    const starred = !this.areStarred;
    // Those of other pages are not drawn, so nothing else reports their change.
    for (const name of this.names) this.selected.set(name, starred);
    this.emit("starred", { names: this.names, starred });
  }

  /** @param selected Map of the selected pictures' names to whether they are starred. */
  draw(selected, data) {
    this.selected = selected;
    this.names = [...selected.keys()];
    this.areStarred = this.names.length > 0 && [...selected.values()].every(Boolean);
    const isTooMany = this.names.length > data.max_selected;
    const isUsable = this.names.length > 0 && !isTooMany;
    this.count.textContent = isTooMany
      ? `${this.names.length} selected; stars and zip take at most ${data.max_selected}`
      : `${this.names.length} selected`;
    this.compareButton.disabled = this.names.length !== 2;
    this.compareButton.title =
      this.names.length === 2 ? "" : "Select two pictures to compare them.";
    this.starButton.textContent = this.areStarred ? "Unstar" : "Star";
    this.drawRefusal(this.starButton, isUsable, data.no_star);
    this.drawZip(isUsable, data.zip);
    this.drawRefusal(this.deleteButton, this.names.length > 0, data.no_deletion);
  }

  drawRefusal(button, isUsable, reason) {
    button.disabled = !isUsable || Boolean(reason);
    button.title = reason ?? "";
  }

  drawZip(isUsable, url) {
    if (isUsable) this.zipLink.setAttribute("href", `${url}?names=${this.names.join(",")}`);
    else this.zipLink.removeAttribute("href");
  }
}
