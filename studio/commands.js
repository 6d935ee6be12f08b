/**
 * Which key does what on the workbench.
 *
 * @import { Workbench } from "./workbench.js"
 * @import { KeyGroup } from "./keys.js"
 */
import {preferences} from './preferences.js';

/** @param {Workbench} workbench @returns {KeyGroup[]} */
export function commands(workbench) {
    const {bench, placing, comparison, transport, advice} = workbench;
    const {player, selection} = bench;
    const nudge = (/** @type {string} */ arrow) => {
        const dx = arrow === 'ArrowLeft' ? -1 : arrow === 'ArrowRight' ? 1 : 0;
        const dy = arrow === 'ArrowUp' ? -1 : arrow === 'ArrowDown' ? 1 : 0;
        bench.move(selection.sorted, dx, dy, false);
    };
    return [
        {
            name: 'Playing',
            keys: [
                {keys: 'Space / C', does: 'Play, pause', run: () => player.toggle()},
                {
                    keys: 'X',
                    does: "Play from the start, or the section's",
                    run: () => workbench.playFromStart(),
                },
                {
                    keys: 'Shift+L',
                    does: 'The section over and over',
                    run: () => bench.view.set({loop: !preferences.loop}),
                },
                {
                    keys: 'Z',
                    does: 'To the first object',
                    run: () => bench.seek(bench.scene.objects[0]?.time ?? 0),
                },
                {
                    keys: 'V',
                    does: 'To the last object',
                    run: () => bench.seek(bench.scene.objects.at(-1)?.end ?? bench.end),
                },
                {
                    keys: '← / →',
                    does: 'A tick back, ahead',
                    run: (event) => bench.seekTicks(event.key === 'ArrowLeft' ? -1 : 1),
                    repeats: true,
                },
                {
                    keys: 'Shift+← / Shift+→',
                    does: 'A bar back, ahead',
                    run: (event) => bench.seekBars(event.key === 'ArrowLeft' ? -1 : 1),
                    repeats: true,
                },
                {
                    keys: '↑ / ↓',
                    does: 'The object before, the next',
                    run: (event) => bench.seekObject(event.key === 'ArrowUp' ? -1 : 1),
                    repeats: true,
                },
                {
                    keys: '- / +',
                    does: 'Slower, faster',
                    run: (event) => transport.changeRate(event.key === '-' ? -5 : 5),
                    repeats: true,
                },
            ],
        },
        {
            name: 'The map',
            keys: [
                {keys: 'Ctrl+Z', does: 'Undo', run: () => bench.undo(), repeats: true},
                {keys: 'Ctrl+Shift+Z / Ctrl+Y', does: 'Redo', run: () => bench.redo(), repeats: true},
                {keys: 'Ctrl+S', does: 'Keep: save, download', run: () => workbench.keep.open()},
                {keys: 'Ctrl+O', does: 'Open another', run: () => workbench.leave()},
                {keys: '?', does: 'These keys', run: () => workbench.help.showModal()},
            ],
        },
        {
            name: 'Selecting',
            keys: [
                {
                    keys: '[',
                    does: 'The section begins here',
                    run: () => selection.moveEnd('from', player.time),
                },
                {keys: ']', does: 'The section ends here', run: () => selection.moveEnd('to', player.time)},
                {keys: 'Ctrl+A', does: 'Everything', run: () => selection.all()},
                {keys: 'Ctrl+C', does: 'Copy a timestamp', run: () => workbench.copy()},
                {keys: 'Ctrl+V', does: 'Paste one: go there'},
                {keys: 'Esc', does: 'Cancel; select nothing', run: () => workbench.escape()},
                {keys: 'drag', does: 'Select, on the timeline or the field'},
                {keys: 'Shift+wheel', does: 'On the timeline: an end of the section'},
                {keys: 'Alt+wheel / Ctrl+wheel', does: 'On the timeline: zoom, snap divisor'},
            ],
        },
        {
            name: 'Takes',
            keys: [
                {keys: 'R', does: 'Place the selection; again: others', run: () => placing.placeOnce()},
                {
                    keys: 'Tab / Shift+Tab',
                    does: 'Next take, the one before',
                    run: (event) => workbench.tab(event),
                    repeats: true,
                },
                {keys: 'Enter', does: 'Keep the take in focus'},
                {keys: 'M', does: 'More like the take in focus'},
                {keys: 'Delete', does: 'Discard the take in focus'},
                {keys: 'S', does: 'Choose a style', run: () => workbench.chooseStyle()},
            ],
        },
        {
            name: 'Objects',
            keys: [
                {keys: 'L', does: 'Pin, unpin', run: () => bench.togglePinned()},
                {
                    keys: 'Ctrl+H / Ctrl+J',
                    does: 'Flip horizontally, vertically',
                    run: (event) => bench.transform(event.key.toUpperCase() === 'H' ? 'flipH' : 'flipV'),
                },
                {
                    keys: 'Ctrl+, / Ctrl+.',
                    does: 'Rotate left, right',
                    run: (event) => bench.transform('rotate', event.key === ',' ? -90 : 90),
                },
                {
                    keys: 'Ctrl+← / Ctrl+→ / Ctrl+↑ / Ctrl+↓',
                    does: 'Move by a pixel',
                    run: (event) => nudge(event.key),
                    repeats: true,
                },
            ],
        },
        {
            name: 'Looking',
            keys: [
                {
                    keys: 'B',
                    does: 'The source; held: for a glance',
                    run: () => comparison.press(),
                    up: () => comparison.release(),
                },
                {keys: 'O', does: 'Source and result in two colours', run: () => comparison.toggleOverlay()},
                {
                    keys: 'N / Shift+N',
                    does: 'Next remark, the one before',
                    run: (event) => advice.step(event.shiftKey ? -1 : 1),
                },
                {keys: 'G', does: 'Grid', run: () => bench.view.set({grid: !preferences.grid})},
                {
                    keys: 'Alt+↑ / Alt+↓',
                    does: 'Zoom the timeline',
                    run: (event) => bench.zoom(event.key === 'ArrowUp' ? 1.25 : 0.8),
                    repeats: true,
                },
            ],
        },
    ];
}
