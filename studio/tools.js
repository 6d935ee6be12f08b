/**
 * The tools above the field: steps back and forth, what is done with a selection, how the field is shown.
 *
 * @import { Bench } from "./bench.js"
 * @import { Comparison } from "./compare.js"
 */
import {h} from './dom.js';
import {icon} from './icons.js';
import {preferences} from './preferences.js';

export class Tools {
    /** @type {HTMLButtonElement[]} those that want a selection */
    #onSelection = [];

    /**
     * @param {Bench} bench
     * @param {Comparison} comparison
     */
    constructor(bench, comparison) {
        this.bench = bench;
        this.undo = this.#tool('undo', 'Undo (Ctrl+Z)', () => bench.undo());
        this.redo = this.#tool('redo', 'Redo (Ctrl+Shift+Z)', () => bench.redo());
        const onSelection = (
            /** @type {import("./icons.js").IconName} */ name,
            /** @type {string} */ label,
            /** @type {() => void} */ run,
        ) => {
            const button = this.#tool(name, label, run);
            this.#onSelection.push(button);
            return button;
        };
        this.pin = onSelection('pin', 'Pin: what is pinned stays where it is (L)', () =>
            bench.togglePinned(),
        );
        this.grid = this.#switch('grid', 'Grid (G)', 'grid');
        this.screen = this.#switch('screen', 'The edge of a 4:3 screen', 'screen');
        this.watch = this.#switch('eye', 'Watch takes being placed on the field', 'watch');
        this.settle = this.#switch(
            'settle',
            'Neighbours are placed around what is dragged (Alt while dragging: the other way)',
            'settle',
        );
        this.element = h(
            'div',
            {class: 'tools', role: 'toolbar', 'aria-label': 'Tools'},
            h('div', {class: 'tool-group'}, this.undo, this.redo),
            h(
                'div',
                {class: 'tool-group'},
                this.pin,
                onSelection('flipH', 'Flip horizontally (Ctrl+H)', () => bench.transform('flipH')),
                onSelection('flipV', 'Flip vertically (Ctrl+J)', () => bench.transform('flipV')),
                onSelection('rotateLeft', 'Rotate left (Ctrl+,)', () => bench.transform('rotate', -90)),
                onSelection('rotateRight', 'Rotate right (Ctrl+.)', () => bench.transform('rotate', 90)),
                onSelection('revert', 'Back to the source', () => bench.revert()),
                onSelection('copy', "Copy the editor's timestamp (Ctrl+C)", () => bench.copy()),
            ),
            h('span', {class: 'grow'}),
            comparison.element,
            h('div', {class: 'tool-group'}, this.grid, this.screen, this.watch, this.settle),
        );
        bench.session.addEventListener('state', () => this.#show());
        bench.selection.addEventListener('change', () => this.#show());
        bench.view.addEventListener('change', () => this.#show());
        this.#show();
    }

    /**
     * @param {import("./icons.js").IconName} name
     * @param {string} label
     * @param {() => void} run
     */
    #tool(name, label, run) {
        return h(
            'button',
            {class: 'icon-button', title: label, 'aria-label': label, onclick: run},
            icon(name),
        );
    }

    /**
     * @param {import("./icons.js").IconName} name
     * @param {string} label
     * @param {"grid" | "screen" | "watch" | "settle"} preference
     */
    #switch(name, label, preference) {
        const button = this.#tool(name, label, () =>
            this.bench.view.set({[preference]: !preferences[preference]}),
        );
        button.dataset.preference = preference;
        return button;
    }

    #show() {
        const {session, selection} = this.bench;
        const {state} = session;
        this.undo.disabled = state.step === 0;
        this.redo.disabled = state.step >= state.steps.length - 1;
        for (const button of this.#onSelection) button.disabled = selection.objects.size === 0;
        const pinned = new Set(state.pinned);
        const all = selection.objects.size > 0 && selection.sorted.every((index) => pinned.has(index));
        this.pin.setAttribute('aria-pressed', String(all));
        for (const button of [this.grid, this.screen, this.watch, this.settle]) {
            const name = /** @type {"grid" | "screen" | "watch" | "settle"} */ (button.dataset.preference);
            button.setAttribute('aria-pressed', String(preferences[name]));
        }
    }
}
