/**
 * What a modder would say of the map as it is now, as it was, or of one of the newest takes: each a timestamp to click,
 * which goes there and selects.
 *
 * @import { Bench } from "./bench.js"
 * @import { AdviceItem } from "./types.js"
 */
import {editorTime} from './beats.js';
import {afterPause, h} from './dom.js';
import {icon} from './icons.js';
import {attempt} from './messages.js';
import {takeNumber} from './session.js';
import {kinds} from './take_remarks.js';

export class AdvicePanel {
    /** @type {AdviceItem[]} */
    items = [];
    #revision = -1;
    #kind = '';
    #at = -1;
    #of = 'now';
    #fixed = [h('option', {value: 'now'}, 'Now'), h('option', {value: 'source'}, 'Source')];

    /**
     * @param {Bench} bench
     * @param {(count: number) => void} counted
     */
    constructor(bench, counted) {
        this.bench = bench;
        this.counted = counted;
        this.filters = h('div', {class: 'chips', role: 'group', 'aria-label': 'Which remarks'});
        this.of = h(
            'select',
            {class: 'select', 'aria-label': 'Of which map', onchange: () => this.#choose(this.of.value)},
            ...this.#fixed,
        );
        this.list = h('ul', {class: 'advice'});
        this.element = h(
            'div',
            {class: 'advice-panel'},
            h('div', {class: 'panel-row'}, this.filters, this.of),
            this.list,
        );
        bench.session.addEventListener(
            'state',
            afterPause(400, () => this.refresh()),
        );
        for (const event of ['sets', 'take']) bench.session.addEventListener(event, () => this.#offerTakes());
        this.#offerTakes();
    }

    /** The takes of the newest set are there to choose. */
    #offerTakes() {
        const [newest] = this.bench.session.sets;
        const takes = (newest?.takes ?? []).flatMap(({id, state}) =>
            state === 'done' ? [h('option', {value: id}, `Take ${takeNumber(id)}`)] : [],
        );
        this.of.replaceChildren(...this.#fixed, ...takes);
        const there = takes.some(({value}) => value === this.#of) || /^(now|source)$/.test(this.#of);
        this.of.value = there ? this.#of : 'now';
        if (!there) this.#choose('now');
    }

    /** @param {string} of */
    #choose(of) {
        this.#of = of;
        this.#revision = -1;
        this.refresh();
    }

    /** Asks anew, where the map is another than it was. */
    async refresh() {
        const {session} = this.bench;
        const {revision} = session.state;
        if (revision === this.#revision) return;
        this.#revision = revision;
        const of = this.#of;
        const answer = await attempt(session.get(`advice?of=${of}`));
        if (!answer || this.#revision !== revision || this.#of !== of) return;
        const take = session.findTake(of);
        const objects = take && new Set(take.set.objects);
        this.items = answer.items.filter(
            (/** @type {AdviceItem} */ item) => !objects || item.objects.some((index) => objects.has(index)),
        );
        this.#at = -1;
        if (of === 'now') this.counted(this.items.length);
        this.#render();
    }

    get #shown() {
        return this.items.filter((item) => this.#kind === '' || item.kind === this.#kind);
    }

    /** Goes to the next remark. @param {1 | -1} direction */
    step(direction) {
        const items = this.#shown;
        if (items.length === 0) return;
        this.#at = (this.#at + direction + items.length) % items.length;
        this.#go(items[this.#at]);
        this.list.children[this.#at]?.scrollIntoView({block: 'nearest'});
        this.#mark();
    }

    /** @param {AdviceItem} item */
    #go(item) {
        this.bench.show(item.objects, item.time);
    }

    #mark() {
        for (const [index, row] of [...this.list.children].entries())
            row.classList.toggle('current', index === this.#at);
    }

    #render() {
        const count = (/** @type {string} */ kind) =>
            this.items.filter((item) => kind === '' || item.kind === kind).length;
        const chip = (/** @type {string} */ kind, /** @type {string} */ name) =>
            h(
                'button',
                {
                    class: 'chip',
                    'aria-pressed': String(this.#kind === kind),
                    onclick: () => {
                        this.#kind = kind;
                        this.#at = -1;
                        this.#render();
                    },
                },
                name,
                h('span', {class: 'chip-count'}, count(kind)),
            );
        this.filters.replaceChildren(
            chip('', 'All'),
            ...Object.entries(kinds)
                .filter(([kind]) => count(kind) > 0)
                .map(([kind, name]) => chip(kind, name)),
        );
        const rows = this.#shown.map((item, index) =>
            h(
                'li',
                {},
                h(
                    'button',
                    {
                        class: 'advice-item',
                        onclick: () => {
                            this.#at = index;
                            this.#go(item);
                            this.#mark();
                        },
                    },
                    h('span', {class: `advice-kind ${item.kind}`}, kinds[item.kind] ?? item.kind),
                    h('span', {class: 'advice-time'}, this.#timestamp(item)),
                    h('span', {class: 'advice-text'}, item.text),
                ),
            ),
        );
        if (rows.length > 0) this.list.replaceChildren(...rows);
        else
            this.list.replaceChildren(
                h(
                    'li',
                    {class: 'empty'},
                    icon('keep'),
                    h('strong', {}, 'Nothing to say'),
                    h('p', {}, 'No overlap, no edge, no kink that the ruler sees.'),
                ),
            );
    }

    /** @param {AdviceItem} item */
    #timestamp(item) {
        const numbers = item.objects.map((index) => this.bench.scene.objects[index]?.number).filter(Boolean);
        return `${editorTime(item.time)}${numbers.length > 0 ? ` (${numbers.join(',')})` : ''}`;
    }
}
