import PerSAM
extension ExplainPage {
    /// The style sheet, light or dark as the reader's system is.
    static let style = """
        :root { --ink: #1d1d1f; --soft: #5c5c63; --paper: #fcfcfa; --line: #dcdcd6; --found: #0b6e4f; --target: #fff3c9; }
        @media (prefers-color-scheme: dark) {
          :root { --ink: #ececec; --soft: #a3a3ab; --paper: #17181a; --line: #36373b; --found: #5fd3a6; --target: #3d3413; }
        }
        * { box-sizing: border-box; }
        body { margin: 0 auto; max-width: 84rem; padding: 2rem clamp(1rem, 4vw, 3rem); background: var(--paper); color: var(--ink);
          font: 1rem/1.5 system-ui, sans-serif; }
        h1 { margin: 0; font-size: 1.6rem; line-height: 1.25; overflow-wrap: anywhere; }
        h2 { margin: 2.5rem 0 0; font-size: 1.2rem; overflow-wrap: anywhere; }
        p { margin: .25rem 0; max-width: 65ch; }
        .summary { font-size: 1.1rem; font-weight: 600; }
        .figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr)); gap: 1.5rem; margin-top: 1.5rem; }
        figure { margin: 0; width: 100%; }
        .picture { position: relative; }
        .picture img { display: block; width: 100%; height: auto; border-radius: 4px; }
        .picture svg { position: absolute; inset: 0; width: 100%; height: 100%; overflow: visible; }
        circle { fill: #000a; stroke: #fff; stroke-width: 2; }
        text { fill: #fff; font-weight: 600; text-anchor: middle; dominant-baseline: central; font-variant-numeric: tabular-nums; }
        figcaption { margin-top: .5rem; font-size: .9rem; color: var(--soft); overflow-wrap: anywhere; }
        .scale { display: flex; align-items: center; gap: .6rem; margin-top: .25rem; }
        .ramp { position: relative; flex: 1; min-width: 4rem; height: .7rem; border-radius: 2px; }
        .ramp i { position: absolute; top: -3px; bottom: -3px; width: 3px; margin-left: -1.5px; background: #fff; outline: 1px solid #000; }
        .note { display: block; }
        .table { overflow-x: auto; margin-top: .75rem; }
        table { border-collapse: collapse; width: 100%; font-size: .95rem; }
        th, td { padding: .4rem .75rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: middle; }
        thead th { font-size: .85rem; font-weight: 600; color: var(--soft); vertical-align: bottom; }
        .number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
        tbody th { border-left: 5px solid transparent; text-align: right; font-variant-numeric: tabular-nums; }
        td img { display: block; border-radius: 3px; }
        .verdict { min-width: 12rem; color: var(--soft); }
        .accepted .verdict { color: var(--found); font-weight: 600; }
        tr:target { background: var(--target); }
        footer { margin-top: 3rem; font-size: .85rem; color: var(--soft); }
        """
}
