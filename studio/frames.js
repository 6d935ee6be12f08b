/**
 * What is drawn once a frame, part by part. A part that throws is told of once and tried again with the next frame:
 * neither the other parts nor the frames behind it are lost to a mistake in one of them.
 */
import {sayError} from './messages.js';

/**
 * @param {((now: number) => void)[]} parts
 * @param {(error: unknown) => void} [tell]
 * @returns {() => void} ends it
 */
export function everyFrame(parts, tell = sayError) {
    /** Parts that were told of, and have not drawn since. @type {Set<number>} */
    const failing = new Set();
    let frame = 0;
    const draw = (/** @type {number} */ now) => {
        frame = requestAnimationFrame(draw);
        if (document.hidden) return;
        parts.forEach((part, index) => {
            try {
                part(now);
                failing.delete(index);
            } catch (error) {
                if (!failing.has(index)) tell(error);
                failing.add(index);
            }
        });
    };
    frame = requestAnimationFrame(draw);
    return () => cancelAnimationFrame(frame);
}
