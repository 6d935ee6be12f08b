/**
 * The pointer on the large field: a click selects, with Ctrl or Shift more; a drag from an empty place frames
 * objects; a drag of an object moves it with the rest of the selection, and its neighbours are placed around it
 * when it is let go (with Alt they stay).
 *
 * @import { Bench } from "./bench.js"
 * @import { Field } from "./field.js"
 */
import {preferences} from './preferences.js';

export class FieldPointer {
    hover = -1;
    /** @type {{objects: Set<number>, dx: number, dy: number} | null} what follows the pointer */
    drag = null;
    /** @type {[number, number, number, number] | null} */
    marquee = null;
    /** @type {[number, number]} */
    #start = [0, 0];
    #pressed = -1;
    #down = false;

    /**
     * @param {Bench} bench
     * @param {Field} field
     */
    constructor(bench, field) {
        this.bench = bench;
        this.field = field;
        const {canvas} = field;
        canvas.addEventListener('pointerdown', (event) => this.#press(event));
        canvas.addEventListener('pointermove', (event) => this.#move(event));
        canvas.addEventListener('pointerup', (event) => this.#release(event));
        canvas.addEventListener('pointercancel', () => this.stop());
        canvas.addEventListener('pointerleave', () => (this.hover = -1));
        canvas.addEventListener('wheel', (event) => this.#wheel(event), {passive: false});
        canvas.addEventListener('dblclick', () => this.bench.selection.pick(this.#comboUnder()));
        // What was dragged stays where it was dropped until the map says where it is now.
        bench.session.addEventListener('state', () => {
            if (!this.#down) this.drag = null;
        });
    }

    /** Drops what is being dragged where it was. */
    stop() {
        this.#down = false;
        this.drag = null;
        this.marquee = null;
    }

    get busy() {
        return this.#down && (this.drag !== null || this.marquee !== null);
    }

    /** @param {PointerEvent} event */
    #at(event) {
        const [x, y] = this.field.toField(event);
        return /** @type {const} */ ([x, y, this.field.objectAt(x, y, this.bench.player.time)]);
    }

    /** @param {PointerEvent} event */
    #press(event) {
        if (event.button !== 0) return;
        const [x, y, object] = this.#at(event);
        this.field.canvas.setPointerCapture(event.pointerId);
        this.#start = [x, y];
        this.#pressed = object;
        this.#down = true;
        const {selection} = this.bench;
        if (object < 0) return;
        if (event.ctrlKey || event.metaKey || event.shiftKey) selection.toggle(object);
        else if (!selection.objects.has(object)) selection.pick([object]);
    }

    /** @param {PointerEvent} event */
    #move(event) {
        const [x, y, object] = this.#at(event);
        if (!this.#down) {
            this.hover = object;
            this.field.canvas.style.cursor = object >= 0 ? 'grab' : 'default';
            return;
        }
        const [dx, dy] = [x - this.#start[0], y - this.#start[1]];
        if (!this.busy && Math.hypot(dx, dy) < 3) return;
        if (this.#pressed < 0) this.marquee = [...this.#start, x, y];
        else if (this.bench.selection.objects.has(this.#pressed)) {
            this.bench.player.pause();
            this.drag = {objects: this.#movable(), dx: Math.round(dx), dy: Math.round(dy)};
        }
    }

    /** The selection but for what is pinned; a pinned object that is dragged itself moves. */
    #movable() {
        const pinned = new Set(this.bench.session.state.pinned);
        pinned.delete(this.#pressed);
        return new Set([...this.bench.selection.objects].filter((index) => !pinned.has(index)));
    }

    /** @param {PointerEvent} event */
    #release(event) {
        if (!this.#down) return;
        this.#down = false;
        const {bench} = this;
        if (this.marquee) {
            const found = this.field.objectsIn(this.marquee, bench.player.time);
            bench.selection.pick(
                event.ctrlKey || event.shiftKey ? [...bench.selection.objects, ...found] : found,
            );
            this.marquee = null;
        } else if (this.drag) {
            const {objects, dx, dy} = this.drag;
            bench.move(
                [...objects].sort((a, b) => a - b),
                dx,
                dy,
                preferences.settle !== event.altKey,
            );
        } else if (this.#pressed < 0 && !event.ctrlKey && !event.shiftKey) bench.selection.clear();
    }

    /** The objects of the combo under the pointer. */
    #comboUnder() {
        if (this.hover < 0) return this.bench.selection.objects;
        const {objects} = this.bench.scene;
        let [first, last] = [this.hover, this.hover];
        while (first > 0 && !objects[first].newCombo) first--;
        while (last + 1 < objects.length && !objects[last + 1].newCombo) last++;
        return Array.from({length: last - first + 1}, (_, index) => first + index);
    }

    /** @param {WheelEvent} event */
    #wheel(event) {
        if (event.ctrlKey || event.altKey) return;
        event.preventDefault();
        this.bench.seekTicks(event.deltaY > 0 ? 1 : -1);
    }
}
