/**
 * What a hit leaves behind: a flash, a ring that runs outwards, and a few sparks.
 *
 * @typedef {import("./tints.js").Tint} Tint
 * @typedef {import("./field.js").View} View
 */
import {easeOut, easeOutStrong, scatter, share} from './motion.js';
import {drawSprite} from './objects.js';

const FLASH = 140,
    RING = 320,
    SPARKS = 6;

/**
 * @param {View} view
 * @param {number} seed so that the sparks of an object fly alike whenever it is hit
 * @param {number} x
 * @param {number} y
 * @param {Tint} tint
 * @param {number} since the hit, ms
 */
export function burst(view, seed, x, y, tint, since) {
    if (since < 0 || since >= RING || view.calm || view.plain) return;
    const {context, radius} = view;
    const gone = since / RING,
        far = easeOutStrong(gone);
    context.globalCompositeOperation = 'lighter';
    const flash = 1 - share(since, 0, FLASH);
    if (flash > 0) drawSprite(view, view.sprites.glow(tint), x, y, 0.75 * flash * flash, 1.15);
    context.globalAlpha = view.alpha * 0.6 * (1 - gone) ** 2;
    context.strokeStyle = tint.light;
    context.lineWidth = Math.max(radius * 0.13 * (1 - easeOut(gone)), view.hair);
    context.beginPath();
    context.arc(x, y, radius * (0.95 + 0.75 * far), 0, 2 * Math.PI);
    context.stroke();
    drawSparks(view, seed, x, y, tint, gone, far);
    context.globalCompositeOperation = 'source-over';
}

/**
 * All sparks of a hit are one path: a stroke a hit, not a stroke a spark.
 * @param {View} view
 * @param {number} seed
 * @param {number} x
 * @param {number} y
 * @param {Tint} tint
 * @param {number} gone
 * @param {number} far
 */
function drawSparks(view, seed, x, y, tint, gone, far) {
    const {context, radius} = view;
    const count = view.kiai ? SPARKS + 5 : SPARKS;
    context.beginPath();
    for (let i = 0; i < count; ++i) {
        const angle = (2 * Math.PI * (i + scatter(seed * 31 + i))) / count;
        const reach = radius * (1.05 + (0.6 + 0.8 * scatter(seed * 57 + i)) * far);
        const length = radius * 0.16 * (1 - gone);
        const cos = Math.cos(angle),
            sin = Math.sin(angle);
        context.moveTo(x + cos * reach, y + sin * reach);
        context.lineTo(x + cos * (reach + length), y + sin * (reach + length));
    }
    context.lineCap = 'round';
    context.strokeStyle = tint.light;
    context.lineWidth = Math.max(radius * 0.075 * (1 - gone), view.hair);
    context.stroke();
}
