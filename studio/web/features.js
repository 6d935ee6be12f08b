/** What this browser has of what the engine can use; each is found by a module of a few bytes that needs it. */

/** @param {number[]} body of a function without arguments and results, before its end */
const compiles = (body) =>
    WebAssembly.validate(
        new Uint8Array([
            ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0], // magic, version
            ...[1, 4, 1, 0x60, 0, 0], // one type: () → ()
            ...[3, 2, 1, 0], // one function
            ...[10, 4 + body.length, 1, 2 + body.length, 0, ...body, 0x0b],
        ]),
    );

const ZERO = [0x41, 0]; // i32.const 0

/** Vectors of 128 bits: i8x16.splat. Without them there is no engine. */
export const hasVectors = () => typeof WebAssembly === 'object' && compiles([...ZERO, 0xfd, 0x0f, 0x1a]);

/** Exceptions: try … catch_all … end. Without them there is no engine. */
export const hasExceptions = () => typeof WebAssembly === 'object' && compiles([0x06, 0x40, 0x19, 0x0b]);

/** Threads: memory that workers share, which browsers give to isolated pages. */
export const hasThreads = () =>
    typeof SharedArrayBuffer === 'function' && /** @type {any} */ (globalThis).crossOriginIsolated === true;

/** How many threads make takes: one core is left to the page. */
export function threadCount() {
    if (!hasThreads()) return 1;
    const cores = navigator.hardwareConcurrency || 2;
    return Math.max(1, Math.min(16, cores > 2 ? cores - 1 : cores));
}
