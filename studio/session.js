/**
 * The page's side of a session: the scene, where its objects are now, the takes, and the jobs that are running.
 * All that changes comes back as events, so two tabs that show a session show the same.
 *
 * Events: "state" (places, pins or history), "sets" (the list of takes), "take" (a take was done), "preview" (a
 * step of a take), "jobs" (begun, ended), "failed" (detail: EngineError), "connection".
 *
 * @import { Engine } from "./engine.js"
 * @import { HistoryStep, PlaceRequest, Scene, Shape, ShapeMap, State, StateChange, StudioEvent, Take, TakeSet } from "./types.js"
 */
import {EngineError} from './engine.js';

/** @typedef {{job: string, set: string, place: number, started: boolean, take: string, done: number, steps: number}} Job */

export class Session extends EventTarget {
    /** @type {TakeSet[]} the newest first */
    sets = [];
    /** @type {Map<string, Job>} by id */
    jobs = new Map();
    /** @type {Map<string, ShapeMap>} what a running take looks like at its present step, by take */
    previews = new Map();
    /** @type {Map<string, ShapeMap>} of takes, which stay as they are; the list of takes comes without them */
    #shapes = new Map();
    /** @type {Set<string>} sets whose shapes are on their way */
    #coming = new Set();
    /** @type {Map<number, ShapeMap>} shapes that a step of the history changed, for its picture */
    #pictures = new Map();
    connected = true;
    #asking = 0;
    #stop = () => {};

    /**
     * @param {Engine} engine
     * @param {Scene} scene
     * @param {State} state
     */
    constructor(engine, scene, state) {
        super();
        this.engine = engine;
        this.scene = scene;
        this.state = state;
    }

    /**
     * @param {Engine} engine
     * @param {string} id
     */
    static async open(engine, id) {
        const [scene, state, takes] = await Promise.all([
            engine.request('GET', `sessions/${id}`),
            engine.request('GET', `sessions/${id}/state`),
            engine.request('GET', `sessions/${id}/takes?shapes=none`),
        ]);
        const session = new Session(engine, scene, state);
        session.#list(takes.sets);
        session.#stop = engine.events(id, {
            event: (event) => session.#receive(event),
            connection: (connected, problem) => session.#connection(connected, problem),
        });
        return session;
    }

    close() {
        this.#stop();
    }

    get id() {
        return this.scene.session;
    }

    get shapes() {
        return this.state.shapes;
    }

    get busy() {
        return this.jobs.size > 0;
    }

    /**
     * The map with a take in it.
     * @param {ShapeMap} take
     * @returns {Shape[]}
     */
    shapesWith(take) {
        const shapes = this.state.shapes.slice();
        for (const [index, shape] of Object.entries(take)) shapes[Number(index)] = shape;
        return shapes;
    }

    /**
     * @param {string} id
     * @returns {{set: TakeSet, take: Take, number: number} | null}
     */
    findTake(id) {
        for (const set of this.sets) {
            const take = set.takes.find((candidate) => candidate.id === id);
            if (take) return {set, take, number: takeNumber(id)};
        }
        return null;
    }

    /**
     * @param {string} action the route below the session
     * @param {object} [body]
     * @returns {Promise<any>}
     */
    do(action, body = {}) {
        return this.engine.request('POST', `sessions/${this.id}/${action}`, body);
    }

    /**
     * @param {string} path below the session
     * @returns {Promise<any>}
     */
    get(path) {
        return this.engine.request('GET', `sessions/${this.id}/${path}`);
    }

    /** @param {string} path below the session */
    bytes(path) {
        return this.engine.bytes(`sessions/${this.id}/${path}`);
    }

    /** @param {string} path below the session */
    file(path) {
        return this.engine.file(`sessions/${this.id}/${path}`);
    }

    /** @param {PlaceRequest} request */
    place(request) {
        return this.do('place', request);
    }

    /** @param {number} step @returns {Promise<ShapeMap>} what that step changed; nothing where nobody knows it */
    async picture(step) {
        const known = this.#pictures.get(step);
        if (known) return known;
        const {shapes} = await this.get(`step?index=${step}`).catch(() => ({shapes: {}}));
        this.#pictures.set(step, shapes);
        return shapes;
    }

    /**
     * The shapes of a set's takes, which come as "take" events: asked for when somebody sees them.
     * @param {string} id
     */
    async wantShapes(id) {
        if (this.#coming.has(id)) return;
        this.#coming.add(id);
        const answer = await this.get(`takes?set=${id}`).catch(() => null);
        // A set that is gone has none; without a connection it is asked for again when there is one.
        if (!answer) return;
        this.#coming.delete(id);
        for (const take of answer.sets[0].takes) if (take.state === 'done') this.#takeDone(id, take);
    }

    /** @param {TakeSet[]} sets without shapes */
    #list(sets) {
        this.sets = newestFirst(sets);
        const ids = new Set();
        for (const {takes} of sets)
            for (const take of takes) {
                ids.add(take.id);
                take.shapes = this.#shapes.get(take.id);
            }
        for (const id of this.#shapes.keys()) if (!ids.has(id)) this.#shapes.delete(id);
    }

    /** @param {string} what @param {any} [detail] */
    #tell(what, detail) {
        this.dispatchEvent(new CustomEvent(what, {detail}));
    }

    /** @param {boolean} connected @param {EngineError | null} problem */
    #connection(connected, problem) {
        const again = connected && !this.connected;
        this.connected = connected;
        if (again) {
            // Jobs of a server that died are gone, and steps may have been taken in another tab.
            this.jobs.clear();
            this.previews.clear();
            this.#coming.clear();
            this.#tell('jobs');
            this.#fetchState();
            this.#fetchSets();
        }
        this.#tell('connection', problem);
    }

    async #fetchState() {
        const state = await this.get('state').catch(() => null);
        // Nobody answers: it is asked for again when there is a connection.
        if (!state) return;
        this.state = state;
        this.#pictures.clear();
        this.#tell('state');
    }

    /** Several events in a row ask for the list once. */
    #fetchSets() {
        clearTimeout(this.#asking);
        this.#asking = window.setTimeout(async () => {
            const takes = await this.get('takes?shapes=none').catch(() => null);
            if (!takes) return;
            this.#list(takes.sets);
            this.#tell('sets');
        }, 20);
    }

    /** @param {StudioEvent} event */
    #receive(event) {
        if (event.type === 'state') this.#change(event.state);
        else if (event.type === 'sets') this.#fetchSets();
        else if (event.type === 'take') this.#takeDone(event.set, event.take);
        else this.#jobEvent(event);
    }

    /** @param {StateChange} change */
    #change(change) {
        if (change.revision <= this.state.revision) return;
        if (change.revision !== this.state.revision + 1) {
            this.#fetchState();
            return;
        }
        const shapes = this.shapesWith(change.shapes);
        // A step that was overwritten, or that neighbours came to, has another picture now.
        const told = (/** @type {HistoryStep} */ step) => JSON.stringify(step);
        for (const step of this.#pictures.keys())
            if (told(this.state.steps[step]) !== told(change.steps[step])) this.#pictures.delete(step);
        this.state = {...change, shapes};
        this.#tell('state');
    }

    /** @param {string} setId @param {Take} take */
    #takeDone(setId, take) {
        this.previews.delete(take.id);
        if (take.shapes) this.#shapes.set(take.id, take.shapes);
        const set = this.sets.find((candidate) => candidate.id === setId);
        const index = set?.takes.findIndex((candidate) => candidate.id === take.id) ?? -1;
        if (!set || index < 0) {
            this.#fetchSets();
            return;
        }
        set.takes[index] = take;
        this.#tell('take', {set, take});
    }

    /** @param {Exclude<StudioEvent, {type: "state" | "sets" | "take"}>} event */
    #jobEvent(event) {
        const job = this.jobs.get(event.job) ?? {
            job: event.job,
            set: event.set,
            place: 0,
            started: false,
            take: '',
            done: 0,
            steps: 1,
        };
        if (event.type === 'done' || event.type === 'failed') {
            this.jobs.delete(event.job);
            const set = this.sets.find((candidate) => candidate.id === event.set);
            if (set) {
                set.done = true;
                for (const take of set.takes) this.previews.delete(take.id);
            }
            if (event.type === 'failed') this.#tell('failed', new EngineError(event.error, event.hint, 0));
            this.#fetchSets();
        } else {
            this.jobs.set(event.job, job);
            if (event.type === 'queued') job.place = event.place;
            if (event.type === 'started') job.started = true;
            if (event.type === 'step') {
                Object.assign(job, {started: true, take: event.take, done: event.done, steps: event.steps});
                this.previews.set(event.take, event.shapes);
                this.#markRunning(event.set, event.take);
                this.#tell('preview', event);
                return;
            }
        }
        this.#tell('jobs');
    }

    /** @param {string} setId @param {string} takeId */
    #markRunning(setId, takeId) {
        const take = this.sets
            .find((set) => set.id === setId)
            ?.takes.find((candidate) => candidate.id === takeId);
        if (take && take.state === 'waiting') take.state = 'running';
    }
}

/**
 * What a take is called: 3 of "s2.3". Others of its set may be thrown away, it stays the third.
 * @param {string} id
 */
export const takeNumber = (id) => Number(id.slice(id.indexOf('.') + 1));

/** @param {TakeSet[]} sets as they were asked for */
function newestFirst(sets) {
    const number = (/** @type {TakeSet} */ set) => Number(/\d+/.exec(set.id)?.[0] ?? 0);
    return sets.slice().sort((a, b) => number(b) - number(a));
}
