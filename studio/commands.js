/**
 * Which key does what on the workbench.
 *
 * @import { Workbench } from "./workbench.js"
 * @import { KeyGroup } from "./keys.js"
 */
import { preferences } from "./preferences.js";

/** @param {Workbench} workbench @returns {KeyGroup[]} */
export function commands(workbench) {
  const { bench, placing, comparison, transport, advice } = workbench;
  const { player, selection } = bench;
  const move = (/** @type {number} */ dx, /** @type {number} */ dy) => () => bench.move(selection.sorted, dx, dy, false);
  return [
    {
      name: "Playing",
      keys: [
        { keys: "Space / C", does: "Play, pause", run: () => player.toggle() },
        { keys: "X", does: "Play from the beginning (of the section, where there is one)", run: () => workbench.playFromStart() },
        { keys: "Z", does: "To the first object", run: () => bench.seek(bench.scene.objects[0]?.time ?? 0) },
        { keys: "V", does: "To the last object", run: () => bench.seek(bench.scene.objects.at(-1)?.end ?? bench.end) },
        { keys: "← / →", does: "A tick back, ahead", run: (event) => bench.seekTicks(event.key === "ArrowLeft" ? -1 : 1), repeats: true },
        { keys: "Shift+← / Shift+→", does: "A bar back, ahead", run: (event) => bench.seekBars(event.key === "ArrowLeft" ? -1 : 1), repeats: true },
        { keys: "↑ / ↓", does: "The object before, the next", run: (event) => bench.seekObject(event.key === "ArrowUp" ? -1 : 1), repeats: true },
        { keys: "- / +", does: "Slower, faster", run: (event) => transport.changeRate(event.key === "-" ? -5 : 5), repeats: true },
      ],
    },
    {
      name: "Selecting",
      keys: [
        { keys: "[", does: "The section begins here", run: () => selection.moveEnd("from", player.time) },
        { keys: "]", does: "The section ends here", run: () => selection.moveEnd("to", player.time) },
        { keys: "Ctrl+A", does: "Everything", run: () => selection.all() },
        { keys: "Ctrl+C", does: "Copy the editor's timestamp", run: () => workbench.copy() },
        { keys: "Ctrl+V", does: "Paste one: go there and select" },
        { keys: "Esc", does: "Stop what runs, drop what is dragged, select nothing", run: () => workbench.escape() },
        { keys: "drag", does: "on the timeline: a section; on the field: a frame" },
        { keys: "Shift+wheel", does: "on the timeline: moves the nearer end of the section" },
        { keys: "Alt+wheel / Ctrl+wheel", does: "on the timeline: zoom, snap divisor" },
      ],
    },
    {
      name: "Takes",
      keys: [
        { keys: "R", does: "Place: takes of what is selected; once more: others", run: () => placing.placeOnce() },
        { keys: "Tab / Shift+Tab", does: "Next take, the one before", run: (event) => workbench.tab(event), repeats: true },
        { keys: "Enter", does: "Keep the take in focus" },
        { keys: "M", does: "More like the take in focus" },
        { keys: "Delete", does: "Discard the take in focus" },
        { keys: "S", does: "Choose a style", run: () => workbench.chooseStyle() },
      ],
    },
    {
      name: "Objects",
      keys: [
        { keys: "L", does: "Pin, unpin", run: () => bench.togglePinned() },
        { keys: "Ctrl+H / Ctrl+J", does: "Flip horizontally, vertically", run: (event) => bench.transform(event.key.toUpperCase() === "H" ? "flipH" : "flipV") },
        { keys: "Ctrl+, / Ctrl+.", does: "Rotate left, right", run: (event) => bench.transform("rotate", event.key === "," ? -90 : 90) },
        { keys: "Ctrl+←", does: "Move by a pixel", run: move(-1, 0), repeats: true },
        { keys: "Ctrl+→", does: "", run: move(1, 0), repeats: true },
        { keys: "Ctrl+↑", does: "", run: move(0, -1), repeats: true },
        { keys: "Ctrl+↓", does: "", run: move(0, 1), repeats: true },
      ],
    },
    {
      name: "Looking",
      keys: [
        { keys: "B", does: "The source instead of the map; held: for a glance", run: () => comparison.press(), up: () => comparison.release() },
        { keys: "O", does: "Source and result over each other", run: () => comparison.toggleOverlay() },
        { keys: "N / Shift+N", does: "The next remark, the one before", run: (event) => advice.step(event.shiftKey ? -1 : 1) },
        { keys: "G", does: "Grid", run: () => bench.view.set({ grid: !preferences.grid }) },
        { keys: "Alt+↑ / Alt+↓", does: "Zoom the timeline", run: (event) => bench.zoom(event.key === "ArrowUp" ? 1.25 : 0.8), repeats: true },
      ],
    },
    {
      name: "The map",
      keys: [
        { keys: "Ctrl+Z", does: "Undo", run: () => bench.undo(), repeats: true },
        { keys: "Ctrl+Shift+Z / Ctrl+Y", does: "Redo", run: () => bench.redo(), repeats: true },
        { keys: "Ctrl+S", does: "Keep the map: save, download", run: () => workbench.keep.open() },
        { keys: "Ctrl+O", does: "Open another", run: () => workbench.leave() },
        { keys: "?", does: "These keys", run: () => workbench.help.showModal() },
      ],
    },
  ];
}
