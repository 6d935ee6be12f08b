/**
 * What the page asks of whatever stands behind it: a server (server_engine.js), or the program compiled for the
 * browser. Paths are those of the API below /api/v1/, without a slash in front.
 *
 * @import { StudioEvent } from "./types.js"
 */

/**
 * @typedef {object} Engine
 * @property {(method: "GET" | "POST", path: string, body?: Blob | object) => Promise<any>} request the answer's
 * JSON; throws an EngineError
 * @property {(path: string) => Promise<ArrayBuffer>} bytes
 * @property {(session: string, listener: EngineListener) => () => void} events starts to listen; the answer stops it
 * @property {(path: string) => string} url for the audio, pictures and downloads
 */

/**
 * @typedef {object} EngineListener
 * @property {(event: StudioEvent) => void} event
 * @property {(connected: boolean, problem: EngineError | null) => void} connection what happened in between is not
 * told again; `problem`: why there is none, where that is known
 */

/** An answer that is an error: what went wrong, and what to do about it. */
export class EngineError extends Error {
    /**
     * @param {string} message
     * @param {string} hint
     * @param {number} status of HTTP; 0: nobody answered
     */
    constructor(message, hint, status) {
        super(message);
        this.hint = hint;
        this.status = status;
    }
}
