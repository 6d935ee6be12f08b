import {h} from './dom.js';
import {icon} from './icons.js';

/**
 * A dialog of the page: its title, what stands beside that, and a button that closes it, as a click outside does.
 * @param {{class: string, title: string, label?: string, beside?: HTMLElement}} head `label` where the title alone
 *     says too little; `beside` stands right of it
 * @param {...import('./dom.js').Child} content
 */
export function dialog({class: name, title, label = title, beside}, ...content) {
    const close = () => element.close();
    const element = h(
        'dialog',
        {
            class: `dialog ${name}`,
            'aria-label': label,
            onclick: (/** @type {MouseEvent} */ event) => event.target === element && close(),
        },
        h(
            'div',
            {class: 'dialog-body'},
            h(
                'header',
                {class: 'dialog-header'},
                h('h2', {}, title),
                beside,
                h('button', {class: 'icon-button', 'aria-label': 'Close', onclick: close}, icon('close')),
            ),
            ...content,
        ),
    );
    return element;
}
