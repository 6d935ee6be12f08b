/**
 * One take: its small field, how far it is, and what is done with it by click or key.
 *
 * @import { State, Take, TakeSet } from "./types.js"
 * @import { TakesPanel } from "./takes.js"
 */
import {h} from './dom.js';
import {Field} from './field.js';
import {icon} from './icons.js';
import {takeNumber} from './session.js';
import {summed} from './take_remarks.js';

export class TakeCard {
    visible = false;
    /** What its field shows now, to give it shapes only where they are others: @type {State | null} */
    #shown = null;
    /** @type {Take | null} */
    #take = null;
    /** How much of it is done, 0..1. */
    #done = 0;

    /**
     * @param {TakesPanel} panel
     * @param {TakeSet} set
     * @param {Take} take
     */
    constructor(panel, set, take) {
        this.panel = panel;
        this.set = set;
        this.take = take;
        const {bench} = panel;
        this.canvas = h('canvas', {class: 'take-canvas'});
        this.field = new Field(this.canvas, {small: true});
        this.field.setScene(bench.scene);
        this.name = h('span', {class: 'take-name'});
        this.remarks = h('span', {class: 'take-remarks', hidden: true});
        this.button = h(
            'button',
            {
                class: 'take-button',
                onclick: () => bench.keep(take.id),
                onfocus: () => panel.look(this, true),
                onblur: () => panel.look(null),
                onpointerenter: () => panel.look(this),
                onpointerleave: () => panel.look(null),
                onkeydown: (/** @type {KeyboardEvent} */ event) => this.#key(event),
            },
            this.canvas,
            h('span', {class: 'take-progress'}),
            this.name,
            this.remarks,
            h('span', {class: 'take-kept'}, icon('keep')),
        );
        const small = (
            /** @type {import("./icons.js").IconName} */ name,
            /** @type {string} */ label,
            /** @type {() => void} */ run,
        ) =>
            h(
                'button',
                {class: 'take-action', title: label, 'aria-label': label, tabindex: '-1', onclick: run},
                icon(name),
            );
        this.element = h(
            'li',
            {class: 'take'},
            this.button,
            h(
                'div',
                {class: 'take-actions'},
                small('like', 'More like this (M)', () => bench.moreLike(take.id)),
                small('close', 'Discard (Delete)', () => bench.discard(take.id)),
            ),
        );
        this.update(set, take);
    }

    /** @param {TakeSet} set @param {Take} take */
    update(set, take) {
        this.set = set;
        this.take = take;
        this.name.textContent = String(takeNumber(take.id));
        this.element.dataset.state = take.state;
        this.mark();
        this.describe();
        if (take.state === 'done') this.element.style.removeProperty('--done');
    }

    /** Whether it stands in the map. */
    mark() {
        this.element.classList.toggle('kept', this.#kept);
    }

    get #kept() {
        return this.panel.bench.session.state.kept.includes(this.take.id);
    }

    /** What is said of it in words, and how many remarks there are. */
    describe() {
        const {take} = this;
        const items =
            this.visible && take.state === 'done' ? this.panel.bench.remarks.of(take.id) : undefined;
        const count = items?.length ?? 0;
        if (items) {
            this.remarks.hidden = false;
            this.remarks.classList.toggle('none', count === 0);
            this.remarks.replaceChildren(icon(count === 0 ? 'keep' : 'flag'), String(count || ''));
        }
        const what = take.state === 'done' ? (this.#kept ? 'kept' : 'press to keep') : take.state;
        const said = items ? `, ${count === 0 ? 'no' : count} ${count === 1 ? 'remark' : 'remarks'}` : '';
        const name = `Take ${takeNumber(take.id)}, seed ${take.seed}`;
        this.button.setAttribute('aria-label', `${name}${said}, ${what}`);
        this.button.title = items
            ? `Seed ${take.seed}: ${summed(items) || 'nothing to remark'}`
            : `Seed ${take.seed}`;
    }

    /** Whether it stands where it is seen. @param {boolean} visible */
    show(visible) {
        this.visible = visible;
        this.describe();
    }

    close() {
        this.panel.seen.unobserve(this.element);
        this.field.close();
    }

    /** @param {number} done 0..1 */
    progress(done) {
        this.#done = done;
        this.element.dataset.state = 'running';
        this.element.style.setProperty('--done', `${Math.round(done * 100)}%`);
    }

    /** @param {number} time */
    draw(time) {
        const {session} = this.panel.bench;
        const done = this.take.state === 'done';
        const shapes = session.previews.get(this.take.id);
        if (done && !this.take.shapes) session.wantShapes(this.set.id);
        if (done ? !this.take.shapes : !shapes) return;
        if (this.#shown !== session.state || this.#take !== this.take) {
            this.field.setShapes(session.shapes, (done && this.take.shapes) || {});
            this.#shown = session.state;
            this.#take = this.take;
        }
        this.field.draw(time, {
            hits: true,
            range: [this.set.from, this.set.to],
            preview: done || !shapes ? null : {shapes, progress: this.#done},
        });
    }

    /** @param {KeyboardEvent} event */
    #key(event) {
        const {bench} = this.panel;
        if (event.ctrlKey || event.altKey || event.metaKey) return;
        if (event.key === 'm' || event.key === 'M') bench.moreLike(this.take.id);
        else if (event.key === 'Delete') {
            this.panel.step(this, 1);
            bench.discard(this.take.id);
        } else if (event.key === 'ArrowRight' || event.key === 'ArrowDown') this.panel.step(this, 1);
        else if (event.key === 'ArrowLeft' || event.key === 'ArrowUp') this.panel.step(this, -1);
        else return;
        event.preventDefault();
        event.stopPropagation();
    }
}
