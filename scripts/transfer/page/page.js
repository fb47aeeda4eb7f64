// Lets figures, tables and commands respond. Without it everything on the page can still be read.
(() => {
  "use strict";
  const all = (query, root = document) => [...root.querySelectorAll(query)];
  const make = (tag, properties) => Object.assign(document.createElement(tag), properties);
  const tip = document.body.appendChild(make("div", { className: "tip", hidden: true }));
  const status = document.body.appendChild(make("p", { className: "aside" }));
  tip.setAttribute("aria-hidden", "true"); // the values of a figure are in a table below it
  status.setAttribute("role", "status");

  // Points: the nearest one within reach says what it is.
  const REACH = { mouse: 10, pen: 14, touch: 24 };
  let shown = null;

  function show(point) {
    if (point === shown) return;
    if (shown) shown.classList.remove("pointed");
    shown = point;
    tip.hidden = !point;
    if (!point) return;
    point.classList.add("pointed");
    const [name, ...rest] = point.dataset.words.split("\n");
    tip.replaceChildren(make("b", { textContent: name }), ...rest.flatMap((words) => words.split("; ")).map((words) => make("span", { textContent: words })));
    const at = point.getBoundingClientRect();
    const { width, height } = tip.getBoundingClientRect();
    const middle = at.left + at.width / 2 - width / 2;
    const above = at.top - height - 8;
    tip.style.left = Math.max(4, Math.min(middle, document.documentElement.clientWidth - width - 4)) + "px";
    tip.style.top = (above < 4 ? at.bottom + 8 : above) + "px";
  }

  function nearest(points, event) {
    let best = null;
    let reach = REACH[event.pointerType] || REACH.mouse;
    for (const point of points) {
      if (point.closest(".faded")) continue;
      const at = point.getBoundingClientRect();
      const far = Math.hypot(at.left + at.width / 2 - event.clientX, at.top + at.height / 2 - event.clientY);
      if (far < reach) [best, reach] = [point, far];
    }
    return best;
  }

  for (const svg of all("figure svg")) {
    const points = all(".point", svg);
    for (const point of points) {
      const title = point.querySelector("title");
      point.dataset.words = title.textContent;
      title.remove(); // or the browser shows it as well
    }
    if (points.length) {
      for (const kind of ["pointermove", "pointerdown"]) svg.addEventListener(kind, (event) => show(nearest(points, event)));
      svg.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && show(null));
    }
    light(svg, all(".entry", svg));
  }
  addEventListener("scroll", () => show(null), { capture: true, passive: true });
  addEventListener("pointerdown", (event) => event.target.closest("figure svg") || show(null));
  addEventListener("keydown", (event) => event.key === "Escape" && show(null));

  // Families: an entry of the legend fades all others while it is pointed at, focused or pressed.
  function light(svg, entries) {
    let pressed = null;
    const parts = all("[data-family]", svg);
    const only = (family) => parts.forEach((part) => part.classList.toggle("faded", family !== null && part.dataset.family !== family));
    const press = (family) => {
      pressed = family;
      entries.forEach((entry) => entry.setAttribute("aria-pressed", entry.dataset.family === family));
      only(family);
    };
    const go = (entry) => {
      entries.forEach((one) => one.setAttribute("tabindex", one === entry ? 0 : -1));
      entry.focus();
    };
    entries.forEach((entry, place) => {
      const { family } = entry.dataset;
      const title = entry.querySelector("title");
      entry.setAttribute("role", "button");
      entry.setAttribute("aria-label", title.textContent);
      entry.setAttribute("aria-pressed", false);
      entry.setAttribute("tabindex", place ? -1 : 0); // one stop; arrows lead to the others
      title.remove();
      const { x, y, width, height } = entry.getBBox();
      const box = document.createElementNS("http://www.w3.org/2000/svg", "rect");
      for (const [key, value] of Object.entries({ x: x - 2, y: y - 1, width: width + 4, height: height + 2 })) box.setAttribute(key, value);
      entry.prepend(box);
      entry.addEventListener("pointerenter", () => only(family));
      entry.addEventListener("pointerleave", () => only(pressed));
      entry.addEventListener("focus", () => only(family));
      entry.addEventListener("blur", () => only(pressed));
      entry.addEventListener("click", () => press(pressed === family ? null : family));
      entry.addEventListener("keydown", (event) => {
        const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
        if (step) go(entries[(place + step + entries.length) % entries.length]);
        else if (event.key === "Enter" || event.key === " ") press(pressed === family ? null : family);
        else if (event.key === "Escape") press(null);
        else return;
        event.preventDefault();
      });
    });
    if (!entries.length) return;
    svg.setAttribute("role", "group"); // an image has no buttons
    const legend = entries[0].parentNode;
    legend.setAttribute("role", "toolbar");
    legend.setAttribute("aria-label", "Highlight");
  }

  // Tables: a heading sorts by its column, up, down, and back as it was.
  const NEXT = { none: "ascending", ascending: "descending", descending: "none" };
  const empty = (text) => text === "" || text === "–";
  const number = (text) => parseFloat(text.replace(/,(?=\d{3})/g, "").replace("−", "-"));

  function sorted(rows, column, order) {
    if (order === "none") return rows;
    const texts = new Map(rows.map((row) => [row, row.cells[column].textContent.trim()]));
    const filled = [...texts.values()].filter((text) => !empty(text));
    const numeric = filled.every((text) => /^[-+−]?\.?\d/.test(text));
    const compare = numeric ? (a, b) => number(a) - number(b) : (a, b) => a.localeCompare(b, "en", { numeric: true });
    const sign = order === "ascending" ? 1 : -1;
    return [...rows].sort((one, other) => {
      const [a, b] = [texts.get(one), texts.get(other)];
      return empty(a) || empty(b) ? empty(a) - empty(b) : sign * compare(a, b);
    });
  }

  for (const table of all("table")) {
    const heads = all("thead th", table);
    const bodies = [...table.tBodies].map((body) => [body, [...body.rows].filter((row) => row.cells.length === heads.length)]);
    heads.forEach((head, column) => {
      const button = make("button", { type: "button", className: "sort" });
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const order = NEXT[head.getAttribute("aria-sort") || "none"];
        heads.forEach((one) => one.removeAttribute("aria-sort"));
        if (order !== "none") head.setAttribute("aria-sort", order);
        for (const [body, rows] of bodies) body.append(...sorted(rows, column, order));
        status.textContent = order === "none" ? "In the original order" : `Sorted by ${button.textContent.trim()}, ${order}`;
      });
    });
  }

  // Commands: a click copies one.
  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const before = document.activeElement;
      const field = document.body.appendChild(make("textarea", { value: text, className: "aside" }));
      field.select();
      const done = document.execCommand("copy"); // where a file may not use the clipboard
      field.remove();
      before.focus();
      if (!done) throw new Error("not copied");
    }
  }

  for (const command of all("code.command")) {
    const button = make("button", { type: "button", className: "copy", textContent: "Copy", title: "Copy the command" });
    button.setAttribute("aria-label", "Copy the command");
    command.after(" ", button);
    button.addEventListener("click", async () => {
      const said = await copy(command.textContent).then(() => "Copied", () => "Not copied");
      button.textContent = said;
      status.textContent = said;
      setTimeout(() => { button.textContent = "Copy"; status.textContent = ""; }, 2000);
    });
  }

  // A box that scrolls can be reached and scrolled by keyboard.
  const reach = () => all(".wide, .scroll").forEach((box) => {
    if (box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  });
  addEventListener("resize", reach);
  addEventListener("toggle", reach, true);
  reach();

  // Print: nothing is folded, and all is as it was afterwards.
  let folded = [];
  addEventListener("beforeprint", () => {
    show(null);
    folded = all("details:not([open])");
    folded.forEach((one) => { one.open = true; });
  });
  addEventListener("afterprint", () => folded.forEach((one) => { one.open = false; }));
})();
