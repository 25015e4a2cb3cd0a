import Reports

/// The style sheet and the script of all pages.
enum DashboardAssets {
  static let style =
    ReportStyle.text + """

      .places { display: flex; flex-wrap: wrap; gap: 6px 20px; align-items: baseline; padding: 12px 20px;
        border-bottom: 1px solid var(--grid); background: var(--raised); }
      .places a { text-decoration: none; color: var(--ink); padding: 2px 0; }
      .places a[aria-current] { border-bottom: 2px solid var(--accent); }
      a:focus-visible, button:focus-visible, input:focus-visible, select:focus-visible, summary:focus-visible,
      pre:focus-visible, .graph:focus-visible, .scroll:focus-visible {
        outline: 2px solid var(--accent); outline-offset: 2px; }
      .scroll:focus-visible, .graph:focus-visible { outline-offset: -2px; }
      main:focus { outline: none; }
      .skip { position: absolute; left: -999px; top: 0; padding: 8px 14px; background: var(--paper); z-index: 1; }
      .skip:focus { left: 8px; top: 8px; }
      .unseen { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%);
        white-space: nowrap; }
      td a { text-decoration: none; }
      td a:hover { text-decoration: underline; }
      th a { color: inherit; text-decoration: none; }
      th a:hover { color: var(--accent); }
      h1.mono { font-size: 22px; }
      .ranking th:first-child, .ranking td:first-child { padding-right: 0; }
      .ranking input { width: 16px; height: 16px; margin: 0; vertical-align: -2px; accent-color: var(--accent); }
      .ranking th:first-child { width: 1%; }
      .jobs .in-space { white-space: normal; overflow-wrap: anywhere; min-width: 250px; }
      .jobs .wide { width: 22%; }
      pre.code { white-space: pre; overflow-wrap: normal; }
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
      ::placeholder { color: var(--soft); opacity: 1; }
      .pager { display: flex; gap: 8px; align-items: center; flex-wrap: wrap; margin: 8px 0; }
      .empty { padding: 28px; border: 1px dashed var(--frame); border-radius: 8px; }
      .graph { max-width: 100%; overflow-x: auto; border: 1px solid var(--grid); border-radius: 8px; padding: 8px; }
      .graph svg { display: block; margin: 0 auto; width: auto; }
      .graph rect { fill: var(--raised); stroke: var(--frame); }
      .graph path { fill: none; stroke: var(--frame); }
      .graph marker path { fill: var(--frame); stroke: none; }
      @media (max-width: 700px) {
        .jobs, .jobs tbody { display: block; }
        .jobs thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
        .jobs tr { display: grid; grid-template-columns: 1fr auto; gap: 3px 18px; padding: 10px 12px;
          border-bottom: 1px solid var(--grid); }
        .jobs tr:last-child { border-bottom: 0; }
        .jobs td { padding: 0; border: 0; text-align: left; white-space: normal; }
        .jobs .in-job { display: none; }
        .jobs .in-space { font-size: 15px; min-width: 0; }
        .jobs .in-bar, .jobs .in-date { grid-column: 1 / -1; width: auto; }
        .jobs .in-failed { order: 1; }
        .jobs .in-rate, .jobs .in-left { order: 2; }
        .jobs .in-date { order: 3; }
        .jobs .in-rate::before, .jobs .in-left::before, .jobs .in-failed::before, .jobs .in-count::before,
        .jobs .in-date::before { content: attr(data-title) " "; color: var(--soft); }
        .jobs tr:not([data-job]) .in-rate, .jobs tr:not([data-job]) .in-left { display: none; }
      }
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
      // A ranking has begun.
      if (document.querySelector("[data-waiting]") && progress.done > 0) location.reload();
    };
    // Spoken by screen readers, which would be kept busy by every number that changes.
    const announced = new Map();
    const announce = job => {
      const place = document.querySelector("[data-announcement]"), progress = job.progress;
      if (!place || !progress.total) return;
      const tenth = Math.floor(10 * progress.done / progress.total);
      if (announced.get(job.id) === tenth) return;
      const isFirst = !announced.has(job.id);
      announced.set(job.id, tenth);
      if (!isFirst) place.textContent = `${job.space}: ${10 * tenth} %, ${seconds(progress.secondsLeft)} left`;
    };
    const title = document.title;
    const head = job => {
      const progress = job.progress;
      if (job.status === "running" && progress.total) {
        document.title = `${Math.floor(100 * progress.done / progress.total)} % · ${title}`;
      }
    };
    const rows = [...document.querySelectorAll("[data-job]")];
    if (rows.length === 1) {
      const source = new EventSource(`/v1/jobs/${rows[0].dataset.job}/events`);
      source.addEventListener("progress", event => {
        const job = JSON.parse(event.data);
        update(rows[0], job);
        announce(job);
        if (rows[0].matches("header")) head(job);
      });
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
            announce(job);
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
      status.textContent = section.dataset.loading;
      fetch(section.dataset.load).then(async answer => {
        if (!answer.ok) throw new Error(answer.status);
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        section.replaceWith(...page.querySelector("[data-part]").childNodes);
      }).catch(() => { status.innerHTML = link; });
    }
    // What sorts looks like a button, and answers to the space bar as one does.
    for (const link of document.querySelectorAll("th[scope=col] a")) {
      link.addEventListener("keydown", event => {
        if (event.key === " ") { event.preventDefault(); link.click(); }
      });
    }
    // A picture that is wider than its place begins in the middle, where the data come in.
    for (const graph of document.querySelectorAll(".graph")) {
      graph.scrollLeft = (graph.scrollWidth - graph.clientWidth) / 2;
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
