/**
 * The workbench's commands: what a key, a button and a menu do alike. It holds the session, the player, the
 * selection and the view, and knows no element of the page.
 *
 * @import { Engine } from "./engine.js"
 * @import { About, PlaceRequest, TakeSet } from "./types.js"
 */
import {editorTime, editorTimestamp, parseTimestamp, tickFrom, timingAt} from './beats.js';
import {attempt, say, sayError, whisper} from './messages.js';
import {preferences} from './preferences.js';
import {Selection} from './selection.js';
import {TakeRemarks} from './take_remarks.js';
import {divisors, View} from './view.js';

export class Bench extends EventTarget {
    view = new View();

    /**
     * @param {Engine} engine
     * @param {About} about
     * @param {import("./session.js").Session} session
     * @param {import("./player.js").Player} player
     */
    constructor(engine, about, session, player) {
        super();
        this.engine = engine;
        this.about = about;
        this.session = session;
        this.player = player;
        this.selection = new Selection(session.scene);
        this.remarks = new TakeRemarks(session);
        for (const target of [this.selection, this.view])
            target.addEventListener('change', () => this.#loop());
    }

    get scene() {
        return this.session.scene;
    }

    // Time

    /** @param {number} time */
    seek(time) {
        this.player.seek(Math.min(time, this.end));
    }

    get end() {
        return Math.max(this.scene.length, this.player.duration || 0);
    }

    /** @param {number} steps ticks of the snap divisor */
    seekTicks(steps) {
        this.seek(tickFrom(this.scene.timing, this.player.time, this.view.divisor, steps));
    }

    /** @param {number} bars */
    seekBars(bars) {
        const {meter} = timingAt(this.scene.timing, this.player.time);
        this.seek(tickFrom(this.scene.timing, this.player.time, 1, bars * (meter || 4)));
    }

    /** @param {1 | -1} direction */
    seekObject(direction) {
        const {objects} = this.scene;
        const time = this.player.time;
        const next =
            direction > 0
                ? objects.find((object) => object.time > time + 1)
                : objects.findLast((object) => object.time < time - 1);
        if (next) this.seek(next.time);
    }

    /** @param {1 | -1} direction */
    nextDivisor(direction) {
        const at = divisors.indexOf(this.view.divisor);
        this.view.set({divisor: divisors[Math.max(0, Math.min(divisors.length - 1, at + direction))]});
    }

    /** @param {number} factor */
    zoom(factor) {
        this.view.set({zoom: Math.max(20, Math.min(800, this.view.zoom * factor))});
    }

    /** A section that is selected is played over and over, where that is wished. */
    #loop() {
        const {section} = this.selection;
        const loop = /** @type {[number, number] | null} */ (
            preferences.loop && section ? [section[0] - 300, section[1] + 300] : null
        );
        if (String(loop) !== String(this.player.loop) && this.view.take === '') this.player.loop = loop;
    }

    // The selection

    /**
     * Goes to objects and selects them.
     * @param {number[]} objects
     * @param {number} time
     */
    show(objects, time) {
        this.player.pause();
        this.selection.pick(objects);
        this.seek(time);
    }

    /** @returns {string} what the editor would put in the clipboard */
    timestamp() {
        return editorTimestamp(this.scene, this.selection.sorted, this.player.time);
    }

    async copy() {
        const text = this.timestamp();
        await navigator.clipboard.writeText(text).then(
            () => say('Copied', {hint: text, stays: 1800}),
            () => say('The browser does not let the page copy', {hint: text, kind: 'error'}),
        );
    }

    /**
     * Goes to a timestamp, and selects its objects. A time alone moves the playhead, and nothing is selected or let
     * go by it.
     * @param {string} text @returns {boolean} whether a timestamp stood in it
     */
    paste(text) {
        const found = parseTimestamp(this.scene, text);
        if (!found) return false;
        if (found.problem) {
            say(found.problem, {hint: found.hint, kind: 'error'});
            return true;
        }
        if (found.objects.length === 0) {
            this.seek(found.time);
            return true;
        }
        this.show(found.objects, found.time);
        whisper(`At ${editorTime(found.time)}, ${found.objects.length} selected`);
        return true;
    }

    // Steps of the history

    /** @param {number[]} objects @returns {number[]} those that were selected, with a word where there are none */
    #orSay(objects) {
        if (objects.length === 0)
            say('Nothing is selected', {
                hint: 'Drag over the timeline, or click objects on the field.',
                stays: 2500,
            });
        return objects;
    }

    /** @param {string} action @param {object} [body] */
    step(action, body) {
        return attempt(this.session.do(action, body));
    }

    undo() {
        return this.#stepBy('undo');
    }

    redo() {
        return this.#stepBy('redo');
    }

    /**
     * Asked of the engine even where the page sees no step: its last may not be known here yet. That there is
     * none is no error.
     * @param {"undo" | "redo"} action
     */
    async #stepBy(action) {
        await this.session.do(action).catch((error) => {
            if (error.status === 409) whisper(error.message);
            else sayError(error);
        });
    }

    /** @param {"flipH" | "flipV" | "rotate"} op @param {number} [angle] degrees, clockwise */
    transform(op, angle) {
        const objects = this.#orSay(this.selection.sorted);
        if (objects.length > 0)
            this.step('transform', {objects, op, ...(angle === undefined ? {} : {angle})});
    }

    /**
     * @param {number[]} objects
     * @param {number} dx osu! px
     * @param {number} dy
     * @param {boolean} settle whether the neighbours are placed around them
     */
    move(objects, dx, dy, settle) {
        if (objects.length > 0 && (dx !== 0 || dy !== 0)) return this.step('move', {objects, dx, dy, settle});
    }

    togglePinned() {
        const objects = this.#orSay(this.selection.sorted);
        if (objects.length === 0) return;
        const pinned = new Set(this.session.state.pinned);
        const pin = !objects.every((index) => pinned.has(index));
        this.step('pin', {objects, pinned: pin});
        whisper(`${objects.length} ${pin ? 'pinned' : 'no longer pinned'}`);
    }

    revert() {
        const objects = this.#orSay(this.selection.sorted);
        if (objects.length > 0) this.step('revert', {objects});
    }

    // Takes

    /** @param {PlaceRequest} request */
    async place(request) {
        return attempt(this.session.place(request));
    }

    /**
     * The objects that a request is about: what is selected, or all where nothing is.
     * @returns {Partial<PlaceRequest> | null} null: a section without objects, which is not the whole map
     */
    target() {
        const objects = this.selection.sorted;
        if (objects.length === 0 && !this.selection.empty) return null;
        return objects.length === 0 || objects.length === this.scene.objects.length ? {all: true} : {objects};
    }

    /** The same once more, with other noise. @param {TakeSet} set */
    again({request, objects}) {
        const {seed: _, from, to, all, ...same} = request;
        this.place({...same, objects, style: request.style ?? null});
    }

    /**
     * Takes near a take.
     * @param {string} id
     */
    moreLike(id) {
        const found = this.session.findTake(id);
        if (!found) return;
        const {seed: _, all, from, to, ...request} = found.set.request;
        this.place({
            ...request,
            objects: found.set.objects,
            base: id,
            strength: 0.4,
            count: preferences.count,
        });
    }

    /** @param {string} id */
    async keep(id) {
        const found = this.session.findTake(id);
        if (!found || found.take.state !== 'done') return;
        this.view.look('');
        if (await this.step('keep', {take: id}))
            say(`Kept take ${found.number}`, {hint: 'Ctrl+Z takes it back.', stays: 2500});
    }

    /** @param {string} id */
    discard(id) {
        return this.#discard({take: id}, [id]);
    }

    /** @param {TakeSet} set */
    discardSet(set) {
        return this.#discard(
            {set: set.id},
            set.takes.map((take) => take.id),
        );
    }

    /** @param {{take: string} | {set: string}} what @param {string[]} takes */
    async #discard(what, takes) {
        this.view.look('');
        await this.remarks.leave(takes);
        if (!(await this.step('discard', what))) this.remarks.stay(takes);
    }

    cancel() {
        if (this.session.busy) this.step('cancel');
    }
}
