/// The style sheet of the report's page. Light or dark as the reader's system is; usable from 320 pixels on.
package enum ReportStyle {
  package static let text =
    SVGText.styles(within: ":root") + """

      :root { color-scheme: light dark; --accent: var(--series0); --raised: #f6f8fa; --chosen: #ddf4ff; }
      @media (prefers-color-scheme: dark) { :root { --raised: #151b23; --chosen: #12263f; } }
      * { box-sizing: border-box; }
      body { margin: 0; background: var(--paper); color: var(--ink); font-size: 15px; line-height: 1.5; }
      main { max-width: 1180px; margin: 0 auto; padding: 28px 20px 64px; }
      h1 { font-size: 26px; line-height: 1.2; margin: 0 0 6px; overflow-wrap: anywhere; }
      h2 { font-size: 19px; margin: 44px 0 4px; padding-top: 14px; border-top: 1px solid var(--grid); }
      h3 { font-size: 15px; margin: 18px 0 4px; }
      p { margin: 4px 0 12px; max-width: 78ch; }
      .soft { color: var(--soft); }
      a { color: var(--accent); }
      code, pre, .mono { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
        font-size: 13px; }
      pre { background: var(--raised); border: 1px solid var(--grid); border-radius: 6px; padding: 10px 12px;
        overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; margin: 6px 0 14px; }
      .facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(132px, 1fr)); gap: 10px;
        margin: 18px 0; padding: 0; }
      .facts div { background: var(--raised); border: 1px solid var(--grid); border-radius: 8px; padding: 9px 13px; }
      .facts dt { color: var(--soft); font-size: 13px; }
      .facts div { min-width: 0; }
      .facts dd { margin: 0; overflow-wrap: anywhere; font-size: 18px; font-weight: 600; font-variant-numeric: tabular-nums; }
      .scroll { overflow-x: auto; margin: 8px 0 12px; border: 1px solid var(--grid); border-radius: 8px; }
      table { border-collapse: collapse; width: 100%; font-size: 14px; }
      th, td { padding: 5px 12px; text-align: left; white-space: nowrap; border-bottom: 1px solid var(--grid); }
      tbody tr:last-child td { border-bottom: 0; }
      th { background: var(--raised); font-weight: 600; }
      .number { text-align: right; font-variant-numeric: tabular-nums; }
      .wrap td { white-space: normal; overflow-wrap: anywhere; min-width: 90px; }
      .wrap td:first-child, .outcomes td:nth-child(2) { white-space: nowrap; overflow-wrap: normal; }
      th button { all: unset; cursor: pointer; }
      th button:hover { color: var(--accent); }
      th button:focus-visible, tbody tr:focus-visible { outline: 2px solid var(--accent); outline-offset: -2px; }
      th[aria-sort] button::after { content: " ▲"; font-size: 10px; }
      th[aria-sort="descending"] button::after { content: " ▼"; }
      #ranking tbody tr { cursor: pointer; }
      #ranking tbody tr:hover { background: var(--raised); }
      #ranking tbody tr.chosen { background: var(--chosen); }
      .tools { display: flex; flex-wrap: wrap; gap: 8px 14px; align-items: center; margin: 10px 0; }
      .tools[hidden] { display: none; }
      input[type=search], .tools button { font: inherit; font-size: 14px; color: var(--ink);
        background: var(--paper); border: 1px solid var(--frame); border-radius: 6px; padding: 5px 10px; }
      input[type=search] { flex: 1 1 220px; max-width: 420px; min-width: 0; }
      .tools button:not(:disabled) { cursor: pointer; }
      .tools button:disabled { opacity: .45; }
      .plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 380px), 1fr)); gap: 18px; }
      figure { margin: 0; min-width: 0; }
      figcaption { font-weight: 600; font-size: 14px; margin: 6px 0 2px; }
      .plot { width: 100%; height: auto; display: block; max-width: 640px; }
      .bar { display: block; height: 12px; min-width: 2px; border-radius: 3px; background: var(--accent); }
      .wide { width: 45%; min-width: 90px; }
      .swatch { text-align: right; font-variant-numeric: tabular-nums; }
      .warning { border-left: 4px solid var(--series1); padding: 2px 12px; }
      summary { cursor: pointer; margin: 4px 0; }
      footer { margin-top: 48px; color: var(--soft); font-size: 13px; }
      @media (max-width: 560px) {
        main { padding: 18px 14px 48px; }
        h1 { font-size: 22px; }
        th, td { padding: 5px 9px; }
      }
      @media print { .tools { display: none; } }
      """
}
