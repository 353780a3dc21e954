<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" sourcelanguage="en">
<context>
    <name>ExportDialog</name>
    <message>
        <source>Two columns (180 mm)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>One column (88 mm)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Slide (16:9)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Screen</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>FileChooser</name>
    <message>
        <source>Open runs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>attnscope runs and workspaces (*.jsonl *.attnscope);;All files (*)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open all runs of a folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Metric</name>
    <message>
        <source>Time</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>wall time per call (median)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Peak memory</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>peak memory (bytes)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Predicted memory</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>predicted peak memory (bytes)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Resident memory</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>growth of resident memory (bytes)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>FLOPs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>work per call (FLOP as implemented)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Measured FLOPs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>work per call (FLOP counted by hardware)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Memory traffic</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>memory traffic per call (bytes)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Measured traffic</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>memory traffic per call (bytes counted by hardware)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Throughput</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>throughput (tokens/s)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Time per token</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>wall time per token (median)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>1 / tokens_per_s: the median time over the tokens of one call.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>FLOP rate</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>rate (FLOP/s)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Arithmetic intensity</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>arithmetic intensity (FLOP/byte)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Share of roofline</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>share of the attainable rate</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Error against exact</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>error against exact attention</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Power</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>mean power (W)</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Palette</name>
    <message>
        <source>&amp;Default</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Okabe-Ito</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Tol bright</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Greys, for print</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Results</name>
    <message>
        <source>Variant</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Parameters</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Mode</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Device</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Type</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>N</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Time</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>95 % from</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>to</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Peak memory</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>FLOPs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Status</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Run</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>RunStore</name>
    <message>
        <source>the folder holds no .jsonl file; expected results written by `attnscope run -o FILE.jsonl`</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>is a pipe or a device; expected a file of results</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ShortcutSheet</name>
    <message>
        <source>Hover, Shift+hover</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>numbers of the point, of all curves at that length</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Click, Enter; Ctrl+click</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>select the point; set up to five side by side</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Wheel, Ctrl+wheel, Shift+wheel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>zoom both axes, lengths only, values only</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Drag, middle drag, double click</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>zoom to the rectangle, pan, fit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Backspace, Alt+Left, Alt+Right</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>earlier and later views</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Arrows, Tab</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>walk along and between curves, cycle through overlapping points</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Legend: click, double click</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>switch a variant, show it alone</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Right click</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>copy, export, annotate, compare, hide, the record&apos;s JSON</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Drop files or folders; with Alt</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>open them; as the baseline</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Esc</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Mouse and keys</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>clear the selection, let a chosen pair go</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>SourceDialog</name>
    <message>
        <source>Record: %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>JSON of the record</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Copy line</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>View</name>
    <message>
        <source>Tradeoff</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>How does the cost grow with the sequence length?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pareto</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Which variants are worth their cost: no other is better in both?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Roofline</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What does the machine allow, and how near do the variants come?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Crossover</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>From which sequence length on is one variant cheaper than another?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Compare</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What is faster, slower or the same against a baseline run or variant?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Matrix</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What does every variant cost at every length, in numbers?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Profile</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Where do time and memory of the selected case go?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Survey</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What kind of variant is it, what is claimed of it, and what was measured?</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ViewToolBar</name>
    <message>
        <source>95 % of median, band</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>95 % of median, bars</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>5–95 % of samples, band</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>5–95 % of samples, bars</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>None</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>attnscope::gui::model::AdviceRequest</name>
    <message>
        <source>The program attnscope, which predicts the rest, was not found.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The program attnscope, which predicts the rest, did not answer: %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>it ended with code %1</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>attnscope::gui::model::CatalogueReader</name>
    <message>
        <source>%1 cannot be started: %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>`%1 %2` gave no answer that is understood%3; is it an attnscope of this version?</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>attnscope::gui::model::FacetModel</name>
    <message>
        <source>Variants</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Modes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Devices</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Data types</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Runs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1: %2 cases. Double click shows it alone.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>attnscope::gui::model::RunController</name>
    <message>
        <source>%1 cannot be started (%2); expected the program attnscope beside this one or in PATH</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>not understood: %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 speaks protocol %2, this viewer knows %3: what it does not understand is left out</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>paused</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>continued</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>ended: %1 of %2 cases in %3</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 of %2 cases are in %3; Run › Resume measures the rest</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>: %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>attnscope crashed%1. %2.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>attnscope ended without saying so%1. %2.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 failed; their crosses stand above the plot, the table has the reasons</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>1 case</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 cases</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>attnscope was stopped from outside. %1.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>attnscope ended with code %1%2. %3.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>attnscope did not run (code %1)%2</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>attnscope::gui::plot::PlotWidget</name>
    <message>
        <source>Plot</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>attnscope::gui::widgets::AdvisorPanel</name>
    <message>
        <source>&amp;Length</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>tokens, for example 16k</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Memory budget</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>none; for example 2GiB</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>M&amp;ode</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Device</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Data &amp;type</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Causal</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A position may see only itself and earlier ones</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Variants that answer the question</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Variant</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Time</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Memory</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Why</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Peak memory of the call, with inputs and parameters</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Click: highlight in every view; double click: show alone</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open a run to be advised.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Which length? For example 16k.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The length is not understood.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The memory budget is not understood; for example 2GiB or 500m.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Excluded (%1)</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>attnscope::gui::widgets::AxisEditor</name>
    <message>
        <source>a list 1,2 or a range 256:16k:x2, 256:1k:+256</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Shortest length</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Longest length</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>attnscope::gui::widgets::BaselineMenu</name>
    <message>
        <source>&amp;Baseline</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No baseline</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Views that compare choose one by themselves</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Runs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Run %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Variants</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>attnscope::gui::widgets::CommandPalette</name>
    <message>
        <source>Commands</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Command</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Type a few letters of a command</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Matching commands</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>attnscope::gui::widgets::EnvironmentPanel</name>
    <message>
        <source>&amp;Differences only</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Environments of the loaded runs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Another machine: times cannot be compared</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>attnscope::gui::widgets::ExportDialog</name>
    <message>
        <source>Width in pixels</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Height in pixels</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>PNG scale</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>T&amp;itle</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Caption</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Legend</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>T&amp;ransparent background</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Footer: runs, commits, days</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;All views, a file each</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export figure</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Custom</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Light</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Print (black text, heavier lines)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>As on the screen</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Preview</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Size</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Width (px)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Height (px)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;PNG scale</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Theme</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save as…</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>attnscope::gui::widgets::FilterChipBar</name>
    <message>
        <source>Filter in force</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Remove filter: %1</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>attnscope::gui::widgets::FilterPanel</name>
    <message>
        <source>Filter (Ctrl+F)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Filter</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>variant:flash  n:&gt;=4k  device:cpu  -dtype:bf16
n&lt;=8k || variant!=softmax</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What is shown</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show all</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Clear the filter and switch everything on</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>attnscope::gui::widgets::InspectorPanel</name>
    <message>
        <source>Numbers of the selected point</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The variant of the selected point</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Click a point in the plot or a row of the table to see its numbers; Ctrl+click sets up to five side by side.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 points side by side</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>attnscope::gui::widgets::LoadingIndicator</name>
    <message>
        <source>Reading runs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reading… %p %</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stop reading</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>attnscope::gui::widgets::MainWindow</name>
    <message>
        <source>attnscope</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Filter</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Inspector</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Results</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Advisor</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Run</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Samples</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Environment</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 (%2 cases) – attnscope</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Not saved: %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Saved %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Clear the list</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Not exported: %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Exported %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Data copied: tab-separated</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Picture copied</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;File</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Open runs…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open &amp;folder…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open &amp;recent</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open the e&amp;xample</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open as &amp;baseline…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Save workspace</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save workspace &amp;as…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Close all runs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Export figure…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export visible points as CS&amp;V…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Quit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Edit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Undo</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Redo</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The last change of filter, switches or baseline</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Find…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Show all</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Copy picture</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy &amp;data</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The numbers of the plot, separated by tabs: for spreadsheets</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;View</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Metric</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Interval</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>S&amp;ummary line</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Plot only</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Reset layout</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Theme</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Automatic</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Light</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Dark</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Curve c&amp;olours</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Help</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Commands…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Mouse and keys</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;About attnscope</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>About attnscope</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&lt;b&gt;attnscope %1&lt;/b&gt;&lt;p&gt;What every efficient-Transformer attention variant really costs.&lt;/p&gt;</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Run</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;New run…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Copy command line of the last run</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>attnscope::gui::widgets::MessageBar</name>
    <message>
        <source>Messages</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Close this message</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>… and %1 more</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Not loaded: %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Skipped: %1</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>attnscope::gui::widgets::PlotMenu</name>
    <message>
        <source>Compare everything with %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Compare everything with run %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Hide %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Hide others</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show source JSON</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Annotate here…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Remove annotation</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Annotate</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Text beside this place of the plot; workspaces keep it:</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>attnscope::gui::widgets::PlotPage</name>
    <message>
        <source>Views</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Fit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show everything (double click)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Logarithmic lengths</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Logarithmic values</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>log N</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>log y</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Grid</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Fitted exponents</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Names at the curves</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Names</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Single samples</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Every sample behind the median, where the metric is the time</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Relative to the baseline</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>÷ baseline</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Ratios: the value over that of the same case of the baseline</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Crossings</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Where visible curves cross: from which length on one is better than another</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Crosshair</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Next interval style</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 plot</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>attnscope::gui::widgets::ResultsPanel</name>
    <message>
        <source>Results</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>attnscope::gui::widgets::RunDialog</name>
    <message>
        <source>Hyper-parameter</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Setting</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Profile: keep the time per op and the memory pool over time</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>New run</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Preset</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;All</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;None</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Sweep</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Hyper-parameters</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Measurement</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>P&amp;reset:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>1 case to measure</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 cases to measure</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>, %1 unsupported</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>, %1 excluded</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The program attnscope was not found; expected it beside this one, in PATH, or named by the environment variable ATTNSCOPE_PROGRAM</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Asking %1 what it can run …</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>File of the results</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>If that file exists</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>keep it: do not run</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>continue it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>replace it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Browse…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>If it exists:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Output:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Command line</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Copy</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy the command line</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Command line:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Run</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>none: what is chosen below</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Only cases that match this filter</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>only cases that match, as in n&lt;=8k || variant!=softmax</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>where</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose variants or a preset</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Counting the cases …</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1; several are separated by blanks, and quotation marks keep blanks</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>attnscope::gui::widgets::RunPanel</name>
    <message>
        <source>nothing runs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>preparing: the ceilings of the machine are measured first</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>measuring</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>pausing when this case has ended</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>paused</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>stopping</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 left</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Pause</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Stop</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>R&amp;esume</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Progress of the run</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Log of the run</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Run › New run… measures variants on this machine; what it says appears here</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stop: the case in progress is lost, all others are kept</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Measure what is missing of the last run</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Continue</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Go on measuring</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pause when the case in progress has ended</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 of %2 cases</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 failed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Run: %1 of %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Run: %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>preparing</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>attnscope::gui::widgets::SamplesPanel</name>
    <message>
        <source>How samples are shown</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Distribution</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Strips</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Run order</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Share of the samples that took no longer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Every sample at its time</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Times as they were measured: drift and steps show here</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Samples of the selected point</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>attnscope::gui::widgets::StartPage</name>
    <message>
        <source>&amp;Recent</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open a run to see what each attention variant costs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Drop .jsonl files or folders here (Alt: as baseline)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Open runs…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open &amp;folder…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open the &amp;example</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Measure a run…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The data directory with the example run is not installed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Every variant on two EPYC cores: %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Recently opened</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>In a terminal: attnscope run --preset quick -o run.jsonl</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>attnscope::gui::widgets::SummaryStrip</name>
    <message>
        <source>Summary of the loaded runs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A case is faster or slower when the 95 % interval of the ratio to its counterpart lies beyond ±1 %, the same when it lies within, and unclear when it does neither.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>attnscope::gui::widgets::ValueTable</name>
    <message>
        <source>Value</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Meaning</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>default: %1</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>attnscope::gui::widgets::VariantChooser</name>
    <message>
        <source>Variants to measure</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Variant</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Complexity, or why not</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>attnscope::gui::widgets::ViewToolBar</name>
    <message>
        <source>View options</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Metric</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A&amp;gainst</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Over</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;N</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Baseline</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Panels</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Interval</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sequence length N</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>one</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>per %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>LRA %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>longest</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>none</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>run %1</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>model::Advisor</name>
    <message>
        <source>not measured at any length</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>measured from %1 to %2 only</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No variant fits the question.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1: time unknown, %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1: %2 (%3), %4</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>From the loaded runs alone: variants outside their measured lengths are left out.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>measured</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>interpolated</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1. Times from %2; what was not measured is predicted by attnscope.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>model::Baseline</name>
    <message>
        <source>run %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 of run %2</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>model::CaseAxis</name>
    <message>
        <source>sequence length</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>sequence length N (tokens)</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>model::CompareScene</name>
    <message>
        <source>95 % interval of the ratio: %1 – %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1, against %2 of %3</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>one process a side: another may differ by more</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 – %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>← %1      %2, ratio to %3      %4 →</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>at all lengths: %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>shaded: no difference, within ±%1 %</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 cases have no counterpart of %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>no baseline was chosen: %1 is taken</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Comparison</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No visible case can be compared with %1.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open a second run, or choose a baseline: cases are compared with it one by one.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 against %2 at N = %3</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No case at N = %1 can be compared with %2.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>; unless named: %1</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>model::CrossingMarks</name>
    <message>
        <source>from %1 %2 beats %3</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>; crossings are marked once %1 curves or fewer are visible</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>model::CrossoverScene</name>
    <message>
        <source>%1 is cheaper than %2
%3</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 and %2 cannot be compared</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>≥ n: cheaper from n on; &lt; n: up to n; all, –: at every, at no measured length; …: changes to and fro</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>there is also %1: split or filter</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1: from which N is the row better than the column?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Crossovers need two visible variants. Clear the filter, or switch variants back on.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>row is better</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>always</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>at half</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>never</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1: at which N better than %2?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>sequence length N (tokens)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No visible variant can be compared with %1.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1: %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>bar: lengths at which the variant is better; marker: crossing, the line above it the 95 % interval</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>hollow outside the bars: extrapolated from fitted models, not measured</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>unless named: %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>no comparable case of %1: %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>with a letter: not cheaper, but the other one is out of memory (M), timed out (T) or crashed (C) there</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>after a gap, with M, T or C: from there on %1 is out of memory, timed out or crashed; grey: the variant itself</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>shown alone in the other views: %1 and %2</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>model::EnvironmentText</name>
    <message>
        <source>%1 %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>ANOTHER MACHINE, times cannot be compared: %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>environments differ: %1</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>model::FigureFooter</name>
    <message>
        <source>run %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>commit %1</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>model::FilterChips</name>
    <message>
        <source>without %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>without %1 and %2 more</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Take this condition out of the filter</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Switch them on again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>only %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Let the pair go</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>model::MatrixScene</name>
    <message>
        <source>interval: %1 – %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>rows in the order of %1 %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 rows without any value are left out</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 by variant and %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No visible case has a value for this metric.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>model::ParetoScene</name>
    <message>
        <source>Long Range Arena, %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source> (high is good)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source> (low is good)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>: accuracy in %</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 against %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No visible case has both values at this length.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source> at N = %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>on the Pareto front</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>the same %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 points less in %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 the %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>dominated by %1: %2, %3</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>
peak memory: %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>line: Pareto front; hollow: dominated</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>area: peak memory, the largest %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>scores: %1, of the models as trained there</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>without a score: %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>without %1: %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>unless named: %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 points not drawable on a log axis</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>model::PointDetails</name>
    <message>
        <source>Parameters</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Mode</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Scope</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Device</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Data type</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Samples</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Noise (IQR/median)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Peak memory</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Predicted peak</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Work</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Traffic</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Rate</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Throughput</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Share of ceiling</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Validated</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Error vs exact</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Kernels</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Batch</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Heads</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Head width</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Threads</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Measure again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Median time</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>95 % interval</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Interval of the median, without assuming a distribution.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>5th – 95th percentile</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nine of ten samples lie between these.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1, N = %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Status</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reason</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Run</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Class %1; claimed complexity %2</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>model::ProfileScene</name>
    <message>
        <source>%1, backward</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1: %2 of the time, %3 of the roofline</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1: %2 of the time</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 long, from %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1, %2 moved</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1FLOP/s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>memory pool: %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>; the run of median duration of %1 profiled ones: %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source> (%1 without profiling)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>; %1 of it between ops</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>; the pool holds inputs and parameters too</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>; beyond 100 % of the roofline: data in a cache faster than the memory that the ceiling is of</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>; no case is selected: the longest profiled one is shown</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>memory pool</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No profile among the cases shown. `attnscope run --profile` keeps the time per op and the memory pool.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The selected case was not profiled. To profile it:
%1 --profile</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>time from the start of the run</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>memory pool (bytes)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Profile</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Profile of %1, N = %2, %3</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>other ops</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>model::RooflineScene</name>
    <message>
        <source>no ceilings recorded</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>memory, %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>computing, %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>×%1 below the roof (%2)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>×%1 above the roof (%2)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>1 thread</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 threads</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Rate over arithmetic intensity</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>arithmetic intensity (FLOP/byte)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>rate (FLOP/s)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No visible case has both a rate and an arithmetic intensity.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>N = %1; %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1%2 %</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 (%2)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>ridge: %1 FLOP/byte</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 to %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>paths lead from short to long sequences</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>ceilings %1; slopes: bandwidth for the sizes that cases work on</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 cases without ceilings: attnscope calibrate measures them</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>arrows: from %1</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>model::RunCatalogue</name>
    <message>
        <source>%1 computes in %2</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>model::SampleScene</name>
    <message>
        <source>median</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>time</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>sample, in the order of measuring</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>share of samples</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No samples were kept of %1.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Select a point to see the samples behind its median.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No samples were kept of this case.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>model::Series</name>
    <message>
        <source>Nothing matches the filter. Clear it, or switch variants back on in the list.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>model::ShownMetric</name>
    <message>
        <source>%1 relative to %2</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>model::Summary</name>
    <message>
        <source>1 run</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 runs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 cases</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 of %2 cases shown</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 failed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>nothing to compare</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 against %2: %3</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>model::SurveyScene</name>
    <message>
        <source>exact attention</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>fixed patterns</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>memory</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>learnable patterns</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>low rank</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>kernels</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>recurrence</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 grows as %2, fitted from %3 to %4 (%5)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1, %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Efficient Transformers: A Survey, Table 1, and what was measured</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>claimed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>decodes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>time, %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>memory, %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>complexity as the survey claims it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>can generate token by token</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>cannot generate token by token</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Time</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Peak memory</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>measured exponent</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No model cards were found: models.json of the data directory is missing.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>classes and claims: arXiv 2009.06732v3, Table 1; exponents: power laws fitted to the loaded runs (three lengths or more); click a variant to make it stand out in every view</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>model::TradeoffScene</name>
    <message>
        <source>claimed %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>band</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>bars</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>95 % interval of the ratio</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>95 % interval of the median</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>5th to 95th percentile</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>dots: single samples</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>hollow: unstable</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 points not drawable on a log axis</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 over %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No visible case has a value for this metric.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>hollow: the run goes on</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>model::WorkspaceSession</name>
    <message>
        <source>the baseline run %1 is not loaded</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>filter &apos;%1&apos;: %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>this version has no view &apos;%1&apos;</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 is not the file that the workspace was saved with</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>plot::Readout</name>
    <message>
        <source>%1 of %2 from the bottom</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>; %1 of %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>interval: %1 – %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>fit: %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 over %2.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 series.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 cells.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1: %2 at %3</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source> to %1 at %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 failed at %2: %3.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>plot::Renderer</name>
    <message>
        <source>failed</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>plot::SceneTable</name>
    <message>
        <source>y</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>series</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>x</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1, lower end</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1, upper end</source>
        <translation type="unfinished"></translation>
    </message>
</context>
</TS>
