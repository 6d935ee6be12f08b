/**
 * What the engine keeps, in the browser's database: values by name, and journals, record by record. Small values and
 * journals are read when the engine starts; songs, which are large, when a session wants one.
 */

const NAME = 'osu-diffusion studio';
const LARGE = /^song-.*\.osz$/;

/** @param {IDBRequest | IDBTransaction} what @returns {Promise<any>} */
function done(what) {
    return new Promise((resolve, reject) => {
        if (what instanceof IDBTransaction) what.oncomplete = () => resolve(undefined);
        else what.onsuccess = () => resolve(what.result);
        what.onerror = () => reject(what.error);
        if (what instanceof IDBTransaction) what.onabort = () => reject(what.error);
    });
}

export class Kept {
    /** @param {IDBDatabase | null} database null: nothing can be kept here */
    constructor(database) {
        this.database = database;
        /** Writes follow one another. @type {Promise<void>} */
        this.written = Promise.resolve();
        /** Why the last one failed. @type {string} */
        this.problem = '';
    }

    /** Changes that are not written yet. @type {((transaction: IDBTransaction) => void)[]} */
    #waiting = [];

    static async open() {
        try {
            const request = indexedDB.open(NAME, 1);
            request.onupgradeneeded = () => {
                request.result.createObjectStore('values');
                request.result.createObjectStore('journals', {autoIncrement: true});
            };
            return new Kept(await done(request));
        } catch {
            return new Kept(null); // private windows of some browsers
        }
    }

    /**
     * Everything that is small, in the order in which it came.
     * @param {(name: string, journal: boolean, content: Uint8Array) => void} take
     */
    async restore(take) {
        if (!this.database) return;
        const transaction = this.database.transaction(['values', 'journals']);
        const values = transaction.objectStore('values');
        for (const name of await done(values.getAllKeys()))
            if (!LARGE.test(name)) take(name, false, await done(values.get(name)));
        for (const {name, record} of await done(transaction.objectStore('journals').getAll()))
            take(name, true, record);
    }

    /** @param {string} name @returns {Promise<Uint8Array | undefined>} */
    async value(name) {
        if (!this.database) return undefined;
        return done(this.database.transaction('values').objectStore('values').get(name));
    }

    /** @param {string} name @param {Uint8Array} content */
    put(name, content) {
        this.#write('values', (store) => store.put(content, name));
    }

    /** @param {string} name */
    remove(name) {
        this.#write('values', (store) => store.delete(name));
    }

    /** @param {string} name @param {Uint8Array} record */
    append(name, record) {
        this.#write('journals', (store) => store.add({name, record}));
    }

    /**
     * What could not be written is tried again with what comes next, before it: a journal has no gaps.
     * @param {"values" | "journals"} store
     * @param {(store: IDBObjectStore) => void} change
     */
    #write(store, change) {
        if (!this.database) return;
        this.#waiting.push((transaction) => change(transaction.objectStore(store)));
        this.written = this.written.then(() => this.#writeAll());
    }

    async #writeAll() {
        const count = this.#waiting.length;
        if (count === 0 || !this.database) return;
        /** @type {IDBTransaction | undefined} */
        let transaction;
        try {
            transaction = this.database.transaction(['values', 'journals'], 'readwrite', {
                durability: 'strict',
            });
            for (const change of this.#waiting.slice(0, count)) change(transaction);
            await done(transaction);
            this.#waiting.splice(0, count);
            this.problem = '';
        } catch (error) {
            this.problem = error instanceof Error ? error.message : String(error);
            abort(transaction); // all of it waits, or all is written
        }
    }
}

/** @param {IDBTransaction | undefined} transaction */
function abort(transaction) {
    try {
        transaction?.abort();
    } catch {
        // it had ended by itself
    }
}
