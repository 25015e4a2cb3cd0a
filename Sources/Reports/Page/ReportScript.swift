/// The script of the report's page: sorting, finding and paging in the table of candidates, and the choice of one. It only
/// ever writes text, never markup; without it the page shows the first candidates.
enum ReportScript {
  static let text = #"""
    "use strict";
    (() => {
      const data = JSON.parse(document.getElementById("data").textContent);
      const pageLength = 20, count = data.ids.length;
      const table = document.querySelector("#ranking table"), body = table.tBodies[0];
      const heads = [...table.tHead.rows[0].cells];
      const status = document.getElementById("status"), search = document.getElementById("search");
      const texts = data.ids.map((id, row) =>
        ["", ...data.columns.map(column => column.show[row])].join("\n").toLowerCase());
      let order = data.ids.map((_, row) => row), sorted = 0, descending = false, page = 0, chosen = 0;

      const key = (column, row) => (column.value ? column.value[row] : column.show[row]);
      const compare = (a, b) => {
        const column = data.columns[sorted], x = key(column, a), y = key(column, b);
        if (x === null || y === null) return (x === null) - (y === null) || a - b;
        const difference = x < y ? -1 : x > y ? 1 : 0;
        return (descending ? -difference : difference) || a - b;
      };

      const arrange = () => {
        const words = search.value.toLowerCase().split(/\s+/).filter(word => word);
        order = data.ids.map((_, row) => row).filter(row => words.every(word => texts[row].includes("\n" + word)));
        order.sort(compare);
        page = 0;
        draw();
      };

      const draw = () => {
        const start = page * pageLength, rows = order.slice(start, start + pageLength);
        body.replaceChildren(...rows.map(row => {
          const line = document.createElement("tr");
          line.tabIndex = 0;
          line.dataset.row = row;
          if (row === chosen) { line.className = "chosen"; line.setAttribute("aria-selected", "true"); }
          for (const column of data.columns) {
            const cell = line.insertCell();
            cell.textContent = column.show[row];
            if (column.value) cell.className = "number";
          }
          return line;
        }));
        heads.forEach((head, index) => {
          if (index === sorted) head.setAttribute("aria-sort", descending ? "descending" : "ascending");
          else head.removeAttribute("aria-sort");
        });
        const last = Math.min(start + pageLength, order.length), found = order.length.toLocaleString("en");
        status.textContent = order.length === 0 ? "none found"
          : `${start + 1}–${last} of ${found}` + (order.length < count ? " found" : "");
        for (const [name, target] of Object.entries(targets())) document.getElementById(name).disabled = target === page;
      };

      const targets = () => {
        const last = Math.max(0, Math.ceil(order.length / pageLength) - 1);
        return { first: 0, previous: Math.max(0, page - 1), next: Math.min(last, page + 1), last };
      };

      const choose = row => {
        chosen = row;
        for (const line of body.rows) {
          const isChosen = Number(line.dataset.row) === row;
          line.className = isChosen ? "chosen" : "";
          if (isChosen) line.setAttribute("aria-selected", "true"); else line.removeAttribute("aria-selected");
        }
        const id = data.ids[row], known = document.getElementById("spectrum-" + id);
        document.getElementById("chosen-name").textContent = id;
        document.getElementById("chosen-choices").textContent = data.choices[row];
        const place = document.getElementById("spectrum");
        if (known) place.replaceChildren(known.content.cloneNode(true));
        else {
          const note = document.createElement("p");
          note.className = "soft";
          note.textContent = "This file has no spectrum of this candidate; make one that has with: "
            + `ntkscorer report ${data.run} --candidate ${id} --output report.html`;
          place.replaceChildren(note);
        }
      };

      heads.forEach((head, index) => {
        const button = document.createElement("button");
        button.textContent = head.textContent;
        head.replaceChildren(button);
        button.addEventListener("click", () => {
          descending = index === sorted ? !descending : false;
          sorted = index;
          arrange();
        });
      });
      for (const name of ["first", "previous", "next", "last"])
        document.getElementById(name).addEventListener("click", () => { page = targets()[name]; draw(); });
      search.addEventListener("input", arrange);
      const rowOf = event => { const line = event.target.closest("tr"); return line && Number(line.dataset.row); };
      body.addEventListener("click", event => { const row = rowOf(event); if (row !== null) choose(row); });
      body.addEventListener("keydown", event => {
        if (event.key === "Enter" || event.key === " ") { event.preventDefault(); choose(rowOf(event)); }
      });
      for (const part of document.querySelectorAll("[hidden][data-script]")) part.hidden = false;
      arrange();
      if (count) choose(0);
    })();
    """#
}
