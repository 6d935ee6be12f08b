// Runs the program's studio for a test, and speaks to it as another program would.
import {spawn} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

const program = process.env.OSU_PROGRAM ?? 'osu-diffusion';

/** A folder of its own, gone when the tests are. */
export function temporaryFolder() {
    const folder = mkdtempSync(join(tmpdir(), 'osu-studio-'));
    process.on('exit', () => rmSync(folder, {recursive: true, force: true}));
    return folder;
}

/** @type {Set<Studio>} those that run */
const started = new Set();

export class Studio {
    /**
     * Starts the program; resolves when it listens.
     * @param {{map?: string, data?: string, port?: number, args?: string[], home?: string}} [options]
     */
    static async start({map, data = temporaryFolder(), port = 0, args = [], home} = {}) {
        const studio = new Studio();
        started.add(studio);
        Object.assign(studio, {map, data, args, home, token: 'a-token-of-the-tests'});
        await studio.#run(port);
        return studio;
    }

    async #run(port) {
        const map = this.map ? [this.map] : [];
        const fixed = ['studio', ...map, '--no-open', '--data', this.data, '--token', this.token];
        // A home of its own: the tests find no game of the machine's.
        const env = {...process.env, OMP_WAIT_POLICY: 'passive', HOME: this.home ?? this.data};
        delete env.XDG_DATA_HOME;
        this.process = spawn(program, [...fixed, '--port', String(port), ...this.args], {env});
        process.on('exit', () => this.process.kill('SIGKILL'));
        let said = '';
        this.ended = new Promise((resolve) => this.process.once('exit', resolve));
        this.url = await new Promise((resolve, reject) => {
            const hear = (chunk) => {
                said += chunk;
                const found = /http:\/\/\S+/.exec(said);
                if (found && said.includes('\n')) resolve(found[0]);
            };
            this.process.stdout.on('data', hear);
            this.process.stderr.on('data', hear);
            this.process.once('error', reject);
            this.process.once('exit', (code) => reject(new Error(`the studio ended with ${code}: ${said}`)));
        });
        this.origin = new URL(this.url).origin;
        this.port = Number(new URL(this.url).port);
    }

    /** Killed, as by a power cut. */
    async kill() {
        this.process.kill('SIGKILL');
        await this.ended;
    }

    /** The same studio once more: same port, token and data. */
    async again() {
        await this.#run(this.port);
    }

    async stop() {
        this.process.kill('SIGTERM');
        await this.ended;
        started.delete(this);
    }

    /** Those that tests which failed left behind, too. */
    static async stopAll() {
        await Promise.all([...started].map((studio) => studio.stop()));
    }

    /** @param {string} path @param {RequestInit & {headers?: Record<string, string>}} [options] */
    fetch(path, options = {}) {
        const headers = {Authorization: `Bearer ${this.token}`, ...options.headers};
        return fetch(`${this.origin}/api/v1/${path}`, {...options, headers});
    }

    /** @param {string} path @returns {Promise<any>} */
    async get(path) {
        return this.#json(path, await this.fetch(path));
    }

    /** @param {string} path @param {object | Blob} [body] @returns {Promise<any>} */
    async post(path, body = {}) {
        const sent = body instanceof Blob ? body : JSON.stringify(body);
        return this.#json(path, await this.fetch(path, {method: 'POST', body: sent}));
    }

    async #json(path, response) {
        const text = await response.text();
        if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
        return text === '' ? {} : JSON.parse(text);
    }

    /** Opens the example; the ID of its session. */
    async example() {
        const {source, maps} = await this.post('example');
        return (await this.post('sessions', {source, file: maps[0].file})).session;
    }

    /** Waits until a session's takes are done. */
    async settled(session) {
        for (let tries = 0; tries < 600; tries++) {
            const {sets} = await this.get(`sessions/${session}/takes`);
            if (sets.every((set) => set.done)) return sets;
            await new Promise((resolve) => setTimeout(resolve, 100));
        }
        throw new Error('the takes are never done');
    }
}

/**
 * Asks again until the answer suits; the answer.
 * @template T
 * @param {() => Promise<T> | T} ask
 * @param {(answer: T) => boolean} suits
 * @param {number} [patience] ms
 */
export async function until(ask, suits = Boolean, patience = 20000) {
    const end = Date.now() + patience;
    for (;;) {
        const answer = await ask();
        if (suits(answer)) return answer;
        if (Date.now() > end) throw new Error(`still ${JSON.stringify(answer)} after ${patience} ms`);
        await new Promise((resolve) => setTimeout(resolve, 60));
    }
}
