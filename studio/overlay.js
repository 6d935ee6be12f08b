/**
 * What a workbench draws over the objects: outlines of what is selected but not on the screen, the pins, the
 * frame of a selection that is being dragged, the ways that objects went between two versions.
 *
 * @typedef {import("./types.js").Shape} Shape
 * @typedef {import("./types.js").SceneObject} SceneObject
 * @typedef {import("./field.js").View} View
 */
import {clamp} from './motion.js';
import {pathTable, tracePath} from './path.js';
import {COMPARE, PIN, withAlpha} from './tints.js';

/**
 * The outline of an object that is selected but not on the screen at this time.
 * @param {View} view
 * @param {SceneObject} object
 * @param {Shape} shape
 * @param {string} colour
 */
export function drawGhost(view, object, shape, colour) {
    if (object.kind === 'spinner') return;
    const {context, radius, hair} = view,
        x = shape.x + shape.stack[0],
        y = shape.y + shape.stack[1];
    context.globalAlpha = 0.55;
    context.strokeStyle = colour;
    context.lineWidth = 1.5 * hair;
    context.setLineDash([4 * hair, 4 * hair]);
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    if (object.kind === 'slider') {
        context.translate(...shape.stack);
        tracePath(context, pathTable(shape));
        context.translate(-shape.stack[0], -shape.stack[1]);
    }
    context.stroke();
    context.setLineDash([]);
}

/**
 * A small lock at the upper right of an object's head.
 * @param {View} view
 * @param {Shape} shape
 * @param {number} alpha
 */
export function drawPin(view, shape, alpha) {
    const {context, radius, hair} = view,
        size = Math.max(radius * 0.3, 7 * hair);
    const away = radius * 0.72;
    context.save();
    context.translate(shape.x + shape.stack[0] + away, shape.y + shape.stack[1] - away);
    context.scale(size, size);
    context.globalAlpha = alpha;
    context.fillStyle = PIN;
    context.strokeStyle = '#15131a';
    context.lineWidth = 0.16;
    context.beginPath();
    context.arc(0, 0, 1, 0, 2 * Math.PI);
    context.stroke();
    context.fill();
    context.fillStyle = '#15131a';
    context.beginPath();
    context.roundRect(-0.46, -0.08, 0.92, 0.66, 0.14);
    context.fill();
    context.beginPath();
    context.arc(0, -0.12, 0.29, Math.PI, 0);
    context.lineWidth = 0.18;
    context.stroke();
    context.restore();
}

/**
 * From where an object was to where it is.
 * @param {View} view
 * @param {Shape} from
 * @param {Shape} to
 * @param {number} alpha
 */
export function drawWay(view, from, to, alpha) {
    const {context, radius, hair} = view;
    const x0 = from.x + from.stack[0],
        y0 = from.y + from.stack[1];
    const dx = to.x + to.stack[0] - x0,
        dy = to.y + to.stack[1] - y0,
        distance = Math.hypot(dx, dy);
    if (distance < radius * 0.5) return;
    const cos = dx / distance,
        sin = dy / distance,
        size = Math.max(5, 6 * hair);
    const x = x0 + dx,
        y = y0 + dy;
    context.globalAlpha = alpha * clamp((distance - radius * 0.5) / radius);
    context.lineWidth = Math.max(1.6, 1.5 * hair);
    context.lineCap = context.lineJoin = 'round';
    const blend = context.createLinearGradient(x0, y0, x, y);
    blend.addColorStop(0, withAlpha(COMPARE.source, 0.9));
    blend.addColorStop(1, withAlpha(COMPARE.now, 0.95));
    context.strokeStyle = blend;
    context.beginPath();
    context.moveTo(x0, y0);
    context.lineTo(x, y);
    context.moveTo(x + (-cos + 0.6 * sin) * size, y + (-sin - 0.6 * cos) * size);
    context.lineTo(x, y);
    context.lineTo(x + (-cos - 0.6 * sin) * size, y + (-sin + 0.6 * cos) * size);
    context.stroke();
}

/**
 * The frame that is being dragged open.
 * @param {View} view
 * @param {[number, number, number, number]} corners x0, y0, x1, y1, osu! px
 */
export function drawMarquee(view, [x0, y0, x1, y1]) {
    const {context, hair} = view;
    context.globalAlpha = 1;
    context.fillStyle = 'rgba(255,255,255,0.06)';
    context.fillRect(Math.min(x0, x1), Math.min(y0, y1), Math.abs(x1 - x0), Math.abs(y1 - y0));
    context.strokeStyle = 'rgba(255,255,255,0.7)';
    context.lineWidth = hair;
    context.strokeRect(Math.min(x0, x1), Math.min(y0, y1), Math.abs(x1 - x0), Math.abs(y1 - y0));
}
