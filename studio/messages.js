/**
 * What the page says in passing: notes that go by themselves, errors that stay until they are closed, both also
 * to screen readers.
 */
import {EngineError} from './engine.js';
import {byId, h} from './dom.js';
import {icon} from './icons.js';

/**
 * @param {string} text
 * @param {{hint?: string, kind?: "note" | "error", stays?: number}} [options] stays: ms; none: until it is closed
 */
export function say(text, {hint = '', kind = 'note', stays = kind === 'error' ? 12000 : 3500} = {}) {
    const message = h(
        'div',
        {class: `message ${kind}`, role: kind === 'error' ? 'alert' : 'status'},
        h('div', {class: 'message-text'}, h('strong', {}, text), hint && h('span', {}, hint)),
        h(
            'button',
            {class: 'icon-button', 'aria-label': 'Close', onclick: () => message.remove()},
            icon('close'),
        ),
    );
    const messages = byId('messages');
    for (const other of messages.children)
        if (other.querySelector('strong')?.textContent === text) other.remove();
    messages.append(message);
    if (stays > 0) setTimeout(() => message.remove(), stays);
}

/** @param {unknown} error */
export function sayError(error) {
    if (error instanceof EngineError) say(error.message, {hint: error.hint, kind: 'error'});
    else {
        console.error(error);
        say('Something went wrong on the page', {
            hint: error instanceof Error ? error.message : String(error),
            kind: 'error',
        });
    }
}

/**
 * Runs what may fail, and says so where it does.
 * @template T
 * @param {Promise<T>} work
 * @returns {Promise<T | undefined>}
 */
export async function attempt(work) {
    try {
        return await work;
    } catch (error) {
        sayError(error);
        return undefined;
    }
}

/**
 * Tells a screen reader alone.
 * @param {string} text
 */
export function whisper(text) {
    byId('whisper').textContent = text;
}
