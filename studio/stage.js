/**
 * What the large field shows: the map, or a take in it, or one being denoised, alone or with what it is compared
 * with. Draws only where something differs from the frame before.
 *
 * @import { Bench } from "./bench.js"
 * @import { Field } from "./field.js"
 * @import { FieldPointer } from "./field_pointer.js"
 */
import {editorTimestamp} from './beats.js';
import {h} from './dom.js';
import {preferences} from './preferences.js';
import {kinds} from './take_remarks.js';

/** Remarks that the caption of a take has room for. */
const listed = 4;

export class Stage {
    /** Counts what happened, so that a frame knows whether anything did. */
    #happened = 0;
    #drawn = '';
    /** @type {Set<number>} */
    #pinned = new Set();
    /** @type {Set<number>} */
    #changed = new Set();

    /**
     * @param {Bench} bench
     * @param {Field} field
     * @param {FieldPointer} pointer
     */
    constructor(bench, field, pointer) {
        this.bench = bench;
        this.field = field;
        this.pointer = pointer;
        this.caption = h('div', {class: 'stage-caption', hidden: true});
        this.background = h('img', {
            class: 'stage-background',
            alt: '',
            hidden: !bench.scene.background,
        });
        if (bench.scene.background)
            bench.session.file('background').then(
                ({url}) => (this.background.src = url),
                () => (this.background.hidden = true),
            );
        field.setScene(bench.scene);
        const {session} = bench;
        for (const [target, names] of /** @type {[EventTarget, string[]][]} */ ([
            [session, ['state', 'sets', 'take', 'jobs']],
            [bench.selection, ['change']],
            [bench.view, ['change']],
        ]))
            for (const name of names) target.addEventListener(name, () => this.#changedNow());
        session.addEventListener('jobs', () => this.#goToWhatIsPlaced());
        bench.remarks.addEventListener('change', () => this.#showCaption());
        this.#changedNow();
    }

    #changedNow() {
        const {session, view} = this.bench;
        this.#happened++;
        this.#pinned = new Set(session.state.pinned);
        const take = this.#take;
        if (view.compare === 'source') this.field.setShapes(this.bench.scene.shapes);
        else {
            const done = take?.take.state === 'done';
            if (done && !take.take.shapes) session.wantShapes(take.set.id);
            this.field.setShapes(session.shapes, (done && take.take.shapes) || {});
        }
        this.#changed = new Set(take ? take.set.objects : session.state.changed);
        this.#showCaption();
    }

    /** Which take stands on the field, and what a modder would say of it. */
    #showCaption() {
        const take = this.#take;
        this.caption.hidden = !take;
        if (!take) return;
        const items = take.take.state === 'done' ? (this.bench.remarks.of(take.take.id) ?? []) : [];
        const more = items.length - listed;
        this.caption.replaceChildren(
            h('strong', {}, `Take ${take.number}`),
            ...items
                .slice(0, listed)
                .map(({kind, time, objects}) =>
                    h(
                        'span',
                        {},
                        `${editorTimestamp(this.bench.scene, objects, time)} ${kinds[kind] ?? kind}`,
                    ),
                ),
            ...(more > 0 ? [h('span', {}, `and ${more} more`)] : []),
        );
    }

    get #take() {
        const {view, session} = this.bench;
        return view.take === '' ? null : session.findTake(view.take);
    }

    /** The take at work that is shown. */
    get #watched() {
        const {session} = this.bench;
        const looked = this.#take;
        if (looked) return looked.take.state === 'done' ? null : looked.take.id;
        if (!preferences.watch) return null;
        // Takes may go through the network together: the first of them is watched to its end.
        const sets = new Set([...session.jobs.values()].map((job) => job.set));
        for (const set of session.sets)
            if (sets.has(set.id))
                for (const take of set.takes) if (session.previews.has(take.id)) return take.id;
        return null;
    }

    /** Who watches takes being placed is brought to where they are. */
    #goToWhatIsPlaced() {
        const {session, player, scene} = this.bench;
        const job = [...session.jobs.values()].find((candidate) => candidate.started && candidate.done === 0);
        const set = session.sets.find((candidate) => candidate.id === job?.set);
        if (!set || !preferences.watch || player.playing) return;
        if (player.time < set.from - scene.difficulty.preempt || player.time > set.to)
            this.bench.seek(set.from);
    }

    draw() {
        const {bench, field, pointer} = this;
        const {player, session, selection, view, scene} = bench;
        const watched = this.#watched;
        const previewed = watched ? session.previews.get(watched) : undefined;
        const set = watched && session.findTake(watched)?.set.id;
        const job = [...session.jobs.values()].find((candidate) => candidate.set === set);
        const key = [
            player.time,
            this.#happened,
            pointer.hover,
            pointer.drag?.dx,
            pointer.drag?.dy,
            pointer.marquee,
            field.canvas.width,
            field.canvas.height,
            Boolean(previewed),
        ].join();
        // A take being denoised glides from step to step.
        if (key === this.#drawn && !previewed) return;
        this.#drawn = '';
        field.draw(player.time, {
            hits: player.playing,
            grid: preferences.grid ? 32 : 0,
            screen: preferences.screen,
            selection: view.take === '' ? selection.objects : undefined,
            pinned: this.#pinned,
            hover: pointer.hover,
            compare:
                view.compare === 'overlay'
                    ? {shapes: view.take === '' ? scene.shapes : session.shapes, changed: this.#changed}
                    : undefined,
            preview: previewed ? {shapes: previewed, progress: job ? job.done / job.steps : 0} : null,
            drag: pointer.drag ?? undefined,
            marquee: pointer.marquee ?? undefined,
        });
        this.#drawn = field.late ? '' : key;
    }
}
