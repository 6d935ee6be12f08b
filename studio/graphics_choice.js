/**
 * Whether the graphics card places, in the place of the processor: asked on the first screen where the engine is the
 * browser's and WebGPU is there. Off until somebody turns it on.
 *
 * @import { Engine } from "./engine.js"
 * @import { WorkerEngine } from "./worker_engine.js"
 */
import {h} from './dom.js';
import {attempt, say} from './messages.js';
import {toggle} from './placing.js';
import {prefer, preferences} from './preferences.js';

/** @param {Engine} engine @returns {HTMLElement | null} */
export function graphicsChoice(engine) {
    if (!('canUseGraphics' in engine) || !engine.canUseGraphics) return null;
    const worker = /** @type {WorkerEngine} */ (/** @type {unknown} */ (engine));
    const choice = toggle(
        'Place on the graphics card',
        preferences.graphics,
        'On trial. It rounds otherwise than the processor, so the same seed gives another map of the same kind.',
    );
    choice.input.addEventListener('change', async () => {
        const on = choice.input.checked;
        choice.input.disabled = true;
        const card = await attempt(worker.useGraphics(on));
        choice.input.disabled = false;
        choice.input.checked = worker.card !== '';
        prefer({graphics: choice.input.checked});
        if (card) say(`${card} places from now on`);
        else if (card === '') say('The processor places from now on');
    });
    return h('p', {class: 'graphics-choice'}, choice.element);
}
