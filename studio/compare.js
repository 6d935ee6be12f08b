/**
 * Comparing the map with what it was: over each other in two colours, or one in place of the other by a key.
 *
 * @import { Bench } from "./bench.js"
 */
import {h} from './dom.js';

/** A key held for longer than this shows the source only as long as it is held, ms. */
const held = 300;

export class Comparison {
    #pressed = 0;

    /** @param {Bench} bench */
    constructor(bench) {
        this.bench = bench;
        const option = (
            /** @type {import("./view.js").Comparison} */ value,
            /** @type {string} */ label,
            /** @type {string} */ title,
        ) =>
            h(
                'button',
                {
                    class: 'segment',
                    title,
                    'aria-pressed': 'false',
                    dataset: {value},
                    onclick: () => bench.view.compareWith(value),
                },
                label,
            );
        this.element = h(
            'div',
            {class: 'segments', role: 'group', 'aria-label': 'Compare with the source'},
            option('off', 'Now', 'The map as it is now'),
            option('overlay', 'Both', 'Source and result over each other (O)'),
            option('source', 'Source', 'The map as it was (B; hold it for a glance)'),
        );
        this.before = h('span', {class: 'legend-source'});
        this.now = h('span', {class: 'legend-now'});
        this.legend = h('div', {class: 'legend', hidden: true}, this.before, this.now);
        bench.view.addEventListener('change', () => this.#show());
        this.#show();
    }

    #show() {
        const {session, view} = this.bench;
        const {compare} = view;
        for (const button of this.element.querySelectorAll('button'))
            button.setAttribute('aria-pressed', String(button.dataset.value === compare));
        // A take that is looked at is compared with the map as it is, which it would change (stage.js).
        const take = compare === 'overlay' ? session.findTake(view.take) : null;
        this.before.textContent = take ? 'now' : 'source';
        this.now.textContent = take ? `take ${take.number}` : 'now';
        this.legend.hidden = compare === 'off';
        this.legend.dataset.compare = compare;
    }

    toggleOverlay() {
        const {view} = this.bench;
        view.compareWith(view.compare === 'overlay' ? 'off' : 'overlay');
    }

    /** The key goes down: the source in place of the map, or back. */
    press() {
        const {view} = this.bench;
        this.#pressed = performance.now();
        view.compareWith(view.compare === 'source' ? 'off' : 'source');
    }

    /** The key comes up: what was only held is over. */
    release() {
        if (this.bench.view.compare === 'source' && performance.now() - this.#pressed > held)
            this.bench.view.compareWith('off');
    }
}
