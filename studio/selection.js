/**
 * What is selected: objects, and the section of the song that they were selected with (or none, where they were
 * picked one by one). Emits "change".
 *
 * @import { Scene } from "./types.js"
 */

export class Selection extends EventTarget {
    /** @type {Set<number>} */
    objects = new Set();
    /** @type {[number, number] | null} */
    section = null;

    /** @param {Scene} scene */
    constructor(scene) {
        super();
        this.scene = scene;
    }

    get empty() {
        return this.objects.size === 0 && this.section === null;
    }

    /** The objects in order. */
    get sorted() {
        return [...this.objects].sort((a, b) => a - b);
    }

    /**
     * From when to when it reaches: the section, or the span of its objects.
     * @returns {[number, number] | null}
     */
    get range() {
        if (this.section) return this.section;
        const objects = this.sorted.map((index) => this.scene.objects[index]);
        return objects.length === 0
            ? null
            : [objects[0].time, Math.max(...objects.map((object) => object.end))];
    }

    clear() {
        this.#set(new Set(), null);
    }

    all() {
        this.#set(new Set(this.scene.objects.keys()), [
            this.scene.objects[0]?.time ?? 0,
            this.scene.objects.at(-1)?.end ?? 0,
        ]);
    }

    /** @param {Iterable<number>} objects */
    pick(objects) {
        this.#set(new Set(objects), null);
    }

    /** @param {number} object */
    toggle(object) {
        const objects = new Set(this.objects);
        if (!objects.delete(object)) objects.add(object);
        this.#set(objects, null);
    }

    /**
     * From one time to another, with all objects that begin there.
     * @param {number} a
     * @param {number} b
     */
    between(a, b) {
        const [from, to] = a < b ? [a, b] : [b, a];
        const objects = new Set();
        for (const [index, object] of this.scene.objects.entries())
            if (object.time >= from - 1 && object.time <= to + 1) objects.add(index);
        this.#set(objects, [from, to]);
    }

    /**
     * Moves one end of the section to a time.
     * @param {"from" | "to"} end
     * @param {number} time
     */
    moveEnd(end, time) {
        const [from, to] = this.range ?? [time, time];
        if (end === 'from') this.between(time, Math.max(to, time));
        else this.between(Math.min(from, time), time);
    }

    /** @param {Set<number>} objects @param {[number, number] | null} section */
    #set(objects, section) {
        this.objects = objects;
        this.section = section;
        this.dispatchEvent(new Event('change'));
    }
}
