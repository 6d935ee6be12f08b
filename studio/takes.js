/**
 * The takes: a small looping field for each, which appears as it is done. Pointing at one (or reaching it with Tab)
 * plays it in place; a click keeps it, the rest stays for later. A take at work shows its steps.
 *
 * @import { Bench } from "./bench.js"
 * @import { State, Take, TakeSet } from "./types.js"
 */
import {shortTime} from './beats.js';
import {h, reducedMotion} from './dom.js';
import {Field} from './field.js';
import {icon} from './icons.js';
import {preferences} from './preferences.js';

/** Pointed at for so long, a take is meant: a pointer that crosses the list starts nothing. */
const hoverPause = 140;

class Card {
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
        const number = set.takes.indexOf(take) + 1;
        this.name.textContent = String(number);
        this.element.dataset.state = take.state;
        this.element.classList.toggle('kept', Boolean(take.kept));
        const what = take.state === 'done' ? (take.kept ? 'kept' : 'press to keep') : take.state;
        this.button.setAttribute('aria-label', `Take ${number}, seed ${take.seed}, ${what}`);
        this.button.title = `Seed ${take.seed}`;
        if (take.state === 'done') this.element.style.removeProperty('--done');
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
        if (!done && !shapes) return;
        if (this.#shown !== session.state || this.#take !== this.take) {
            this.field.setShapes(session.shapes, done ? this.take.shapes : {});
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

export class TakesPanel {
    /** @type {Map<string, Card>} */
    #cards = new Map();
    #timer = 0;
    /** What a look at a take put aside. @type {{loop: [number, number] | null, time: number} | null} */
    #before = null;
    #turn = 0;

    /** @param {Bench} bench */
    constructor(bench) {
        this.bench = bench;
        this.list = h('div', {class: 'take-sets'});
        this.element = h('div', {class: 'takes'}, this.list);
        this.seen = new IntersectionObserver((entries) => {
            for (const entry of entries)
                for (const card of this.#cards.values())
                    if (card.element === entry.target) card.visible = entry.isIntersecting;
        });
        const {session} = bench;
        session.addEventListener('sets', () => this.#render());
        session.addEventListener('jobs', () => this.#progress());
        session.addEventListener('preview', () => this.#progress());
        session.addEventListener('take', (event) => {
            const {set, take} = /** @type {CustomEvent} */ (event).detail;
            this.#cards.get(take.id)?.update(set, take);
        });
        this.#render();
    }

    #render() {
        const {sets} = this.bench.session;
        /** @type {Map<string, Card>} */
        const cards = new Map();
        const focused = document.activeElement;
        const sections = sets
            .filter((set) => set.takes.length > 0)
            .map((set) => {
                const items = set.takes.map((take) => {
                    const card = this.#cards.get(take.id) ?? new Card(this, set, take);
                    card.update(set, take);
                    cards.set(take.id, card);
                    return card.element;
                });
                return h(
                    'section',
                    {class: 'take-set', 'aria-label': this.#title(set)},
                    this.#header(set),
                    h('ul', {class: 'take-grid'}, ...items),
                );
            });
        for (const [id, card] of this.#cards) if (!cards.has(id)) card.close();
        for (const [id, card] of cards) if (!this.#cards.has(id)) this.seen.observe(card.element);
        this.#cards = cards;
        this.list.replaceChildren(...(sections.length > 0 ? sections : [emptyState()]));
        // Elements that moved in the list lose the focus.
        if (focused instanceof HTMLElement && this.list.contains(focused)) focused.focus();
        if (this.bench.view.take && !cards.has(this.bench.view.take)) this.look(null);
        this.#progress();
    }

    /** @param {TakeSet} set */
    #title(set) {
        const all = set.objects.length === this.bench.scene.objects.length;
        return `${all ? 'Whole map' : `${shortTime(set.from)} – ${shortTime(set.to)}`}, ${set.objects.length} objects`;
    }

    /** @param {TakeSet} set */
    #header(set) {
        const {bench} = this;
        const {style, strength, base} = set.request;
        const settled = 'settle' in set.request;
        const about = [
            settled ? 'around what was moved' : styleText(style),
            strength < 1 && !settled && `${Math.round(strength * 100)} %`,
            base && 'more like one',
        ]
            .filter(Boolean)
            .join(' · ');
        const small = (
            /** @type {import("./icons.js").IconName} */ name,
            /** @type {string} */ label,
            /** @type {() => void} */ run,
        ) =>
            h(
                'button',
                {class: 'icon-button small', title: label, 'aria-label': label, onclick: run},
                icon(name),
            );
        return h(
            'header',
            {class: 'take-set-header'},
            h(
                'button',
                {
                    class: 'take-set-title',
                    title: 'Go there and select',
                    onclick: () => bench.show(set.objects, set.from),
                },
                h('strong', {}, this.#title(set)),
                h('span', {}, about),
            ),
            small('again', 'Again, with other seeds', () => bench.again(set)),
            small('close', 'Discard these takes', () => bench.step('discard', {set: set.id})),
        );
    }

    /** How far the takes at work are. */
    #progress() {
        for (const job of this.bench.session.jobs.values())
            if (job.take) this.#cards.get(job.take)?.progress(job.done / job.steps);
    }

    /**
     * Looks at a take on the large field, and hears it; null: as it was.
     * @param {Card | null} card
     * @param {boolean} [now]
     */
    look(card, now = false) {
        clearTimeout(this.#timer);
        this.#timer = window.setTimeout(
            () => (card ? this.#enter(card) : this.#leave()),
            card && !now ? hoverPause : 30,
        );
    }

    /** @param {Card} card */
    #enter(card) {
        const {bench} = this;
        const {player} = bench;
        bench.view.look(card.take.id);
        if (card.take.state !== 'done' || !preferences.hoverPlays) return;
        const lead = Math.min(600, bench.scene.difficulty.preempt);
        const section = /** @type {[number, number]} */ ([card.set.from - lead, card.set.to + 400]);
        if (!this.#before && !player.playing) {
            this.#before = {loop: player.loop, time: player.time};
            player.loop = section;
            if (player.time < section[0] || player.time > section[1]) player.seek(section[0]);
            player.play();
        }
    }

    #leave() {
        const {player, view} = this.bench;
        view.look('');
        if (!this.#before) return;
        player.pause();
        player.loop = this.#before.loop;
        player.seek(this.#before.time);
        this.#before = null;
    }

    /**
     * The focus from a take to another.
     * @param {Card | null} from
     * @param {1 | -1} direction
     * @returns {boolean} whether there is one
     */
    step(from, direction) {
        const done = [...this.#cards.values()].filter((card) => card.take.state === 'done');
        const at = from ? done.indexOf(from) : direction > 0 ? -1 : done.length;
        const next = done[(at + direction + done.length) % done.length];
        next?.button.focus();
        return Boolean(next);
    }

    /** @param {number} now ms of the page's clock */
    draw(now) {
        const {player} = this.bench;
        const still = reducedMotion();
        // Every second frame a card: thirty pictures a second are enough for a small one.
        this.#turn ^= 1;
        let order = 0;
        for (const card of this.#cards.values()) {
            order ^= 1;
            if (!card.visible || order !== this.#turn) continue;
            const {from, to} = card.set;
            const span = Math.min(to - from, 12000) + 900;
            const looped = from - 500 + (still ? Math.min(600, span / 2) : now % span);
            card.draw(
                player.playing && player.time >= from - 500 && player.time <= to + 500 ? player.time : looped,
            );
        }
    }
}

const emptyState = () =>
    h(
        'div',
        {class: 'empty'},
        icon('spark'),
        h('strong', {}, 'No takes yet'),
        h(
            'p',
            {},
            'Drag over the timeline to choose a section, then press ',
            h('kbd', {}, 'R'),
            ': several placements of it appear here, and the best one is a click away.',
        ),
    );

/** @param {import('./types.js').Style | undefined} style */
function styleText(style) {
    if (!style) return 'no style';
    if ('mapper' in style) return style.mapper;
    return 'id' in style ? `like ${style.id}` : 'like this map';
}
