/**
 * The takes: a small looping field for each, which appears as it is done. Pointing at one (or reaching it with Tab)
 * plays it in place; a click keeps it, the rest stays for later. A take at work shows its steps.
 *
 * @import { Bench } from "./bench.js"
 * @import { TakeSet } from "./types.js"
 */
import {shortTime} from './beats.js';
import {afterPause, h, reducedMotion} from './dom.js';
import {icon} from './icons.js';
import {preferences} from './preferences.js';
import {TakeCard} from './take_card.js';

/** Pointed at for so long, a take is meant: a pointer that crosses the list starts nothing. */
const hoverPause = 140;
/** What a frame may spend on small fields, ms. */
const spared = 2;
/** Of a long section small fields show the beginning, ms. */
const longestLoop = 12000;

export class TakesPanel {
    /** @type {Map<string, TakeCard>} */
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
                    if (card.element === entry.target) card.show(entry.isIntersecting);
        });
        const {session} = bench;
        session.addEventListener('sets', () => this.#render());
        session.addEventListener('jobs', () => this.#progress());
        session.addEventListener('preview', () => this.#progress());
        session.addEventListener('take', (event) => {
            const {set, take} = /** @type {CustomEvent} */ (event).detail;
            this.#cards.get(take.id)?.update(set, take);
        });
        bench.remarks.addEventListener('change', (event) =>
            this.#cards.get(/** @type {CustomEvent} */ (event).detail)?.describe(),
        );
        session.addEventListener('state', () => {
            for (const card of this.#cards.values()) card.mark();
        });
        session.addEventListener(
            'state',
            afterPause(600, () => {
                for (const card of this.#cards.values()) card.describe();
            }),
        );
        // Who goes elsewhere meanwhile is not brought back.
        bench.player.addEventListener('seek', () => {
            const {player} = bench;
            const wrapped = player.loop !== null && Math.abs(player.time - player.loop[0]) < 5;
            if (!this.#before || wrapped) return;
            player.loop = this.#before.loop;
            this.#before = null;
        });
        this.#render();
    }

    #render() {
        const {sets} = this.bench.session;
        /** @type {Map<string, TakeCard>} */
        const cards = new Map();
        const focused = document.activeElement;
        const sections = sets
            .filter((set) => set.takes.length > 0)
            .map((set) => {
                const items = set.takes.map((take) => {
                    const card = this.#cards.get(take.id) ?? new TakeCard(this, set, take);
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
            small('close', 'Discard these takes', () => bench.discardSet(set)),
        );
    }

    /** How far the takes at work are. */
    #progress() {
        for (const job of this.bench.session.jobs.values())
            if (job.take) this.#cards.get(job.take)?.progress(job.done / job.steps);
    }

    /**
     * Looks at a take on the large field, and hears it; null: as it was.
     * @param {TakeCard | null} card
     * @param {boolean} [now]
     */
    look(card, now = false) {
        clearTimeout(this.#timer);
        this.#timer = window.setTimeout(
            () => (card ? this.#enter(card) : this.#leave()),
            card && !now ? hoverPause : 30,
        );
    }

    /** @param {TakeCard} card */
    #enter(card) {
        const {bench} = this;
        const {player} = bench;
        bench.view.look(card.take.id);
        if (card.take.state !== 'done' || !preferences.hoverPlays) return;
        const lead = Math.min(600, bench.scene.difficulty.preempt);
        const section = /** @type {[number, number]} */ ([
            Math.max(player.begin, card.set.from - lead),
            card.set.to + 400,
        ]);
        if (this.#before || player.playing) return;
        const before = {loop: player.loop, time: player.time};
        player.loop = section;
        if (player.time < section[0] || player.time > section[1]) player.seek(section[0]);
        player.play();
        this.#before = before;
    }

    #leave() {
        const {player, view} = this.bench;
        const before = this.#before;
        this.#before = null;
        view.look('');
        if (!before) return;
        player.pause();
        player.loop = before.loop;
        player.seek(before.time);
    }

    /**
     * The focus from a take to another.
     * @param {TakeCard | null} from
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
        // In turn, for as long as a frame can spare: on a slow computer, or while the model is at work, small
        // fields move less smoothly than the large one.
        const cards = [...this.#cards.values()].filter((card) => card.visible);
        const end = performance.now() + spared;
        for (let drawn = 0; drawn < Math.ceil(cards.length / 2); drawn++) {
            this.#turn = (this.#turn + 1) % cards.length;
            cards[this.#turn].draw(this.#timeOf(cards[this.#turn].set, now));
            if (performance.now() > end) break;
        }
    }

    /**
     * With the song where it plays in the set's section, otherwise round and round.
     * @param {TakeSet} set
     * @param {number} now
     */
    #timeOf({from, to}, now) {
        const {player} = this.bench;
        if (player.playing && player.time >= from - 500 && player.time <= to + 500) return player.time;
        const span = Math.min(to - from, longestLoop) + 900;
        return from - 500 + (reducedMotion() ? Math.min(600, span / 2) : now % span);
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
