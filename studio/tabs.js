/** Panels one behind the other, with their names as tabs (arrow keys go from one to the next). */
import {h} from './dom.js';

/** @typedef {{name: string, element: HTMLElement, shown?: () => void}} Tab */

/** @param {Tab[]} list */
export function tabs(list) {
    const made = list.map(({name, element, shown}, index) => {
        const badge = h('span', {class: 'badge', hidden: true});
        const id = `tab-${name.toLowerCase()}`;
        const tab = h(
            'button',
            {
                class: 'tab',
                role: 'tab',
                id,
                'aria-controls': `${id}-panel`,
                onclick: () => select(index),
                onkeydown: (/** @type {KeyboardEvent} */ event) => key(event, index),
            },
            name,
            badge,
        );
        const panel = h(
            'div',
            {class: 'tab-panel', role: 'tabpanel', id: `${id}-panel`, 'aria-labelledby': id},
            element,
        );
        return {name, tab, panel, badge, shown};
    });

    /** @param {number} index */
    function select(index) {
        for (const [at, {tab, panel}] of made.entries()) {
            tab.setAttribute('aria-selected', String(at === index));
            tab.tabIndex = at === index ? 0 : -1;
            panel.hidden = at !== index;
        }
        made[index].shown?.();
    }

    /** @param {KeyboardEvent} event @param {number} index */
    function key(event, index) {
        const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
        if (step === 0) return;
        event.preventDefault();
        event.stopPropagation();
        const next = (index + step + made.length) % made.length;
        select(next);
        made[next].tab.focus();
    }

    select(0);
    const find = (/** @type {string} */ name) => made.findIndex((tab) => tab.name === name);
    return {
        element: h(
            'div',
            {class: 'tabs'},
            h('div', {class: 'tab-list', role: 'tablist'}, ...made.map(({tab}) => tab)),
            ...made.map(({panel}) => panel),
        ),
        /** @param {string} name */
        select: (name) => select(find(name)),
        /** @param {string} name @param {HTMLElement} element @param {() => void} shown */
        fill(name, element, shown) {
            const tab = made[find(name)];
            tab.panel.replaceChildren(element);
            tab.shown = shown;
        },
        /** @param {string} name @param {number} count */
        badge(name, count) {
            const {badge} = made[find(name)];
            badge.hidden = count === 0;
            badge.textContent = count > 999 ? '999+' : String(count);
        },
    };
}
