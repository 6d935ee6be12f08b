/**
 * The keys of the workbench, those of the game and of its editor where they have them. One table: what listens to
 * them and what `?` shows are the same.
 */
import {dialog} from './dialog.js';
import {h} from './dom.js';

/**
 * @typedef {object} Key
 * @property {string} keys names to show, split by " / "; the first part of each is what is listened to
 * @property {string} does
 * @property {(event: KeyboardEvent) => unknown} [run] none: only shown. An answer of false leaves the key to the browser
 * @property {(event: KeyboardEvent) => void} [up]
 * @property {boolean} [repeats] also while it is held
 */

/** @typedef {{name: string, keys: Key[]}} KeyGroup */

/** Names of keys as they are shown, and as browsers call them. @type {Record<string, string>} */
const names = {
    '←': 'ArrowLeft',
    '→': 'ArrowRight',
    '↑': 'ArrowUp',
    '↓': 'ArrowDown',
    Space: ' ',
    Esc: 'Escape',
};

/** @param {KeyboardEvent} event */
function nameOf(event) {
    let key = event.key.length === 1 ? event.key.toUpperCase() : event.key;
    // With Alt some layouts write other signs.
    if (event.altKey && /^Key[A-Z]$/.test(event.code)) key = event.code.slice(3);
    const sign = key.length === 1 && !/[A-Z0-9 ]/.test(key);
    const control = event.ctrlKey || event.metaKey;
    return [control && 'Ctrl', event.altKey && 'Alt', event.shiftKey && !sign && 'Shift', key]
        .filter(Boolean)
        .join('+');
}

/** @param {string} shown */
function nameOfShown(shown) {
    const parts = shown.split('+');
    const key = parts.pop() || '+';
    return [...parts.filter(Boolean), names[key] ?? key].join('+');
}

/** Where keys write text, or move what has the focus. @param {EventTarget | null} target @param {KeyboardEvent} event */
function takenBy(target, event) {
    if (!(target instanceof HTMLElement)) return false;
    // A dialog that was closed a moment ago may still have the focus, and has no more use for keys.
    const dialog = target.closest('dialog');
    if (dialog) return dialog.open;
    if (target instanceof HTMLInputElement && target.type === 'range')
        return /^Arrow|Home|End|Page/.test(event.key);
    if (target instanceof HTMLInputElement && target.type === 'checkbox') return event.key === ' ';
    if (target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement) return true;
    if (target instanceof HTMLSelectElement) return !event.ctrlKey;
    return (event.key === ' ' || event.key === 'Enter') && target.closest('button, summary, a') !== null;
}

/**
 * @param {KeyGroup[]} groups
 * @returns {() => void} stops listening
 */
export function listenToKeys(groups) {
    /** @type {Map<string, Key>} */
    const table = new Map();
    for (const {keys} of groups)
        for (const key of keys)
            if (key.run) for (const shown of key.keys.split(' / ')) table.set(nameOfShown(shown), key);
    const down = (/** @type {KeyboardEvent} */ event) => {
        const key = table.get(nameOf(event));
        if (!key?.run || event.defaultPrevented || event.isComposing || takenBy(event.target, event)) return;
        if (event.repeat && !key.repeats) {
            event.preventDefault();
            return;
        }
        if (key.run(event) !== false) event.preventDefault();
    };
    const up = (/** @type {KeyboardEvent} */ event) => table.get(nameOf(event))?.up?.(event);
    document.addEventListener('keydown', down);
    document.addEventListener('keyup', up);
    return () => {
        document.removeEventListener('keydown', down);
        document.removeEventListener('keyup', up);
    };
}

/** @param {KeyGroup[]} groups */
export function helpDialog(groups) {
    const row = (/** @type {Key} */ {keys, does}) =>
        h(
            'div',
            {class: 'help-row'},
            h('dt', {}, ...keys.split(' / ').map((shown) => h('kbd', {}, shown))),
            h('dd', {}, does),
        );
    return dialog(
        {class: 'help-dialog', title: 'Keys'},
        h(
            'div',
            {class: 'help-groups'},
            ...groups.map(({name, keys}) =>
                h('section', {}, h('h3', {}, name), h('dl', {}, ...keys.map(row))),
            ),
        ),
    );
}
