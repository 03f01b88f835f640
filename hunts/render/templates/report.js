"use strict";
const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
const number = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

function sort(table, header) {
  const column = header.cellIndex;
  const descending = header.getAttribute("aria-sort") === "ascending";
  const rows = Array.from(table.tBodies[0].rows, (row) => {
    const cell = row.cells[column];
    return { row, key: cell.dataset.sort ?? cell.textContent.trim() };
  });
  const numeric = rows.every(({ key }) => key === "" || number.test(key));
  const compare = numeric ? (a, b) => a - b : collator.compare;
  // Empty cells stay last in both directions.
  rows.sort((a, b) =>
    a.key === "" || b.key === ""
      ? (a.key === "") - (b.key === "")
      : compare(a.key, b.key) * (descending ? -1 : 1));
  table.tBodies[0].append(...rows.map(({ row }) => row));
  for (const other of header.parentElement.cells) other.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", descending ? "descending" : "ascending");
}

for (const table of document.querySelectorAll("table.sortable")) {
  table.tHead.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) sort(table, button.closest("th"));
  });
}

// Paper cannot be clicked: what is folded away is printed, too.
const unfolded = [];
addEventListener("beforeprint", () => {
  for (const details of document.querySelectorAll("details:not([open])")) {
    details.open = true;
    unfolded.push(details);
  }
});
addEventListener("afterprint", () => {
  for (const details of unfolded.splice(0)) details.open = false;
});
