/**
 * Circles and sliders as the game shows them at a time: fading in, approached, hit, held, gone.
 *
 * @typedef {import("./types.js").Shape} Shape
 * @typedef {import("./types.js").SceneObject} SceneObject
 * @typedef {import("./tints.js").Tint} Tint
 * @typedef {import("./field.js").View} View
 */
import {strokePlainBody} from './bodies.js';
import {burst} from './bursts.js';
import {clamp, easeIn, easeOut, easeOutBack, share} from './motion.js';
import {ballProgress, directionAt, pathTable, pointAt} from './path.js';
import {FADE_OUT} from './scene.js';
import {drawSpinner} from './spinner.js';
import {REACH} from './sprites.js';

/** A slider that was followed to its end leaves within this, ms. */
const BODY_OUT = 260;
/** A body that grows is painted anew with every frame: coarser, which is not seen while it fades in. */
const GROWING = 0.6;
const FOLLOW_SIZE = 2.3;

/**
 * One object without its approach circle.
 * @param {View} view
 * @param {number} index
 * @param {Shape} shape
 * @param {Tint} tint
 */
export function drawObject(view, index, shape, tint) {
    const object = view.index.objects[index];
    const appeared = share(view.time, object.time - view.preempt, view.fadeIn);
    if (appeared <= 0) return;
    const [x, y] = [shape.x + shape.stack[0], shape.y + shape.stack[1]];
    if (object.kind === 'spinner') drawSpinner(view, object, appeared * fading(view, object.end));
    else if (object.kind === 'slider') drawSlider(view, index, object, shape, tint, appeared);
    else drawHead(view, index, object, x, y, tint, appeared);
}

/**
 * The ring that closes in on an object that is yet to be hit.
 * @param {View} view
 * @param {number} index
 * @param {Shape} shape
 * @param {Tint} tint
 */
export function drawApproach(view, index, shape, tint) {
    const object = view.index.objects[index];
    const before = object.time - view.time;
    if (object.kind === 'spinner' || before > view.preempt || before < -60) return;
    const appeared = share(view.time, object.time - view.preempt, Math.min(2 * view.fadeIn, view.preempt));
    const gone = before < 0 ? 1 + before / 60 : 1;
    const size = 1 + 3 * clamp(before / view.preempt);
    const {context, radius} = view;
    context.globalAlpha = view.alpha * 0.9 * appeared * gone;
    context.strokeStyle = tint.light;
    context.lineWidth = Math.max(radius * 0.055 * (0.7 + 0.3 * size), view.hair);
    context.beginPath();
    context.arc(shape.x + shape.stack[0], shape.y + shape.stack[1], radius * size * 0.97, 0, 2 * Math.PI);
    context.stroke();
}

/** What is left of an object behind its end. @param {View} view @param {number} end */
function fading(view, end) {
    return view.hits ? 1 - share(view.time, end, BODY_OUT) : (1 - share(view.time, end, FADE_OUT.edit)) ** 2;
}

/**
 * A circle, or the head of a slider.
 * @param {View} view
 * @param {number} index
 * @param {SceneObject} object
 * @param {number} x
 * @param {number} y
 * @param {Tint} tint
 * @param {number} appeared
 */
function drawHead(view, index, object, x, y, tint, appeared) {
    const since = view.time - object.time;
    if (since < 0 || !view.hits) {
        const left = since < 0 ? 1 : (1 - share(since, 0, FADE_OUT.edit)) ** 2;
        if (object.kind === 'circle') drawHalo(view, x, y, view.radius, appeared * left);
        drawSprite(view, view.sprites.circle(tint), x, y, appeared * left);
        drawSprite(view, view.sprites.number(object.number), x, y, appeared * left);
        return;
    }
    // Hit: the number is gone at once, the circle widens while it goes.
    const gone = share(since, 0, 240);
    if (gone < 1) {
        const size = view.calm ? 1 : 1 + 0.32 * easeOut(gone);
        drawSprite(view, view.sprites.circle(tint), x, y, appeared * (1 - easeOut(gone)), size);
        if (since < 60)
            drawSprite(view, view.sprites.number(object.number), x, y, appeared * (1 - since / 60), size);
    }
    burst(view, index, x, y, tint, since);
}

/**
 * @param {View} view
 * @param {number} index
 * @param {SceneObject} object
 * @param {Shape} shape
 * @param {Tint} tint
 * @param {number} appeared
 */
function drawSlider(view, index, object, shape, tint, appeared) {
    const {context, time} = view;
    const [x, y] = shape.stack;
    context.translate(x, y);
    const left = appeared * fading(view, object.end);
    if (left > 0) {
        const snaked = view.snaking ? share(time, object.time - view.preempt, view.preempt / 3) : 1;
        drawBody(view, shape, tint, left, easeOut(snaked));
        drawTicks(view, object, shape, tint, left, easeOut(snaked));
        drawArrows(view, object, shape, tint, left, snaked);
    }
    drawHead(view, index, object, shape.x, shape.y, tint, appeared);
    if (time >= object.time) drawBall(view, index, object, shape, tint);
    context.translate(-x, -y);
}

/**
 * @param {View} view
 * @param {Shape} shape
 * @param {Tint} tint
 * @param {number} alpha
 * @param {number} snaked
 */
function drawBody(view, shape, tint, alpha, snaked) {
    const {context} = view;
    context.globalAlpha = view.alpha * alpha;
    if (view.plain) {
        strokePlainBody(context, shape, tint, view.radius, view.halo);
        return;
    }
    const scale = snaked < 1 ? view.scale * GROWING : view.scale;
    const body = view.bodies.get(shape, {tint, scale, radius: view.radius, halo: view.halo}, snaked);
    if (body?.picture) context.drawImage(body.picture, body.left, body.top, body.width, body.height);
    else if (body) strokePlainBody(context, shape, tint, view.radius, view.halo);
}

/**
 * The ticks of the span that the ball is on, as far as it has not passed them.
 * @param {View} view
 * @param {SceneObject} object
 * @param {Shape} shape
 * @param {Tint} tint
 * @param {number} alpha
 * @param {number} shown the share of the path that is there
 */
function drawTicks(view, object, shape, tint, alpha, shown) {
    if (!object.ticks || !object.ticks.length || view.plain) return;
    const {context, radius, time} = view;
    const duration = object.spanDuration ?? object.end - object.time;
    const span = Math.max(0, Math.floor((time - object.time) / duration));
    const table = pathTable(shape);
    for (const tick of object.ticks) {
        const since = time - tick;
        if (Math.floor((tick - object.time) / duration) !== span || since > (view.hits ? 150 : 0)) continue;
        const along = ballProgress(object, tick);
        if (along > shown) continue;
        const [x, y] = pointAt(table, along);
        const gone = clamp(since / 150);
        context.globalAlpha = view.alpha * alpha * (1 - gone);
        context.beginPath();
        context.arc(x, y, radius * 0.13 * (1 + 1.2 * easeOut(gone)), 0, 2 * Math.PI);
        context.fillStyle = tint.mid;
        context.fill();
        context.strokeStyle = '#fff';
        context.lineWidth = radius * 0.055;
        context.stroke();
    }
}

/**
 * The arrows of the turns that lie ahead: at most one at either end.
 * @param {View} view
 * @param {SceneObject} object
 * @param {Shape} shape
 * @param {Tint} tint
 * @param {number} alpha
 * @param {number} snaked
 */
function drawArrows(view, object, shape, tint, alpha, snaked) {
    const spans = object.spans ?? 1;
    if (spans < 2) return;
    const duration = object.spanDuration ?? 0,
        table = pathTable(shape);
    const next = Math.max(1, Math.ceil((view.time - object.time) / duration));
    for (let turn = Math.max(1, next - 1); turn < Math.min(spans, next + 2); ++turn) {
        const at = object.time + turn * duration,
            since = view.time - at;
        const atEnd = turn % 2 === 1;
        // An arrow on the head waits until the head has been hit.
        const shown =
            turn === 1
                ? share(snaked, 0.7, 0.3)
                : share(view.time, at - 2 * duration, Math.min(300, duration));
        const gone = share(since, 0, 180);
        if (shown <= 0 || gone >= 1) continue;
        const [x, y] = pointAt(table, atEnd ? 1 : 0);
        const angle = directionAt(table, atEnd ? 1 : 0) + (atEnd ? Math.PI : 0);
        const pulse = view.calm ? 1 : 1.12 - 0.14 * easeOut(view.beat.progress);
        const size = gone > 0 && view.hits ? 1 + 0.35 * easeOut(gone) : pulse;
        drawSprite(
            view,
            view.sprites.arrow(tint),
            x,
            y,
            alpha * shown * (1 - easeIn(gone)),
            size * 0.96,
            angle,
        );
    }
}

/**
 * The ball with the ring around it, in which the cursor has to stay.
 * @param {View} view
 * @param {number} index
 * @param {SceneObject} object
 * @param {Shape} shape
 * @param {Tint} tint
 */
function drawBall(view, index, object, shape, tint) {
    const {context, radius, time} = view;
    const over = share(time, object.end, 200);
    if (over < 1) {
        const table = pathTable(shape),
            progress = ballProgress(object, time);
        const [x, y] = pointAt(table, progress);
        const duration = object.spanDuration ?? 1;
        const back =
            Math.floor(Math.min(time - object.time, object.end - object.time - 1) / duration) % 2 === 1;
        const angle = directionAt(table, progress) + (back ? Math.PI : 0);
        const grown = view.calm ? 1 : easeOutBack(share(time, object.time, 180));
        const size = FOLLOW_SIZE * (over > 0 && !view.calm ? 1 - 0.18 * easeOut(over) : 0.5 + 0.5 * grown);
        context.globalAlpha = view.alpha * (1 - over) * share(time, object.time, 60);
        context.beginPath();
        context.arc(x, y, radius * size, 0, 2 * Math.PI);
        context.fillStyle = tint.base;
        context.globalAlpha *= 0.14;
        context.fill();
        context.globalAlpha /= 0.14;
        context.strokeStyle = tint.light;
        context.lineWidth = Math.max(radius * 0.075, view.hair);
        context.stroke();
        drawSprite(view, view.sprites.ball(tint), x, y, 1 - over, 0.94, angle);
    }
    // The end is a hit of its own.
    if (view.hits && time >= object.end) {
        const [x, y] = pointAt(pathTable(shape), (object.spans ?? 1) % 2);
        burst(view, index + 7919, x, y, tint, time - object.end);
    }
}

/**
 * The band around a round object that is selected or under the pointer.
 * @param {View} view
 * @param {number} x
 * @param {number} y
 * @param {number} radius
 * @param {number} alpha
 */
export function drawHalo(view, x, y, radius, alpha) {
    const {context, halo} = view;
    if (!halo) return;
    context.globalAlpha = view.alpha * alpha;
    context.strokeStyle = halo.colour;
    context.lineWidth = halo.width + 1;
    context.beginPath();
    context.arc(x, y, radius + halo.width / 2 - 0.5, 0, 2 * Math.PI);
    context.stroke();
}

/**
 * @param {View} view
 * @param {import("./sprites.js").Picture | null} sprite null: it is there with the next frame
 * @param {number} x
 * @param {number} y
 * @param {number} alpha
 * @param {number} [size]
 * @param {number} [angle]
 */
export function drawSprite(view, sprite, x, y, alpha, size = 1, angle = 0) {
    if (alpha <= 0 || !sprite) return;
    const {context} = view,
        reach = REACH * view.radius * size;
    context.globalAlpha = view.alpha * alpha;
    if (angle === 0) {
        context.drawImage(sprite, x - reach, y - reach, 2 * reach, 2 * reach);
        return;
    }
    context.translate(x, y);
    context.rotate(angle);
    context.drawImage(sprite, -reach, -reach, 2 * reach, 2 * reach);
    context.rotate(-angle);
    context.translate(-x, -y);
}
