/**
 * The engine behind a server: fetch, and server-sent events for what happens meanwhile.
 *
 * @import { Engine, EngineListener } from "./engine.js"
 */
import {EngineError} from './engine.js';

const root = '/api/v1/';

/** @implements {Engine} */
export class ServerEngine {
    /**
     * @param {"GET" | "POST"} method
     * @param {string} path
     * @param {Blob | object} [body]
     */
    async request(method, path, body) {
        const response = await this.#fetch(path, {
            method,
            body: body === undefined || body instanceof Blob ? body : JSON.stringify(body),
            headers:
                body === undefined
                    ? {}
                    : {
                          'Content-Type':
                              body instanceof Blob ? 'application/octet-stream' : 'application/json',
                      },
        });
        const text = await response.text();
        return text === '' ? {} : JSON.parse(text);
    }

    /** @param {string} path */
    async bytes(path) {
        return (await this.#fetch(path, {})).arrayBuffer();
    }

    /** @param {string} path */
    url(path) {
        return root + path;
    }

    /**
     * @param {string} session
     * @param {EngineListener} listener
     */
    events(session, listener) {
        /** @type {EventSource | null} */
        let source = null;
        let retry = 0;
        let stopped = false;
        const connect = () => {
            source = new EventSource(`${root}sessions/${session}/events`);
            source.onopen = () => listener.connection(true, null);
            source.onmessage = (message) => listener.event(JSON.parse(message.data));
            source.onerror = async () => {
                // A browser gives up for good when the answer is an error; why, it does not say.
                const closed = source?.readyState === EventSource.CLOSED;
                listener.connection(false, closed ? await this.#problem() : null);
                if (closed && !stopped) retry = window.setTimeout(connect, 1000);
            };
        };
        connect();
        return () => {
            stopped = true;
            clearTimeout(retry);
            source?.close();
        };
    }

    /** @returns {Promise<EngineError | null>} why nothing is answered */
    async #problem() {
        return this.request('GET', 'about').then(
            () => null,
            (error) => error,
        );
    }

    /**
     * @param {string} path
     * @param {RequestInit} options
     */
    async #fetch(path, options) {
        let response;
        try {
            response = await fetch(root + path, {...options, credentials: 'same-origin'});
        } catch {
            throw new EngineError(
                'The studio does not answer',
                'Is osu-diffusion still running? Start it again: nothing is lost.',
                0,
            );
        }
        if (response.ok) return response;
        const {error, hint} = await response.json().catch(() => ({}));
        throw new EngineError(error ?? `The studio answered ${response.status}`, hint ?? '', response.status);
    }
}
