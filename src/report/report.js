// SPDX-License-Identifier: GPL-3.0-or-later
// What the page can do beyond being read: sort and filter tables, switch the theme, copy the command. Without a script
// everything is still there to read. No text of a run is ever put into the document by this file.
"use strict";

function sortKey(cell) {
  const given = cell.dataset.value;
  const text = given === undefined ? cell.textContent.trim() : given;
  const number = text === "" ? NaN : Number(text);
  return { text, number, empty: text === "" };
}

function compareKeys(a, b) {
  if (!Number.isNaN(a.number) && !Number.isNaN(b.number)) return a.number - b.number;
  return a.text.localeCompare(b.text, undefined, { numeric: true });
}

function sortBy(table, header, say) {
  const index = header.cellIndex;
  const descending = header.getAttribute("aria-sort") === "ascending";
  const body = table.tBodies[0];
  const rows = Array.from(body.rows, (row, place) => ({ row, place, key: sortKey(row.cells[index]) }));
  rows.sort((a, b) => {
    if (a.key.empty !== b.key.empty) return a.key.empty ? 1 : -1; // what has no value stays at the end
    const order = compareKeys(a.key, b.key);
    return (descending ? -order : order) || a.place - b.place;
  });
  for (const other of table.tHead.rows[0].cells) {
    if (other.hasAttribute("aria-sort")) other.setAttribute("aria-sort", "none");
  }
  header.setAttribute("aria-sort", descending ? "descending" : "ascending");
  body.append(...rows.map((entry) => entry.row));
  say.textContent = `Sorted by ${header.textContent.trim()}, ${descending ? "descending" : "ascending"}`;
}

function makeSortable(table, say) {
  for (const header of table.tHead.rows[0].cells) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...header.childNodes);
    header.append(button);
    header.setAttribute("aria-sort", "none");
    button.addEventListener("click", () => sortBy(table, header, say));
  }
}

function makeFilter(input) {
  const table = document.getElementById(input.dataset.table);
  const rows = Array.from(table.tBodies[0].rows);
  const count = input.parentElement.querySelector("output");
  const apply = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const text = words.length ? row.textContent.toLowerCase() : "";
      row.hidden = !words.every((word) => text.includes(word));
      shown += row.hidden ? 0 : 1;
    }
    count.textContent = `${shown} of ${rows.length} rows`;
  };
  input.addEventListener("input", apply);
  input.closest(".filter").hidden = false;
  apply();
}

function makeThemeButton(button) {
  const root = document.documentElement;
  const dark = () => (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const show = () => { button.textContent = dark() ? "Light theme" : "Dark theme"; };
  button.addEventListener("click", () => { root.dataset.theme = dark() ? "light" : "dark"; show(); });
  button.hidden = false;
  show();
}

function makeCopyButton(button) {
  const text = button.parentElement.querySelector("pre").textContent;
  if (!navigator.clipboard) return;
  button.hidden = false;
  button.addEventListener("click", () => navigator.clipboard.writeText(text).then(
    () => { button.textContent = "Copied"; }, () => { button.textContent = "Not allowed"; }));
}

// Browsers refuse to save long data: addresses, so a click saves the same bytes from memory.
function makeDownload(link) {
  link.addEventListener("click", () => {
    if (!link.href.startsWith("data:")) return;
    const bytes = Uint8Array.from(atob(link.href.slice(link.href.indexOf(",") + 1)), (c) => c.charCodeAt(0));
    link.href = URL.createObjectURL(new Blob([bytes], { type: "text/csv" }));
  });
}

const announcer = document.getElementById("announcer");
document.querySelectorAll("table.sortable").forEach((table) => makeSortable(table, announcer));
document.querySelectorAll("input[data-table]").forEach(makeFilter);
document.querySelectorAll("button[data-theme-switch]").forEach(makeThemeButton);
document.querySelectorAll("button[data-copy]").forEach(makeCopyButton);
document.querySelectorAll("a[download]").forEach(makeDownload);
addEventListener("beforeprint", () => { for (const part of document.querySelectorAll("details")) part.open = true; });
