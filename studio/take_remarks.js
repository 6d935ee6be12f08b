/**
 * What a modder would say of each take: asked for when a take is first looked at, one after the other, and again when
 * the map around it has changed. Emits "change" (detail: the take's ID).
 *
 * @import { AdviceItem, AdviceKind } from "./types.js"
 * @import { Session } from "./session.js"
 */

/** @type {Record<AdviceKind, string>} */
export const kinds = {
    overlap: 'Overlap',
    body: 'On a slider',
    edge: 'Edge',
    reverseGap: 'Gap',
    streamKink: 'Kink',
};

/**
 * How many there are of each kind: "2 kinks, 1 edge".
 * @param {AdviceItem[]} items
 */
export function summed(items) {
    /** @type {Map<string, number>} */
    const counts = new Map();
    for (const {kind} of items) counts.set(kind, (counts.get(kind) ?? 0) + 1);
    return [...counts]
        .map(([kind, count]) => `${kinds[/** @type {AdviceKind} */ (kind)] ?? kind} × ${count}`)
        .join(', ');
}

export class TakeRemarks extends EventTarget {
    /** @type {Map<string, AdviceItem[]>} by take */
    #known = new Map();
    /** Of a map that has changed since: shown until they are asked for again. @type {Set<string>} */
    #stale = new Set();
    /** @type {string[]} */
    #wanted = [];
    #asking = false;
    /** Those that are being discarded. @type {Set<string>} */
    #left = new Set();
    /** The question that is under way. @type {Promise<unknown>} */
    #question = Promise.resolve();

    /** @param {Session} session */
    constructor(session) {
        super();
        this.session = session;
        session.addEventListener('state', () => {
            for (const id of this.#known.keys()) this.#stale.add(id);
        });
        session.addEventListener('sets', () => {
            for (const id of this.#known.keys()) if (!session.findTake(id)) this.#known.delete(id);
        });
    }

    /** @param {string} id @returns {AdviceItem[] | undefined} those of the take's own objects; none: not known yet */
    of(id) {
        if (!this.#known.has(id) || this.#stale.has(id)) this.#want(id);
        return this.#known.get(id);
    }

    /**
     * Before takes are discarded: nothing more is asked of them, and what is asked just now has been answered.
     * @param {string[]} ids
     */
    async leave(ids) {
        for (const id of ids) this.#left.add(id);
        if (ids.includes(this.#wanted[0])) await this.#question;
    }

    /** They were not discarded after all. @param {string[]} ids */
    stay(ids) {
        for (const id of ids) this.#left.delete(id);
    }

    /** @param {string} id */
    #want(id) {
        if (this.#wanted.includes(id) || this.#left.has(id)) return;
        this.#wanted.push(id);
        if (!this.#asking) this.#ask();
    }

    async #ask() {
        this.#asking = true;
        for (let id = this.#wanted[0]; id !== undefined; id = this.#wanted[0]) {
            if (this.#left.has(id) || !this.session.findTake(id)) {
                this.#wanted.shift();
                continue;
            }
            const {revision} = this.session.state;
            // Without a connection they are asked for later.
            const question = this.session.get(`advice?of=${id}`).catch(() => null);
            this.#question = question;
            const answer = await question;
            this.#wanted.shift();
            const found = this.session.findTake(id);
            if (!answer || !found) continue;
            const objects = new Set(found.set.objects);
            const items = /** @type {AdviceItem[]} */ (answer.items);
            this.#known.set(
                id,
                items.filter((item) => item.objects.some((index) => objects.has(index))),
            );
            if (this.session.state.revision === revision) this.#stale.delete(id);
            this.dispatchEvent(new CustomEvent('change', {detail: id}));
        }
        this.#asking = false;
    }
}
