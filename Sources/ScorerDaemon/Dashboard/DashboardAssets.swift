import Reports

/// The style sheet and the script of all pages.
enum DashboardAssets {
  static let style =
    ReportStyle.text + """

      .places { display: flex; flex-wrap: wrap; gap: 6px 20px; align-items: baseline; padding: 12px 20px;
        border-bottom: 1px solid var(--grid); background: var(--raised); }
      .places a { text-decoration: none; color: var(--ink); padding: 2px 0; }
      .places a[aria-current] { border-bottom: 2px solid var(--accent); }
      a:focus-visible, button:focus-visible, input:focus-visible, select:focus-visible {
        outline: 2px solid var(--accent); outline-offset: 2px; }
      td a { text-decoration: none; }
      td a:hover { text-decoration: underline; }
      th a { color: inherit; text-decoration: none; }
      th a:hover { color: var(--accent); }
      h1.mono { font-size: 22px; }
      progress { width: 100%; min-width: 90px; height: 10px; accent-color: var(--accent); }
      .status { display: inline-block; padding: 1px 9px; border-radius: 999px; font-size: 13px;
        border: 1px solid var(--frame); }
      .status-running { border-color: var(--series0); color: var(--series0); }
      .status-finished { border-color: var(--series2); color: var(--series2); }
      .status-failed { border-color: var(--series1); color: var(--series1); }
      form.filter { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; margin: 10px 0; }
      form.filter input[type=text] { flex: 1 1 260px; max-width: 460px; min-width: 0; }
      form.filter input, form.filter button, form.filter select, .button { font: inherit; font-size: 14px;
        color: var(--ink); background: var(--paper); border: 1px solid var(--frame); border-radius: 6px;
        padding: 5px 10px; text-decoration: none; display: inline-block; }
      .pager { display: flex; gap: 8px; align-items: center; flex-wrap: wrap; margin: 8px 0; }
      .empty { padding: 28px; border: 1px dashed var(--frame); border-radius: 8px; }
      .graph { max-width: 100%; overflow-x: auto; border: 1px solid var(--grid); border-radius: 8px; padding: 8px; }
      .graph svg { display: block; margin: 0 auto; }
      .graph rect { fill: var(--raised); stroke: var(--frame); }
      .graph path { fill: none; stroke: var(--frame); }
      .graph marker path { fill: var(--frame); stroke: none; }
      """

  /// Keeps what is shown of running jobs up to date, and loads what takes long to make. Without it pages show how things
  /// were when they were loaded, and links.
  static let script = """
    "use strict";
    const seconds = value => value == null ? "–" : value < 90 ? `${Math.ceil(value)} s`
      : value < 5400 ? `${Math.round(value / 60)} min` : `${(value / 3600).toFixed(1)} h`;
    const update = (row, job) => {
      const find = name => row.querySelector(`[data-field="${name}"]`);
      const show = (name, text) => { const place = find(name); if (place) place.textContent = text; };
      const progress = job.progress, bar = find("bar");
      show("status", job.status);
      find("status").className = `status status-${job.status}`;
      show("done", progress.done.toLocaleString("en"));
      show("total", progress.total == null ? "?" : progress.total.toLocaleString("en"));
      show("stored", progress.fromStore.toLocaleString("en"));
      show("failed", progress.failed.toLocaleString("en"));
      show("rate", progress.candidatesPerSecond == null ? "–" : progress.candidatesPerSecond.toPrecision(3));
      show("left", job.status === "running" ? seconds(progress.secondsLeft) : "–");
      if (bar && progress.total) { bar.max = progress.total; bar.value = progress.done; }
    };
    const rows = [...document.querySelectorAll("[data-job]")];
    if (rows.length === 1) {
      const source = new EventSource(`/v1/jobs/${rows[0].dataset.job}/events`);
      source.addEventListener("progress", event => update(rows[0], JSON.parse(event.data)));
      source.addEventListener("end", event => {
        update(rows[0], JSON.parse(event.data)); source.close(); location.reload();
      });
    } else if (rows.length > 1) {
      // Browsers keep few connections to one place: many jobs are asked about together.
      const look = async () => {
        const answer = await fetch("/v1/jobs?limit=1000").catch(() => null);
        if (answer?.ok) {
          const jobs = new Map((await answer.json()).jobs.map(job => [String(job.id), job]));
          for (const row of rows) {
            const job = jobs.get(row.dataset.job);
            if (!job) continue;
            update(row, job);
            if (!["queued", "running"].includes(job.status)) return location.reload();
          }
        }
        setTimeout(look, 2000);
      };
      look();
    }
    for (const section of document.querySelectorAll("[data-load]")) {
      const status = section.querySelector("[role=status]");
      const link = status.innerHTML;
      status.textContent = "Plots and tables of all candidates are being made …";
      fetch(section.dataset.load).then(async answer => {
        if (!answer.ok) throw new Error(answer.status);
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        section.replaceWith(...page.querySelector("[data-part]").childNodes);
      }).catch(() => { status.innerHTML = link; });
    }
    for (const button of document.querySelectorAll("[data-cancel]")) {
      button.hidden = false;
      button.addEventListener("click", async () => {
        button.disabled = true;
        const answer = await fetch(`/v1/jobs/${button.dataset.cancel}/cancel`, { method: "POST" });
        if (!answer.ok) { button.disabled = false; button.textContent = `Cancel (${answer.status})`; }
      });
    }
    """
}
