"use strict";
// The page is complete without this script; it adds choosing, zooming, and opening rows of processes that are alike.
// Foreign text only ever passes through textContent.
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const plot = document.querySelector(".plot");
  const details = document.getElementById("details");
  if (!plot) return;
  const names = all(".name");
  const lanes = new Map(all(".lane").map((lane) => [lane.dataset.row, lane]));
  const arrows = all(".arrow[data-from]");
  const groupOf = new Map(names.filter((it) => it.dataset.in).map((it) => [it.dataset.row, it.dataset.in]));
  // With more arrows than this, only those of the chosen process stand out.
  const CROWD = 60;
  let zoom = 1;
  let chosen = null;

  // Gives every row that is shown its place, and the arrows theirs between them.
  const lay = () => {
    const place = new Map();
    for (const name of names) {
      const lane = lanes.get(name.dataset.row);
      lane.hidden = name.hidden;
      if (name.hidden) continue;
      const row = place.size;
      place.set(name.dataset.row, row);
      for (const part of [name, lane]) {
        part.style.setProperty("--row", row);
        part.classList.toggle("odd", row % 2 === 0);
      }
    }
    document.querySelector(".stage").style.setProperty("--rows", place.size);
    for (const arrow of arrows) {
      const { from, to, group } = arrow.dataset;
      const row = (process) => place.get(process) ?? place.get(groupOf.get(process));
      const open = group && !document.getElementById(group).matches("[aria-expanded=false]");
      const isShort = "short" in arrow.dataset;
      arrow.hidden = row(from) === undefined || row(to) === undefined || row(from) === row(to) || Boolean(group && !open && !isShort);
      if (arrow.hidden) continue;
      arrow.style.setProperty("--top", Math.min(row(from), row(to)));
      arrow.style.setProperty("--len", Math.abs(row(from) - row(to)));
    }
    plot.classList.toggle("crowded", arrows.filter((it) => !it.hidden).length > CROWD);
  };

  const fold = (group, open) => {
    group.setAttribute("aria-expanded", String(open));
    for (const name of names) if (name.dataset.in === group.dataset.row) name.hidden = !open;
    lay();
  };

  // Shows an element's text in the pane, and everything that is about the same object.
  const choose = (element) => {
    chosen?.classList.remove("chosen");
    for (const it of all(".same")) it.classList.remove("same");
    chosen = element;
    element.classList.add("chosen");
    const { object, title, said } = element.dataset;
    if (object) for (const it of all(`[data-object="${object}"]`)) if (it !== element) it.classList.add("same");
    const { row } = laneOf(element).dataset;
    const mine = arrows.filter((it) => it.dataset.from === row || it.dataset.to === row);
    for (const arrow of arrows) arrow.classList.toggle("mine", mine.length <= CROWD && mine.includes(arrow));
    const heading = document.createElement("h2");
    heading.textContent = title ?? element.textContent;
    const list = document.createElement("ul");
    for (const line of (said ?? "").split("\n").filter(Boolean)) {
      const item = document.createElement("li");
      item.textContent = line;
      list.append(item);
    }
    details.replaceChildren(heading, list);
  };

  const isShown = (name) => !name.hidden;
  const laneOf = (element) => element.closest(".lane, .name");
  const eventsOf = (row) => all(".seg, .point, .found", lanes.get(row)).sort((one, other) => when(one) - when(other));
  const when = (element) => Number(element.style.getPropertyValue("--c") || 0);
  const go = (element) => {
    if (!element) return;
    element.focus({ preventScroll: true });
    element.scrollIntoView({ block: "nearest", inline: "nearest" });
    choose(element);
  };
  const along = (element, step) => {
    const { row } = laneOf(element).dataset;
    const line = [names.find((it) => it.dataset.row === row), ...eventsOf(row)];
    const last = line.length - 1;
    const to = { first: 0, last, [-1]: line.indexOf(element) - 1, 1: line.indexOf(element) + 1 }[step];
    go(line[Math.max(0, Math.min(last, to))]);
  };
  const across = (element, step) => {
    const shown = names.filter(isShown);
    const here = shown.findIndex((it) => it.dataset.row === laneOf(element).dataset.row);
    const name = shown[here + step];
    if (!name) return;
    if (element.matches(".name")) return go(name);
    const near = (it) => Math.abs(when(it) - when(element));
    go(eventsOf(name.dataset.row).sort((one, other) => near(one) - near(other))[0] ?? name);
  };
  const look = (next) => {
    zoom = Math.max(1, Math.min(256, next));
    plot.style.setProperty("--zoom", zoom);
    plot.classList.toggle("close", zoom >= 4);
    if (chosen && !chosen.matches(".name")) chosen.scrollIntoView({ block: "nearest", inline: "center" });
  };
  const real = document.getElementById("real");
  const act = {
    in: () => look(zoom * 2),
    out: () => look(zoom / 2),
    fit: () => look(1),
    real: () => real.setAttribute("aria-pressed", String(plot.classList.toggle("real"))),
  };

  for (const name of all("button[id]", document.querySelector(".tools"))) name.addEventListener("click", () => act[name.id]());
  document.addEventListener("click", (event) => {
    const element = event.target.closest(".seg, .point, .found, .name");
    if (!element) return;
    if (element.matches(".group")) fold(element, element.getAttribute("aria-expanded") === "false");
    choose(element);
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const tool = { "+": "in", "=": "in", "-": "out", 0: "fit", s: "real" }[event.key];
    if (tool) return act[tool]();
    const element = event.target.closest(".seg, .point, .found, .name") ?? (event.key.startsWith("Arrow") ? chosen : null);
    const move = { ArrowRight: [along, 1], ArrowLeft: [along, -1], Home: [along, "first"], End: [along, "last"], ArrowDown: [across, 1], ArrowUp: [across, -1] }[event.key];
    if (!element || !move) return;
    event.preventDefault();
    move[0](element, move[1]);
  });
  document.querySelector(".scroll").addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    look(event.deltaY < 0 ? zoom * 1.25 : zoom / 1.25);
  }, { passive: false });

  // A link to a part of the page, such as #found-1 or #p3, chooses it.
  const follow = () => {
    const target = document.getElementById(location.hash.slice(1));
    const element = target?.matches(".name, .found") ? target : null;
    const row = element && laneOf(element).dataset.row;
    const group = row && groupOf.get(row);
    if (group) fold(names.find((it) => it.dataset.row === group), true);
    if (element) go(element);
    return element;
  };
  addEventListener("hashchange", follow);
  lay();
  if (!follow()) choose(document.querySelector(".found") ?? names[0]);
  document.documentElement.dataset.ready = "yes";
})();
