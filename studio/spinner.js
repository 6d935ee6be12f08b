/**
 * A spinner: a disc that turns, a ring of how much of it is done, a ring that closes in.
 *
 * @typedef {import("./types.js").SceneObject} SceneObject
 * @typedef {import("./field.js").View} View
 */
import {clamp, easeOut, share} from './motion.js';
import {drawHalo} from './objects.js';
import {ACCENT} from './tints.js';

const X = 256,
    Y = 192,
    DISC = 92,
    RING = 116;
/** Radians a millisecond of somebody who spins well: 400 turns a minute. */
const SPEED = ((400 / 60) * 2 * Math.PI) / 1000;
const TEETH = 24;

/**
 * @param {View} view
 * @param {SceneObject} object
 * @param {number} alpha
 */
export function drawSpinner(view, object, alpha) {
    if (alpha <= 0) return;
    const {context, time} = view;
    const done = share(time, object.time, object.end - object.time);
    const since = clamp((time - object.time) / 400) ** 2;
    const turned = view.calm ? 0 : Math.max(0, Math.min(time, object.end) - object.time) * SPEED * since;
    drawHalo(view, X, Y, RING + 5, alpha);
    context.save();
    context.translate(X, Y);
    context.globalAlpha = view.alpha * alpha;
    const grown = view.calm ? 1 : 0.9 + 0.1 * easeOut(share(time, object.time - view.preempt, view.preempt));
    context.scale(grown, grown);
    paintDisc(context, done);
    paintTeeth(context, turned);
    paintDone(context, done);
    if (time < object.end) {
        // It closes over the whole of the spinner, as the game's does.
        context.strokeStyle = 'rgba(255,255,255,0.75)';
        context.lineWidth = 2.5;
        ring(context, DISC * 0.12 + (190 - DISC * 0.12) * (1 - done));
    }
    context.restore();
}

/** @param {CanvasRenderingContext2D} context @param {number} done */
function paintDisc(context, done) {
    const light = context.createRadialGradient(0, 0, 0, 0, 0, DISC);
    light.addColorStop(0, `rgba(255,102,171,${0.3 + 0.35 * done})`);
    light.addColorStop(0.75, `rgba(92,70,160,${0.22 + 0.2 * done})`);
    light.addColorStop(1, 'rgba(60,60,120,0.18)');
    context.fillStyle = light;
    context.beginPath();
    context.arc(0, 0, DISC, 0, 2 * Math.PI);
    context.fill();
    context.strokeStyle = 'rgba(255,255,255,0.85)';
    context.lineWidth = 3;
    context.stroke();
    context.fillStyle = '#fff';
    context.beginPath();
    context.arc(0, 0, 5, 0, 2 * Math.PI);
    context.fill();
}

/** @param {CanvasRenderingContext2D} context @param {number} turned */
function paintTeeth(context, turned) {
    context.rotate(turned);
    context.beginPath();
    for (let i = 0; i < TEETH; ++i) {
        const angle = (2 * Math.PI * i) / TEETH,
            inner = DISC * (i % 6 === 0 ? 0.7 : 0.86);
        context.moveTo(Math.cos(angle) * inner, Math.sin(angle) * inner);
        context.lineTo(Math.cos(angle) * DISC * 0.94, Math.sin(angle) * DISC * 0.94);
    }
    context.strokeStyle = 'rgba(255,255,255,0.6)';
    context.lineWidth = 3;
    context.lineCap = 'round';
    context.stroke();
    context.rotate(-turned);
}

/** @param {CanvasRenderingContext2D} context @param {number} done */
function paintDone(context, done) {
    context.strokeStyle = 'rgba(255,255,255,0.12)';
    context.lineWidth = 9;
    ring(context, RING);
    if (done <= 0) return;
    context.strokeStyle = ACCENT;
    context.beginPath();
    context.arc(0, 0, RING, -Math.PI / 2, -Math.PI / 2 + 2 * Math.PI * done);
    context.stroke();
}

/** @param {CanvasRenderingContext2D} context @param {number} radius */
function ring(context, radius) {
    context.beginPath();
    context.arc(0, 0, radius, 0, 2 * Math.PI);
    context.stroke();
}
