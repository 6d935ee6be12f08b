/**
 * The small arrows that lead from an object to the next one of its combo.
 *
 * @typedef {import("./types.js").Shape} Shape
 * @typedef {import("./field.js").View} View
 */
import {easeOut, lerp, share} from './motion.js';
import {endPoint} from './path.js';

/** osu! px between two arrows. */
const SPACING = 32;
/** An arrow is there this long before the cursor would pass it, at AR 10 and slower. */
const AHEAD = 800;

/**
 * The arrows between an object and its successor.
 * @param {View} view
 * @param {number} index
 * @param {Shape} from
 * @param {Shape} to
 */
export function drawFollowPoints(view, index, from, to) {
    const object = view.index.objects[index],
        next = view.index.objects[index + 1];
    if (next.newCombo || object.kind === 'spinner' || next.kind === 'spinner') return;
    const ahead = AHEAD * Math.min(1, view.preempt / 450);
    if (view.time < object.end - ahead || view.time > next.time + view.fadeIn) return;
    const [x, y] = endPoint(object, from);
    const dx = to.x + to.stack[0] - x,
        dy = to.y + to.stack[1] - y;
    const distance = Math.hypot(dx, dy);
    if (distance < 2.5 * SPACING) return;
    const {context, radius} = view;
    const cos = dx / distance,
        sin = dy / distance,
        size = Math.max(3.2, radius * 0.12);
    context.strokeStyle = '#fff';
    context.lineCap = context.lineJoin = 'round';
    context.lineWidth = Math.max(size * 0.42, view.hair);
    for (let at = 1.5 * SPACING; at < distance - SPACING; at += SPACING) {
        const passed = lerp(object.end, next.time, at / distance);
        const came = share(view.time, passed - ahead, view.fadeIn);
        const alpha = 0.42 * came * (1 - share(view.time, passed, view.fadeIn));
        if (alpha <= 0) continue;
        const along = at - (view.calm ? 0 : 0.1 * distance * (1 - easeOut(came)));
        const px = x + cos * along,
            py = y + sin * along;
        context.globalAlpha = view.alpha * alpha;
        context.beginPath();
        context.moveTo(px + (-cos + sin) * size, py + (-sin - cos) * size);
        context.lineTo(px, py);
        context.lineTo(px + (-cos - sin) * size, py + (-sin + cos) * size);
        context.stroke();
    }
}
